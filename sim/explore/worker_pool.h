// Workers that answer requests, wherever they run: processes of this machine or ranks of an MPI job.
#pragma once

#include <optional>
#include <string>

namespace npu::sim {

/// What receive() brings: a worker's answer, or nothing if the worker is gone.
struct WorkerMessage {
  int worker = 0;
  std::optional<std::string> text;
  std::string reason;  ///< why it is gone, for people
};

class WorkerPool {
 public:
  WorkerPool() = default;
  virtual ~WorkerPool() = default;
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  virtual int workers() const = 0;
  /// One request; the worker answers each with one text. A worker that is gone by now is reported by
  /// receive().
  virtual void send(int worker, const std::string& text) = 0;
  /// Waits for the next answer of any worker that has an open request.
  virtual WorkerMessage receive() = 0;
  /// Replaces a worker that is gone; false if that cannot be done here.
  virtual bool restart(int worker) = 0;
};

}  // namespace npu::sim
