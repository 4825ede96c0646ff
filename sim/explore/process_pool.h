// Workers as processes of this machine: each runs one command, reads requests as lines from its standard
// input and writes one line for each to its standard output. A process that dies takes its open request with
// it, nothing else.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "sim/explore/worker_pool.h"

namespace npu::sim {

class ProcessPool : public WorkerPool {
 public:
  /// Starts `count` processes of `command` (program first). Throws InputError if it cannot be started.
  ProcessPool(std::vector<std::string> command, int count);
  ~ProcessPool() override;  ///< closes the inputs and waits, kills what does not end within a second

  int workers() const override;
  void send(int worker, const std::string& text) override;
  WorkerMessage receive() override;
  /// The same, but gives up after a while.
  std::optional<WorkerMessage> receive_within(std::chrono::microseconds patience);
  bool restart(int worker) override;

 private:
  struct Worker;
  std::optional<WorkerMessage> look(int timeout_milliseconds);  ///< -1: as long as it takes
  std::vector<std::string> command_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace npu::sim
