#include "sim/explore/dispatch.h"

#include <algorithm>
#include <deque>
#include <iostream>

#include "hw/common/error.h"

namespace npu::sim {
namespace {

struct PendingTask {
  Task task;
  int attempts = 0;
};

class Dispatcher {
 public:
  Dispatcher(WorkerPool& pool, const std::function<std::optional<Task>()>& next,
             const std::function<void(const std::vector<Outcome>&)>& finished, const DispatchOptions& options)
      : pool_(pool),
        next_(next),
        finished_(finished),
        options_(options),
        in_flight_(static_cast<std::size_t>(pool.workers())),
        alive_(static_cast<std::size_t>(pool.workers()), true) {}

  void run() {
    for (int worker = 0; worker < pool_.workers(); ++worker) feed(worker);
    while (busy()) {
      const WorkerMessage message = pool_.receive();
      if (message.text) {
        accept(message.worker, *message.text);
      } else {
        lose(message.worker, message.reason);
      }
      feed_idle();
    }
    if (!retries_.empty()) throw InputError("workers", "all of them are gone; finished points are kept");
  }

 private:
  bool busy() const {
    return std::any_of(in_flight_.begin(), in_flight_.end(),
                       [](const auto& tasks) { return !tasks.empty(); });
  }

  // A task that was lost once travels alone, so that a deadly one takes no other with it.
  std::vector<PendingTask> take_tasks() {
    std::vector<PendingTask> tasks;
    if (!retries_.empty()) {
      tasks.push_back(std::move(retries_.front()));
      retries_.pop_front();
      return tasks;
    }
    while (!drained_ && static_cast<int>(tasks.size()) < options_.tasks_per_message) {
      std::optional<Task> task = next_();
      if (task) {
        tasks.push_back({std::move(*task), 0});
      } else {
        drained_ = true;
      }
    }
    return tasks;
  }

  void feed(int worker) {
    auto& tasks = in_flight_[static_cast<std::size_t>(worker)];
    tasks = take_tasks();
    if (tasks.empty()) return;
    nlohmann::json message = nlohmann::json::array();
    for (const PendingTask& pending : tasks) {
      message.push_back({{"id", pending.task.id}, {"request", pending.task.request}});
    }
    pool_.send(worker, message.dump());
  }

  void feed_idle() {
    for (int worker = 0; worker < pool_.workers(); ++worker) {
      const auto index = static_cast<std::size_t>(worker);
      if (alive_[index] && in_flight_[index].empty()) feed(worker);
    }
  }

  void accept(int worker, const std::string& text) {
    auto& tasks = in_flight_[static_cast<std::size_t>(worker)];
    std::vector<Outcome> outcomes;
    for (const nlohmann::json& item : nlohmann::json::parse(text)) {
      outcomes.push_back({item.at("id").get<std::int64_t>(), item.at("answer"), ""});
    }
    NPU_CHECK(outcomes.size() == tasks.size(), "a worker answers every task of its message");
    tasks.clear();
    finished_(outcomes);
  }

  void lose(int worker, const std::string& reason) {
    const auto index = static_cast<std::size_t>(worker);
    std::vector<Outcome> given_up;
    for (PendingTask& pending : in_flight_[index]) {
      if (++pending.attempts >= options_.attempts) {
        given_up.push_back({pending.task.id, std::nullopt, reason});
      } else {
        retries_.push_back(std::move(pending));
      }
    }
    in_flight_[index].clear();
    if (!given_up.empty()) finished_(given_up);
    alive_[index] = pool_.restart(worker);
  }

  WorkerPool& pool_;
  const std::function<std::optional<Task>()>& next_;
  const std::function<void(const std::vector<Outcome>&)>& finished_;
  DispatchOptions options_;
  std::vector<std::vector<PendingTask>> in_flight_;
  std::vector<bool> alive_;
  std::deque<PendingTask> retries_;
  bool drained_ = false;
};

}  // namespace

void dispatch(WorkerPool& pool, const std::function<std::optional<Task>()>& next,
              const std::function<void(const std::vector<Outcome>&)>& finished,
              const DispatchOptions& options) {
  Dispatcher(pool, next, finished, options).run();
}

std::string answer_message(const std::string& message,
                           const std::function<nlohmann::json(const nlohmann::json& request)>& evaluate) {
  nlohmann::json answers = nlohmann::json::array();
  for (const nlohmann::json& item : nlohmann::json::parse(message)) {
    answers.push_back({{"id", item.at("id")}, {"answer", evaluate(item.at("request"))}});
  }
  return answers.dump();
}

void serve_standard_input(const std::function<nlohmann::json(const nlohmann::json& request)>& evaluate) {
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << answer_message(line, evaluate) << '\n' << std::flush;
  }
}

}  // namespace npu::sim
