// Equivalent scaling of channels: a channel of a feature map may be multiplied by any positive factor if the
// layer that makes it is multiplied by the same factor and the layers that read it are divided by it. The
// float network computes the same (ReLU, LeakyReLU, pools, additions and concatenations hand factors on), but
// its quantised form does not: factors decide how well a channel fills the one range that its map has, and
// how well weights fill their layer's scale.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/quant/calibration.h"

namespace npu::compiler {

/// Channels whose factors must be equal form a class. Channels of the network's input and output are fixed:
/// class kFixed.
class ChannelClasses {
 public:
  static constexpr std::int64_t kFixed = 0;

  explicit ChannelClasses(const Graph& canonical);

  std::int64_t count() const { return count_; }  ///< classes, kFixed included
  /// Class of channel `channel` of `value`.
  std::int64_t at(const std::string& value, std::int64_t channel) const;

 private:
  std::map<std::string, std::vector<std::int64_t>> by_value_;  ///< [channel]
  std::int64_t count_ = 0;
};

/// The network with every channel of class k multiplied by factors[k]; factors[kFixed] is 1. Clamped
/// activations with a finite non-zero limit keep that limit, so a factor other than 1 is exact only for
/// channels that stay inside it before and after.
Graph scale_channels(const Graph& canonical, const ChannelClasses& classes,
                     const std::vector<double>& factors);

/// The statistics that calibration of the scaled network would have found.
Calibration scale_channels(const Calibration& calibration, const ChannelClasses& classes,
                           const std::vector<double>& factors);

/// For each class the largest factor with which every member stays inside its map's calibrated range, also on
/// inputs that calibration did not see: at least 1, infinite for channels that cannot leave 0, 1 for kFixed.
/// A channel reaches as far as calibration saw or, where its batch norm's statistics are known, 6 deviations
/// from its mean (a channel that was quiet in calibration may be loud elsewhere); without them, twice as far
/// as calibration saw.
std::vector<double> channel_room(const Graph& canonical, const ChannelClasses& classes,
                                 const Calibration& calibration);

/// Factors that give every channel the same weight range in the layers that make it and in those that read it
/// (Nagel et al. 2019, arXiv 1906.04721, generalised to classes of channels): alternating over the classes,
/// factor = sqrt(largest weight that reads / largest weight that makes), until nothing moves. The activations
/// between must have no upper limit.
std::vector<double> cross_layer_factors(const Graph& canonical, const ChannelClasses& classes);

}  // namespace npu::compiler
