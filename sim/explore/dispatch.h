// Hands tasks to workers as they become free and collects the answers: dynamic distribution, retry of tasks
// whose worker was lost. The answers do not depend on how many workers there are, only their order does.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sim/explore/worker_pool.h"

namespace npu::sim {

/// A piece of work: `request` is what a worker's evaluation function gets.
struct Task {
  std::int64_t id = 0;
  nlohmann::json request;
};

/// The worker's answer to a task, or why there is none after all attempts.
struct Outcome {
  std::int64_t id = 0;
  std::optional<nlohmann::json> answer;
  std::string failure;
};

struct DispatchOptions {
  int tasks_per_message = 16;  ///< at most so many are in flight for each worker, and lost with it
  int attempts = 3;            ///< a task that was lost with its worker so often has failed
};

/// Draws tasks from `next` until it gives none. `finished` gets the outcomes of each message as it arrives,
/// on the calling thread. Throws InputError if all workers are gone and none can be replaced.
void dispatch(WorkerPool& pool, const std::function<std::optional<Task>()>& next,
              const std::function<void(const std::vector<Outcome>&)>& finished,
              const DispatchOptions& options = {});

/// The worker's side: one message of tasks in, one message of answers out. `evaluate` must not throw for what
/// is the task's own fault: it says so in its answer.
std::string answer_message(const std::string& message,
                           const std::function<nlohmann::json(const nlohmann::json& request)>& evaluate);

/// answer_message for each line of standard input until its end.
void serve_standard_input(const std::function<nlohmann::json(const nlohmann::json& request)>& evaluate);

}  // namespace npu::sim
