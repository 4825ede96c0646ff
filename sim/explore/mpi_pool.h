// The ranks of an MPI job as workers. Rank 0 coordinates; every rank, 0 too, has one worker process of its
// own (ProcessPool), so that a point that kills its worker takes no rank with it. No MPI in this header;
// builds without MPI have the same interface and refuse a job of several ranks.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/explore/worker_pool.h"

namespace npu::sim {

/// Between construction and destruction this process takes part in the MPI job. One in a process.
class MpiSession {
 public:
  /// Throws InputError if this build has no MPI.
  MpiSession();
  ~MpiSession();  ///< on rank 0: ends the others' serve()
  MpiSession(const MpiSession&) = delete;
  MpiSession& operator=(const MpiSession&) = delete;

  int rank() const;
  int ranks() const;

  /// On ranks other than 0: hands requests from rank 0 to a worker process of `command` and its answers back,
  /// until rank 0 ends its session.
  void serve(const std::vector<std::string>& command);

  /// On rank 0: all ranks as workers. Must not outlive the session.
  std::unique_ptr<WorkerPool> pool(const std::vector<std::string>& command);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

/// Was this build made with MPI?
bool has_mpi();

/// How many processes the MPI launcher started together with this one, as its environment says; 1 without a
/// launcher. `variable` gives an environment variable's text, null if it is not set. Needs no MPI. Throws
/// InputError naming the variable if it holds no count.
int ranks_of_job(const std::function<const char*(const char* name)>& variable);

}  // namespace npu::sim
