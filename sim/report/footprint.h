// What an architect reads about memory: how full the SRAMs were and with what, which layers reload and what
// size would end it, and the same network's size under other number formats. As text and as JSON.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "sim/report/run_report.h"
#include "sim/report/summary.h"

namespace npu::sim {

/// The network's data in DRAM under one number format.
struct FormatSize {
  std::string name;
  std::int64_t weight_bytes = 0;
  std::int64_t channel_bytes = 0;     ///< biases, shifts, scales
  std::int64_t activation_bytes = 0;  ///< the activation area
  std::int64_t total() const { return weight_bytes + channel_bytes + activation_bytes; }
};

/// This machine's format first, then 8 bits with layer-wise scales and shifts, 8 bits with per-channel scales
/// (kPerChannelSchemeBytes), 16 bits (6-byte biases, shifts), float32 (4-byte biases).
std::vector<FormatSize> format_sizes(const RunReport& report, const Summary& summary);

/// Empty lines in front of nothing: sections that were not measured are left out.
std::string footprint_text(const RunReport& report, const Summary& summary);

nlohmann::ordered_json footprint_json(const RunReport& report, const Summary& summary);

}  // namespace npu::sim
