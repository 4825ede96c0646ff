#include "sim/explore/metrics.h"

namespace npu::sim {

const std::array<MetricInfo, kMetrics>& metrics() {
  static constexpr std::array<MetricInfo, kMetrics> kTable = {{
      {Metric::kCycles, "cycles", "Time", "cycles", true},
      {Metric::kLatency, "latency_seconds", "Latency", "s", true},
      {Metric::kEnergy, "energy", "Energy", "unit of the energy table", true},
      {Metric::kEnergyDelay, "energy_delay", "Energy-delay product", "energy x s", true},
      {Metric::kDramBytes, "dram_bytes", "DRAM traffic", "bytes", true},
      {Metric::kUtilisation, "utilisation_percent", "MACs of peak", "%", false},
      {Metric::kArea, "area_mm2", "Area", "mm2", true},
      {Metric::kAccuracy, "accuracy_percent", "Top-1 accuracy", "%", false},
  }};
  return kTable;
}

const MetricInfo* find_metric(const std::string& name) {
  for (const MetricInfo& info : metrics()) {
    if (name == info.name) return &info;
  }
  return nullptr;
}

std::vector<std::string> metric_names() {
  std::vector<std::string> names;
  for (const MetricInfo& info : metrics()) names.emplace_back(info.name);
  return names;
}

}  // namespace npu::sim
