#include "sim/explore/accuracy_stage.h"

#include <algorithm>
#include <thread>

#include "hw/common/error.h"
#include "hw/common/hash.h"
#include "sim/explore/dispatch.h"
#include "sim/explore/point_request.h"

namespace npu::sim {
namespace {

constexpr const char* kArithmeticKeys[] = {"multiplier_bits", "shift_bits", "rounding"};

}  // namespace

nlohmann::json numerics_of(const nlohmann::json& arch) {
  nlohmann::json numerics{{"data", arch.at("data")}};
  for (const char* key : kArithmeticKeys) numerics["compounding"][key] = arch.at("compounding").at(key);
  return numerics;
}

nlohmann::json with_numerics(nlohmann::json arch, const nlohmann::json& numerics) {
  arch.merge_patch(numerics);
  return arch;
}

AccuracyStage::AccuracyStage(const AccuracySettings& settings, std::map<std::string, std::string> hashes,
                             nlohmann::json machine, ResultStore& store, WorkerPool& pool)
    : settings_(settings),
      hashes_(std::move(hashes)),
      machine_(std::move(machine)),
      store_(store),
      pool_(pool) {}

std::string AccuracyStage::key_of(const std::string& network, const nlohmann::json& numerics) const {
  return sha256_hex(hashes_.at(network) + "\n" + numerics.dump());
}

std::string AccuracyStage::want(const std::string& network, const nlohmann::json& numerics) {
  const std::string key = key_of(network, numerics);
  if (known_.contains(key)) return key;
  AccuracyResult result{key, network, numerics.dump(), to_json(settings_).dump(), {}, {}, {}, {}};
  auto stored = store_.accuracy(key);
  if (stored && stored->status != PointStatus::kFailed) {
    known_.emplace(key, *std::move(stored));
  } else {
    wanted_.push_back(result);
    known_.emplace(key, std::move(result));
  }
  return key;
}

void AccuracyStage::measure(const std::function<void(std::int64_t, std::int64_t)>& progress) {
  if (wanted_.empty()) return;
  const auto all = std::ssize(wanted_);
  const auto cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  const int together = static_cast<int>(std::min<std::int64_t>(all, pool_.workers()));
  std::int64_t taken = 0;
  std::int64_t done = 0;
  const auto next = [&]() -> std::optional<Task> {
    if (taken == all) return std::nullopt;
    const AccuracyResult& wanted = wanted_[static_cast<std::size_t>(taken)];
    const PointRequest request{with_numerics(machine_, nlohmann::json::parse(wanted.numerics_json)),
                               wanted.network, "functional", to_json(settings_),
                               std::max(1, cores / together)};
    return Task{taken++, to_json(request)};
  };
  const auto finished = [&](const std::vector<Outcome>& outcomes) {
    for (const Outcome& outcome : outcomes) {
      const AccuracyResult result = from_answer(outcome.id, outcome.answer, outcome.failure);
      store_.add(result);
      known_[result.key] = result;
    }
    done += std::ssize(outcomes);
    if (progress) progress(done, all);
  };
  constexpr int kAttempts = 3;
  dispatch(pool_, next, finished, {1, kAttempts});
  wanted_.clear();
}

AccuracyResult AccuracyStage::from_answer(std::int64_t task, const std::optional<nlohmann::json>& answer,
                                          const std::string& failure) const {
  AccuracyResult result = wanted_[static_cast<std::size_t>(task)];
  if (!answer) {
    result.status = PointStatus::kFailed;
    result.message = failure;
    return result;
  }
  const PointAnswer measured = answer_from_json(*answer);
  result.status = measured.status;
  result.message = measured.message;
  result.top1_percent = value_of(measured.values, Metric::kAccuracy);
  if (!measured.details.is_null()) result.details_json = measured.details.dump();
  return result;
}

const AccuracyResult& AccuracyStage::result(const std::string& key) const {
  const auto found = known_.find(key);
  NPU_CHECK(found != known_.end(), "an accuracy was measured before it is asked for");
  return found->second;
}

}  // namespace npu::sim
