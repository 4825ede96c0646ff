// What travels between the coordinator of a sweep and its workers: a machine and a network in, measured
// values or the reason why there are none out.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "sim/explore/metrics.h"
#include "sim/explore/result_store.h"

namespace npu::sim {

struct PointRequest {
  nlohmann::json arch;  ///< resolved
  std::string network;
  std::string engine;                 ///< estimate or systemc; functional: accuracy alone
  nlohmann::json accuracy = nullptr;  ///< of functional: AccuracySettings as JSON
  int threads = 1;                    ///< of functional: results do not depend on it
};

struct PointAnswer {
  PointStatus status = PointStatus::kDone;
  std::string message;  ///< unless done
  MetricValues values;
  nlohmann::json details;  ///< energy by component, for plots
};

nlohmann::json to_json(const PointRequest& request);
PointRequest request_from_json(const nlohmann::json& json);
nlohmann::json to_json(const PointAnswer& answer);
PointAnswer answer_from_json(const nlohmann::json& json);

}  // namespace npu::sim
