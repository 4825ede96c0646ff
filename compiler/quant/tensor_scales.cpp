#include "compiler/quant/tensor_scales.h"

#include <algorithm>
#include <optional>
#include <set>

#include "hw/common/error.h"
#include "hw/numerics/rounding.h"

namespace npu::compiler {
namespace {

/// A range narrower than this part of the widest one in the network is stretched to it (constant
/// activations).
constexpr double kSmallestRelativeWidth = 0x1p-16;

std::optional<Range> range_of(const std::string& value, const Graph& graph, const Calibration& calibration,
                              const std::map<std::string, Range>& chosen) {
  const auto given = graph.given.tensors.find(value);
  if (given != graph.given.tensors.end() && given->second.range) return given->second.range;
  const auto choice = chosen.find(value);
  if (choice != chosen.end()) return choice->second;
  const auto statistics = calibration.values.find(value);
  if (statistics == calibration.values.end()) return std::nullopt;
  return Range{statistics->second.minimum, statistics->second.maximum};
}

}  // namespace

TensorScales::TensorScales(const Graph& canonical, const ScaleGroups& groups, const Calibration& calibration,
                           const std::map<std::string, Range>& chosen, int activation_bits)
    : graph_(canonical), groups_(groups), bits_(activation_bits) {
  for (const auto& [value, leader] : groups.leader) {
    if (const auto range = range_of(value, canonical, calibration, chosen)) ranges_[leader].include(*range);
  }
  for (const auto& [value, leader] : groups.leader) {
    if (ranges_.contains(leader) || groups.given.contains(leader)) continue;
    throw GraphError(value,
                     canonical.given.empty()
                         ? "has no calibration statistics"
                         : "has no scale: no QuantizeLinear stands behind it and no quantisation file names "
                           "it; a calibration would give it one");
  }
  double widest = 0;
  for (const auto& [leader, range] : ranges_) widest = std::max(widest, range.width());
  smallest_width_ = widest > 0 ? widest * kSmallestRelativeWidth : 1.0;
}

AffineScale TensorScales::of(const std::string& name, const LoweredTensor& origin) const {
  const auto given = graph_.given.tensors.find(name);
  if (given != graph_.given.tensors.end() && name != origin.value) {
    if (given->second.scale) return *given->second.scale;
    return affine_scale(*given->second.range, bits_, smallest_width_);
  }
  return origin.alpha == 1 ? of_value(origin.value)
                           : affine_scale(before_leaky(origin), bits_, smallest_width_);
}

AffineScale TensorScales::of_value(const std::string& value) const {
  const std::string& leader = groups_.leader.at(value);
  const auto given = groups_.given.find(leader);
  return given != groups_.given.end() ? given->second
                                      : affine_scale(ranges_.at(leader), bits_, smallest_width_);
}

Range TensorScales::before_leaky(const LoweredTensor& origin) const {
  const std::string& leader = groups_.leader.at(origin.value);
  Range range;
  if (const auto given = groups_.given.find(leader); given != groups_.given.end()) {
    const double scale = given->second.scale;
    range = {scale * (hw::min_of_bits(bits_) - given->second.zero_point),
             scale * (hw::max_of_bits(bits_) - given->second.zero_point)};
  } else {
    range = ranges_.at(leader);
  }
  range.low /= double{origin.alpha};
  return range;
}

std::optional<std::string> value_without_scale(const Graph& canonical) {
  const ScaleGroups groups = find_scale_groups(canonical);
  std::set<std::string> known;
  for (const auto& [leader, scale] : groups.given) known.insert(leader);
  for (const auto& [value, tensor] : canonical.given.tensors) {
    const auto leader = groups.leader.find(value);
    if (leader != groups.leader.end()) known.insert(leader->second);
  }
  for (const auto& [value, leader] : groups.leader) {
    if (!known.contains(leader)) return value;
  }
  return std::nullopt;
}

}  // namespace npu::compiler
