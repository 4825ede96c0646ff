#include "sim/explore/sweep_runner.h"

#include <algorithm>

#include "hw/common/error.h"
#include "hw/common/hash.h"
#include "sim/explore/point_request.h"

namespace npu::sim {
namespace {

constexpr std::size_t kKnownBatch = 1000;

std::string axis_text(const DesignSpace& space, const DesignPoint& point) {
  return nlohmann::json(space.axis_values(point)).dump();
}

}  // namespace

bool meets_constraints(const SweepSpec& spec, const MetricValues& values) {
  for (const Expression& constraint : spec.constraints) {
    if (!needs_measurement(constraint)) continue;
    for (const std::string& name : constraint.variables()) {
      if (!value_of(values, find_metric(name)->metric)) return false;
    }
    const double holds = constraint.evaluate(
        [&](const std::string& name) { return *value_of(values, find_metric(name)->metric); });
    if (holds == 0) return false;
  }
  return true;
}

SweepRunner::SweepRunner(const DesignSpace& space, SweepContext context, ResultStore& store, WorkerPool& pool)
    : space_(space), context_(std::move(context)), store_(store), pool_(pool) {
  sweep_ = store_.open_sweep(space_.spec().name, space_.spec().source.dump());
  if (space_.spec().accuracy) {
    accuracy_.emplace(*space_.spec().accuracy, context_.accuracy_hashes,
                      hw::arch_to_json(hw::arch_from_json(space_.base(0), space_.spec().architectures[0])),
                      store_, pool_);
  }
}

SweepCounts SweepRunner::run(const std::vector<std::int64_t>& points, const std::string& engine,
                             const std::function<void(std::int64_t)>& progress) {
  points_ = &points;
  taken_ = 0;
  settled_ = 0;
  counts_ = {};
  progress_ = progress;
  measure_accuracies(points, {});
  dispatch(
      pool_, [&] { return next_task(engine); },
      [&](const std::vector<Outcome>& outcomes) { finish(outcomes); });
  flush_known();
  return counts_;
}

std::optional<PointResult> SweepRunner::result(std::int64_t point) {
  const auto key = keys_.find(point);
  return key == keys_.end() ? std::nullopt : store_.result(key->second);
}

std::optional<Task> SweepRunner::next_task(const std::string& engine) {
  while (taken_ < points_->size()) {
    const DesignPoint point = space_.point((*points_)[taken_++]);
    Flight flight;
    nlohmann::json arch;
    if (!prepare(point, engine, flight, arch)) {
      settle(1);
      continue;
    }
    const std::int64_t id = point.index;
    PointRequest request{std::move(arch), flight.result.network, engine};
    in_flight_.emplace(id, std::move(flight));
    return Task{id, to_json(request)};
  }
  return std::nullopt;
}

SweepRunner::Machine SweepRunner::machine_of(const DesignPoint& point) const {
  Machine machine;
  machine.arch = space_.arch_json(point);
  try {
    const hw::ArchConfig arch = hw::arch_from_json(machine.arch, "machine");
    machine.excluded = excluded(point, arch);
    machine.arch = hw::arch_to_json(arch);
    machine.hash = hw::arch_hash(arch);
  } catch (const ConfigError& error) {
    machine.refusal = error.what();
    machine.hash = sha256_hex(machine.arch.dump());
  }
  return machine;
}

void SweepRunner::measure_accuracies(const std::vector<std::int64_t>& points,
                                     const std::function<void(std::int64_t, std::int64_t)>& progress) {
  if (!accuracy_) return;
  for (const std::int64_t index : points) {
    if (accuracy_keys_.contains(index)) continue;
    const DesignPoint point = space_.point(index);
    const Machine machine = machine_of(point);
    std::string& key = accuracy_keys_[index];
    if (machine.excluded || !machine.refusal.empty()) continue;
    key = accuracy_->want(space_.spec().networks[point.network], numerics_of(machine.arch));
  }
  accuracy_->measure(progress);
}

// False if no worker is needed: the point is excluded, its machine cannot exist, or its result is there.
bool SweepRunner::prepare(const DesignPoint& point, const std::string& engine, Flight& flight,
                          nlohmann::json& arch_json) {
  PointResult& result = flight.result;
  result.network = space_.spec().networks[point.network];
  result.arch_name = space_.spec().architectures[point.architecture];
  Machine machine = machine_of(point);
  if (machine.excluded) {
    ++counts_.excluded;
    return false;
  }
  result.identity = {machine.hash, context_.network_hashes.at(result.network), engine, context_.tool_version,
                     accuracy_ ? accuracy_keys_.at(point.index) : std::string()};
  result.arch_json = machine.arch.dump();
  arch_json = std::move(machine.arch);
  flight.place = {point.index, result.identity.key(), axis_text(space_, point)};
  keys_[point.index] = flight.place.key;
  if (!machine.refusal.empty()) {
    result.status = PointStatus::kRefused;
    result.message = machine.refusal;
    ++counts_.refused;
    known_results_.push_back(result);
  } else if (!store_.has_result(flight.place.key)) {
    return true;
  } else {
    ++counts_.known;
  }
  known_points_.push_back(flight.place);
  if (known_points_.size() >= kKnownBatch) flush_known();
  return false;
}

bool SweepRunner::excluded(const DesignPoint& point, const hw::ArchConfig& arch) const {
  std::map<std::string, double> numbers;
  for (const Expression& constraint : space_.spec().constraints) {
    if (needs_measurement(constraint)) continue;
    if (numbers.empty()) {
      numbers = machine_numbers(arch);
      for (const auto& [name, value] : space_.axis_values(point)) {
        if (value.is_number()) numbers[name] = value.get<double>();
      }
    }
    if (constraint.evaluate([&](const std::string& name) { return numbers.at(name); }) == 0) return true;
  }
  return false;
}

void SweepRunner::finish(const std::vector<Outcome>& outcomes) {
  std::vector<PointResult> results;
  std::vector<SweepPoint> places;
  for (const Outcome& outcome : outcomes) {
    const auto found = in_flight_.find(outcome.id);
    NPU_CHECK(found != in_flight_.end(), "an answer belongs to a point in flight");
    PointResult& result = found->second.result;
    PointAnswer answer;
    if (outcome.answer) {
      answer = answer_from_json(*outcome.answer);
    } else {
      answer.status = PointStatus::kFailed;
      answer.message = outcome.failure;
    }
    add_accuracy(result.identity, answer);
    result.status = answer.status;
    result.message = answer.message;
    result.values = answer.values;
    result.details_json = answer.details.is_null() ? "" : answer.details.dump();
    ++counts_.evaluated;
    if (answer.status == PointStatus::kRefused) ++counts_.refused;
    if (answer.status == PointStatus::kFailed) ++counts_.failed;
    results.push_back(std::move(result));
    places.push_back(std::move(found->second.place));
    in_flight_.erase(found);
  }
  store_.add(sweep_, results, places);
  settle(static_cast<std::int64_t>(outcomes.size()));
}

// A point whose accuracy cannot be had is no result of a sweep that asks for it.
void SweepRunner::add_accuracy(const PointIdentity& identity, PointAnswer& answer) const {
  if (!accuracy_ || answer.status != PointStatus::kDone) return;
  const AccuracyResult& accuracy = accuracy_->result(identity.accuracy_key);
  if (accuracy.status == PointStatus::kDone) {
    value_of(answer.values, Metric::kAccuracy) = accuracy.top1_percent;
    return;
  }
  answer = {accuracy.status, "accuracy: " + accuracy.message, {}, {}};
}

void SweepRunner::settle(std::int64_t count) {
  settled_ += count;
  if (progress_) progress_(settled_);
}

void SweepRunner::flush_known() {
  if (known_points_.empty()) return;
  store_.add(sweep_, known_results_, known_points_);
  known_results_.clear();
  known_points_.clear();
}

}  // namespace npu::sim
