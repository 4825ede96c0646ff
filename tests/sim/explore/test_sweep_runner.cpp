#include <deque>

#include "hw/common/error.h"
#include "sim/explore/point_request.h"
#include "sim/explore/sampling.h"
#include "sim/explore/sweep_runner.h"
#include "tests/sim/explore/sample_sweep.h"
#include "tests/support.h"

using namespace npu;
using nlohmann::json;

namespace {

// Answers in this process: cycles = rows x columns; refuses machines of 8 rows; counts what it was asked.
class FakePool : public sim::WorkerPool {
 public:
  int workers() const override { return 2; }
  void send(int worker, const std::string& text) override { requests_.emplace_back(worker, text); }
  sim::WorkerMessage receive() override {
    const auto [worker, text] = requests_.front();
    requests_.pop_front();
    if (lost_ > 0) {
      --lost_;
      return {worker, std::nullopt, "lost"};
    }
    return {worker, sim::answer_message(text, [this](const json& request) { return evaluate(request); }), ""};
  }
  bool restart(int) override { return restartable_; }

  int evaluated_ = 0;
  int lost_ = 0;
  bool restartable_ = true;

 private:
  json evaluate(const json& json_request) {
    ++evaluated_;
    const sim::PointRequest request = sim::request_from_json(json_request);
    sim::PointAnswer answer;
    const double rows = request.arch.at("pe_array").at("rows").get<double>();
    if (rows == 8) {
      answer.status = sim::PointStatus::kRefused;
      answer.message = "eight rows";
    } else {
      sim::value_of(answer.values, sim::Metric::kCycles) = rows * rows + (request.network == "two" ? 1 : 0);
    }
    return sim::to_json(answer);
  }

  std::deque<std::pair<int, std::string>> requests_;
};

const sim::SweepContext kContext{{{"one", "hash1"}, {"two", "hash2"}}, "1.0", {}};

sim::SweepCounts run(const json& sweep, sim::ResultStore& store, FakePool& pool) {
  const sim::DesignSpace space = tests::sample_space(sweep);
  sim::SweepRunner runner(space, kContext, store, pool);
  return runner.run(sim::sample_points(space), "estimate", {});
}

}  // namespace

TEST_CASE("a sweep stores every point with its axis values and answer") {
  const tests::TemporaryFolder folder;
  sim::ResultStore store(folder.path() / "r.sqlite", sim::Database::Access::kReadWrite);
  FakePool pool;
  const sim::SweepCounts counts = run(tests::sample_sweep_json(), store, pool);
  CHECK(counts.evaluated == 12);
  CHECK(counts.refused == 4);
  const auto points = store.points(1);
  REQUIRE(points.size() == 12);
  for (const sim::SweepPoint& point : points) {
    const auto result = store.result(point.key);
    REQUIRE(result);
    const int pe = json::parse(point.axis_values_json).at("pe").get<int>();
    if (pe == 8) {
      CHECK(result->status == sim::PointStatus::kRefused);
      CHECK(result->message == "eight rows");
    } else {
      CHECK(sim::value_of(result->values, sim::Metric::kCycles) ==
            pe * pe + (result->network == "two" ? 1 : 0));
    }
  }
}

TEST_CASE("nothing is computed twice, neither in one sweep nor by another that shares the store") {
  const tests::TemporaryFolder folder;
  sim::ResultStore store(folder.path() / "r.sqlite", sim::Database::Access::kReadWrite);
  FakePool pool;
  run(tests::sample_sweep_json(), store, pool);
  const sim::SweepCounts again = run(tests::sample_sweep_json(), store, pool);
  CHECK(again.known == 12);
  CHECK(pool.evaluated_ == 12);
  json other = tests::sample_sweep_json();
  other["name"] = "other";
  other["axes"][0]["values"] = {4, 12};
  const sim::SweepCounts shared = run(other, store, pool);
  CHECK(shared.known == 4);
  CHECK(shared.evaluated == 4);
  CHECK(store.points(2).size() == 8);
}

