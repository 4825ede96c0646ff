#include <map>
#include <set>

#include "hw/common/error.h"
#include "sim/explore/dispatch.h"
#include "sim/explore/process_pool.h"
#include "tests/support.h"

using namespace npu;
using nlohmann::json;

namespace {

struct Collected {
  std::map<std::int64_t, sim::Outcome> outcomes;
  std::set<int> processes;
};

Collected run(int workers, const std::vector<json>& requests, int tasks_per_message = 4) {
  sim::ProcessPool pool({NPUSIM_TEST_WORKER}, workers);
  std::size_t taken = 0;
  Collected collected;
  const auto next = [&]() -> std::optional<sim::Task> {
    if (taken == requests.size()) return std::nullopt;
    const auto id = static_cast<std::int64_t>(taken);
    return sim::Task{id, requests[taken++]};
  };
  const auto finished = [&](const std::vector<sim::Outcome>& outcomes) {
    for (const sim::Outcome& outcome : outcomes) {
      CHECK(collected.outcomes.emplace(outcome.id, outcome).second);
      if (outcome.answer) collected.processes.insert(outcome.answer->at("process").get<int>());
    }
  };
  sim::dispatch(pool, next, finished, {tasks_per_message, 3});
  return collected;
}

std::vector<json> numbers(int count) {
  std::vector<json> requests;
  for (int number = 0; number < count; ++number) requests.push_back({{"n", number}});
  return requests;
}

void check_square(const Collected& collected, std::int64_t id) {
  const auto found = collected.outcomes.find(id);
  REQUIRE(found != collected.outcomes.end());
  REQUIRE(found->second.answer);
  CHECK(found->second.answer->at("square") == id * id);
}

}  // namespace

TEST_CASE("every task is answered once, by one worker or by several") {
  for (const int workers : {1, 3}) {
    const Collected collected = run(workers, numbers(101));
    REQUIRE(collected.outcomes.size() == 101);
    for (std::int64_t id = 0; id < 101; ++id) check_square(collected, id);
    CHECK(collected.processes.size() <= static_cast<std::size_t>(workers));
  }
}

TEST_CASE("no tasks need no answers") { CHECK(run(2, {}).outcomes.empty()); }

TEST_CASE("a task whose worker was lost is tried again, and so are its neighbours") {
  const tests::TemporaryFolder folder;
  auto requests = numbers(40);
  requests[11]["die_once"] = (folder.path() / "mark").string();
  const Collected collected = run(2, requests);
  REQUIRE(collected.outcomes.size() == 40);
  for (std::int64_t id = 0; id < 40; ++id) check_square(collected, id);
}

TEST_CASE("a task that kills every worker fails alone, with the reason") {
  auto requests = numbers(40);
  requests[11]["die"] = true;
  const Collected collected = run(2, requests);
  REQUIRE(collected.outcomes.size() == 40);
  for (std::int64_t id = 0; id < 40; ++id) {
    if (id != 11) check_square(collected, id);
  }
  CHECK_FALSE(collected.outcomes.at(11).answer);
  CHECK_THAT(collected.outcomes.at(11).failure, Catch::Contains("signal 9"));
}

TEST_CASE("a request larger than a pipe's buffer arrives whole") {
  auto requests = numbers(3);
  requests[1]["padding"] = std::string(1'000'000, 'x');
  const Collected collected = run(1, requests);
  for (std::int64_t id = 0; id < 3; ++id) check_square(collected, id);
}

TEST_CASE("a worker that cannot be started is an error that names it") {
  CHECK_THROWS_AS(sim::ProcessPool({"/nonexistent/npusim"}, 1), InputError);
  CHECK_THROWS_WITH(sim::ProcessPool({"/nonexistent/npusim"}, 1), Catch::Contains("/nonexistent/npusim"));
}
