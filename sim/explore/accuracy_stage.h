// Accuracy of the points of a sweep. It depends on the network, the data set and the arithmetic, not on the
// rest of the machine: measured by workers once for each combination, stored, and shared by all machines that
// compute the same numbers.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/explore/result_store.h"
#include "sim/explore/sweep_spec.h"
#include "sim/explore/worker_pool.h"

namespace npu::sim {

/// The fields of a resolved machine that decide what its programs compute: machines of equal numerics give
/// equal outputs.
nlohmann::json numerics_of(const nlohmann::json& arch);

/// `arch` with these numerics: the machine that the accuracy is measured on.
nlohmann::json with_numerics(nlohmann::json arch, const nlohmann::json& numerics);

class AccuracyStage {
 public:
  /// `hashes`: of each network with its data set and settings. `machine`: resolved; measures all numerics.
  AccuracyStage(const AccuracySettings& settings, std::map<std::string, std::string> hashes,
                nlohmann::json machine, ResultStore& store, WorkerPool& pool);

  std::string key_of(const std::string& network, const nlohmann::json& numerics) const;

  /// Notes a combination to measure unless it is known. Returns its key.
  std::string want(const std::string& network, const nlohmann::json& numerics);

  /// Measures what is wanted and stores each as it arrives. Throws InputError as dispatch() does.
  void measure(const std::function<void(std::int64_t done, std::int64_t all)>& progress);

  /// Of a key that was measured.
  const AccuracyResult& result(const std::string& key) const;

 private:
  AccuracyResult from_answer(std::int64_t task, const std::optional<nlohmann::json>& answer,
                             const std::string& failure) const;

  AccuracySettings settings_;
  std::map<std::string, std::string> hashes_;
  nlohmann::json machine_;
  ResultStore& store_;
  WorkerPool& pool_;
  std::vector<AccuracyResult> wanted_;           ///< without their values
  std::map<std::string, AccuracyResult> known_;  ///< by key; those that are wanted, too
};

}  // namespace npu::sim