TEST_CASE("constraints on the machine leave points out before they are evaluated") {
  const tests::TemporaryFolder folder;
  sim::ResultStore store(folder.path() / "r.sqlite", sim::Database::Access::kReadWrite);
  FakePool pool;
  json sweep = tests::sample_sweep_json();
  sweep["constraints"] = {"pe_count <= 64", "bandwidth * 2 > dram.latency_cycles / 10 + 10"};
  const sim::SweepCounts counts = run(sweep, store, pool);
  CHECK(counts.excluded == 8);  // pe 16 (4 points), and bandwidth 8 of the other 8
  CHECK(counts.evaluated == 4);
  sweep["name"] = "none";
  sweep["constraints"] = {"pe_count < 0"};
  CHECK(run(sweep, store, pool).excluded == 12);
}

TEST_CASE("constraints on results accept and reject measured values") {
  json sweep = tests::sample_sweep_json();
  sweep["constraints"] = {"cycles <= 100"};
  const sim::SweepSpec spec = sim::sweep_from_json(sweep, "s");
  sim::MetricValues values;
  CHECK_FALSE(sim::meets_constraints(spec, values));
  sim::value_of(values, sim::Metric::kCycles) = 100;
  CHECK(sim::meets_constraints(spec, values));
  sim::value_of(values, sim::Metric::kCycles) = 101;
  CHECK_FALSE(sim::meets_constraints(spec, values));
}

TEST_CASE(
    "a constraint with an unknown name, or with machine and result mixed, is refused before the sweep") {
  for (const char* text : {"pee <= 4", "cycles < pe"}) {
    json sweep = tests::sample_sweep_json();
    sweep["constraints"] = {text};
    INFO(text);
    CHECK_THROWS_WITH(tests::sample_space(sweep),
                      Catch::Contains("/constraints/0") && Catch::Contains("unknown name"));
  }
}

TEST_CASE("a machine that cannot exist is a refused point with the reader's reason") {
  const tests::TemporaryFolder folder;
  sim::ResultStore store(folder.path() / "r.sqlite", sim::Database::Access::kReadWrite);
  FakePool pool;
  json sweep = tests::sample_sweep_json();
  sweep["axes"][0] = {{"name", "pe"}, {"values", {4, -1}}, {"set", {"/pe_array/rows"}}};
  const sim::SweepCounts counts = run(sweep, store, pool);
  CHECK(counts.refused == 4);
  CHECK(counts.evaluated == 4);
  const auto refused = store.result(store.points(1).back().key);
  REQUIRE(refused);
  CHECK_THAT(refused->message, Catch::Contains("/pe_array/rows"));
}

TEST_CASE("points that lose their workers are tried again, and fail by name if all are lost") {
  const tests::TemporaryFolder folder;
  sim::ResultStore store(folder.path() / "r.sqlite", sim::Database::Access::kReadWrite);
  FakePool pool;
  pool.lost_ = 2;
  CHECK(run(tests::sample_sweep_json(), store, pool).failed == 0);
  json sweep = tests::sample_sweep_json();
  sweep["name"] = "lost";
  sweep["axes"][0]["values"] = {32};
  pool.lost_ = 1000;
  CHECK(run(sweep, store, pool).failed == 4);
  pool.lost_ = 0;
  const sim::SweepCounts resumed = run(sweep, store, pool);
  CHECK(resumed.evaluated == 4);
  CHECK(resumed.failed == 0);
}

TEST_CASE("a sweep without workers left ends with an error, and keeps its points") {
  const tests::TemporaryFolder folder;
  sim::ResultStore store(folder.path() / "r.sqlite", sim::Database::Access::kReadWrite);
  FakePool pool;
  pool.lost_ = 2;
  pool.restartable_ = false;
  CHECK_THROWS_AS(run(tests::sample_sweep_json(), store, pool), InputError);
}
