#include "sim/explore/point_request.h"

namespace npu::sim {

nlohmann::json to_json(const PointRequest& request) {
  nlohmann::json json{{"arch", request.arch}, {"network", request.network}, {"engine", request.engine}};
  if (request.accuracy.is_null()) return json;
  json["accuracy"] = request.accuracy;
  json["threads"] = request.threads;
  return json;
}

PointRequest request_from_json(const nlohmann::json& json) {
  return {json.at("arch"), json.at("network").get<std::string>(), json.at("engine").get<std::string>(),
          json.value("accuracy", nlohmann::json()), json.value("threads", 1)};
}

nlohmann::json to_json(const PointAnswer& answer) {
  nlohmann::json values = nlohmann::json::object();
  for (const MetricInfo& info : metrics()) {
    if (const auto& value = value_of(answer.values, info.metric)) values[info.name] = *value;
  }
  return {{"status", static_cast<int>(answer.status)},
          {"message", answer.message},
          {"values", values},
          {"details", answer.details}};
}

PointAnswer answer_from_json(const nlohmann::json& json) {
  PointAnswer answer;
  answer.status = static_cast<PointStatus>(json.at("status").get<int>());
  answer.message = json.at("message").get<std::string>();
  const nlohmann::json& values = json.at("values");
  for (const MetricInfo& info : metrics()) {
    if (values.contains(info.name)) value_of(answer.values, info.metric) = values.at(info.name).get<double>();
  }
  answer.details = json.at("details");
  return answer;
}

}  // namespace npu::sim
