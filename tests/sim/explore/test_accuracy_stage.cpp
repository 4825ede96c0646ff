// Is accuracy measured once for each network and arithmetic, shared by machines and sweeps, and put on every
// point?
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

// In this process: cycles = rows squared; accuracy = 90 + shift bits, refused for 3 shift bits, worker lost
// for `deadly_bits_`.
class AccuracyPool : public sim::WorkerPool {
 public:
  int workers() const override { return 2; }
  void send(int worker, const std::string& text) override { requests_.emplace_back(worker, text); }
  sim::WorkerMessage receive() override {
    const auto [worker, text] = requests_.front();
    requests_.pop_front();
    for (const json& item : json::parse(text)) {
      const json& request = item.at("request");
      if (request.contains("accuracy") && request["arch"]["compounding"]["shift_bits"] == deadly_bits_)
        return {worker, std::nullopt, "killed"};
    }
    return {worker, sim::answer_message(text, [this](const json& request) { return evaluate(request); }), ""};
  }
  bool restart(int) override { return true; }

  std::vector<sim::PointRequest> accuracies_;
  int points_ = 0;
  int deadly_bits_ = -1;

 private:
  json evaluate(const json& request_json) {
    const sim::PointRequest request = sim::request_from_json(request_json);
    sim::PointAnswer answer;
    if (request.engine != "functional") {
      ++points_;
      const double rows = request.arch.at("pe_array").at("rows").get<double>();
      sim::value_of(answer.values, sim::Metric::kCycles) = rows * rows;
      return sim::to_json(answer);
    }
    accuracies_.push_back(request);
    const double bits = request.arch.at("compounding").at("shift_bits").get<double>();
    if (bits == 3) {
      answer.status = sim::PointStatus::kRefused;
      answer.message = "three bits";
    } else {
      sim::value_of(answer.values, sim::Metric::kAccuracy) = 90 + bits;
      answer.details["images"] = 7;
    }
    return sim::to_json(answer);
  }

  std::deque<std::pair<int, std::string>> requests_;
};

json accuracy_sweep(const std::vector<int>& shift_bits) {
  json sweep = tests::sample_sweep_json();
  sweep["networks"] = {"one"};
  sweep["axes"][1] = {{"name", "shift"}, {"pointer", "/compounding/shift_bits"}, {"values", shift_bits}};
  sweep["objectives"] = {"cycles", "accuracy_percent"};
  sweep["accuracy"] = {{"images", "val"}, {"limit", 7}};
  return sweep;
}

sim::SweepCounts run(const json& sweep, sim::ResultStore& store, AccuracyPool& pool,
                     const std::string& data = "data") {
  const sim::DesignSpace space = tests::sample_space(sweep);
  const sim::SweepContext context{{{"one", "hash1"}}, "1.0", {{"one", data}}};
  sim::SweepRunner runner(space, context, store, pool);
  return runner.run(sim::sample_points(space), "estimate", {});
}

std::vector<sim::PointResult> results(sim::ResultStore& store, std::int64_t sweep) {
  std::vector<sim::PointResult> found;
  for (const auto& point : store.points(sweep)) found.push_back(*store.result(point.key));
  return found;
}

}  // namespace

TEST_CASE("accuracy is measured once for each arithmetic and stands at every machine that has it") {
  const tests::TemporaryFolder folder;
  sim::ResultStore store(folder.path() / "r.sqlite", sim::Database::Access::kReadWrite);
  AccuracyPool pool;
  const auto counts = run(accuracy_sweep({1, 4}), store, pool);
  CHECK(counts.evaluated == 6);
  REQUIRE(pool.accuracies_.size() == 2);
  CHECK(pool.accuracies_[0].network == "one");
  CHECK(pool.accuracies_[0].accuracy.at("images") == "val");
  CHECK(pool.accuracies_[0].accuracy.at("limit") == 7);
  CHECK(pool.accuracies_[0].threads >= 1);
  for (const auto& result : results(store, 1)) {
    const double bits = json::parse(result.arch_json).at("compounding").at("shift_bits").get<double>();
    CHECK(sim::value_of(result.values, sim::Metric::kAccuracy) == 90 + bits);
    const auto accuracy = store.accuracy(result.identity.accuracy_key);
    REQUIRE(accuracy);
    CHECK(accuracy->top1_percent == 90 + bits);
    CHECK(json::parse(accuracy->numerics_json).at("compounding").at("shift_bits") == bits);
    CHECK(json::parse(accuracy->details_json).at("images") == 7);
  }
}

TEST_CASE("another sweep with the same data shares accuracies, one with other data does not") {
  const tests::TemporaryFolder folder;
  sim::ResultStore store(folder.path() / "r.sqlite", sim::Database::Access::kReadWrite);
  AccuracyPool pool;
  run(accuracy_sweep({1, 4}), store, pool);
  json other = accuracy_sweep({1, 4, 5});
  other["name"] = "other";
  CHECK(run(other, store, pool).known == 6);
  CHECK(pool.accuracies_.size() == 3);
  other["name"] = "other images";
  CHECK(run(other, store, pool, "other data").known == 0);
  CHECK(pool.accuracies_.size() == 6);
}

TEST_CASE("a sweep without images neither measures accuracy nor shares points with one that does") {
  const tests::TemporaryFolder folder;
  sim::ResultStore store(folder.path() / "r.sqlite", sim::Database::Access::kReadWrite);
  AccuracyPool pool;
  run(accuracy_sweep({4}), store, pool);
  json plain = accuracy_sweep({4});
  plain["name"] = "plain";
  plain["objectives"] = {"cycles"};
  plain.erase("accuracy");
  CHECK(run(plain, store, pool).evaluated == 3);
  CHECK(pool.accuracies_.size() == 1);
  for (const auto& result : results(store, 2)) {
    CHECK(result.identity.accuracy_key.empty());
    CHECK_FALSE(sim::value_of(result.values, sim::Metric::kAccuracy));
  }
}

TEST_CASE("a point without accuracy is refused or failed with the reason, and a failed one tried again") {
  const tests::TemporaryFolder folder;
  sim::ResultStore store(folder.path() / "r.sqlite", sim::Database::Access::kReadWrite);
  AccuracyPool pool;
  CHECK(run(accuracy_sweep({2, 3}), store, pool).refused == 3);
  for (const auto& result : results(store, 1)) {
    if (result.status == sim::PointStatus::kDone) continue;
    CHECK(result.message == "accuracy: three bits");
    CHECK_FALSE(sim::value_of(result.values, sim::Metric::kCycles));
  }
  json deadly = accuracy_sweep({5});
  deadly["name"] = "deadly";
  pool.deadly_bits_ = 5;
  CHECK(run(deadly, store, pool).failed == 3);
  CHECK(results(store, 2).front().message == "accuracy: killed");
  pool.deadly_bits_ = -1;
  const auto resumed = run(deadly, store, pool);
  CHECK(resumed.failed == 0);
  CHECK(sim::value_of(results(store, 2).front().values, sim::Metric::kAccuracy) == 95);
}

TEST_CASE("machines of other sizes have the same numerics, other widths others") {
  const json machine = hw::arch_to_json(hw::arch_from_json(tests::sample_machine_json(), "machine"));
  json other = machine;
  other["pe_array"]["rows"] = 64;
  other["compounding"]["lanes"] = 1;
  other["dram"]["latency_cycles"] = 7;
  CHECK(sim::numerics_of(other) == sim::numerics_of(machine));
  for (const char* field : {"/data/weight_bits", "/data/activation_bits", "/data/accumulator_bits",
                            "/compounding/multiplier_bits", "/compounding/shift_bits"}) {
    INFO(field);
    other = machine;
    other[json::json_pointer(field)] = 1;
    CHECK(sim::numerics_of(other) != sim::numerics_of(machine));
    CHECK(sim::with_numerics(machine, sim::numerics_of(other)) == other);
  }
}

TEST_CASE("a sweep that asks for accuracy without images is refused") {
  json sweep = accuracy_sweep({4});
  sweep.erase("accuracy");
  CHECK_THROWS_WITH(sim::sweep_from_json(sweep, "s"),
                    Catch::Contains("/objectives") && Catch::Contains("key 'accuracy'"));
  sweep["objectives"] = {"cycles"};
  sweep["constraints"] = {"accuracy_percent > 50"};
  CHECK_THROWS_WITH(sim::sweep_from_json(sweep, "s"), Catch::Contains("/constraints/0"));
}
