#include "compiler/quant/channel_scaling.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "hw/common/error.h"

namespace npu::compiler {
namespace {

using Ids = std::vector<std::int64_t>;

/// Union-find over all channels of all values; element 0 is the fixed class.
class Joiner {
 public:
  explicit Joiner(const ShapeMap& shapes) {
    std::int64_t next = 1;
    for (const auto& [value, shape] : shapes) {
      Ids& ids = ids_[value];
      ids.resize(static_cast<std::size_t>(shape.channels));
      std::iota(ids.begin(), ids.end(), next);
      next += shape.channels;
    }
    parent_.resize(static_cast<std::size_t>(next));
    std::iota(parent_.begin(), parent_.end(), 0);
  }

  void join(std::int64_t a, std::int64_t b) {
    a = root(a);
    b = root(b);
    parent_[static_cast<std::size_t>(std::max(a, b))] = std::min(a, b);  // 0, the fixed class, wins
  }
  /// Channels of `value` with those of `other` from `first` on.
  void join(const std::string& value, const std::string& other, std::size_t first = 0) {
    const Ids& a = ids_.at(value);
    const Ids& b = ids_.at(other);
    for (std::size_t channel = 0; channel < a.size(); ++channel) join(a[channel], b[first + channel]);
  }
  void fix(const std::string& value) {
    for (const auto id : ids_.at(value)) join(ChannelClasses::kFixed, id);
  }
  std::int64_t root(std::int64_t id) const {
    while (parent_[static_cast<std::size_t>(id)] != id) id = parent_[static_cast<std::size_t>(id)];
    return id;
  }
  const std::map<std::string, Ids>& ids() const { return ids_; }

 private:
  std::map<std::string, Ids> ids_;
  std::vector<std::int64_t> parent_;
};

void join_node(Joiner& joiner, const Node& node, const ShapeMap& shapes) {
  if (std::holds_alternative<ConvOp>(node.op)) return;  // weights absorb factors on both sides
  if (std::holds_alternative<ConcatOp>(node.op)) {
    std::size_t first = 0;
    for (const auto& input : node.inputs) {
      joiner.join(input, node.output, first);
      first += static_cast<std::size_t>(shapes.at(input).channels);
    }
    return;
  }
  for (const auto& input : node.inputs) {
    if (shapes.at(input).channels == shapes.at(node.output).channels) {
      joiner.join(input, node.output);
    } else {
      joiner.fix(input);
      joiner.fix(node.output);
    }
  }
}

FloatArray scaled(const FloatArray& values, const std::vector<double>& by_channel) {
  if (values->empty()) return values;
  std::vector<float> result = *values;
  for (std::size_t channel = 0; channel < result.size(); ++channel) {
    result[channel] = static_cast<float>(double{result[channel]} * by_channel[channel]);
  }
  return make_array(std::move(result));
}

std::vector<double> factors_of(const std::string& value, std::int64_t channels, const ChannelClasses& classes,
                               const std::vector<double>& factors) {
  std::vector<double> result;
  for (std::int64_t channel = 0; channel < channels; ++channel) {
    result.push_back(factors[static_cast<std::size_t>(classes.at(value, channel))]);
  }
  return result;
}

void scale_conv(ConvOp& op, const std::vector<double>& in, const std::vector<double>& out) {
  const auto area = static_cast<std::size_t>(op.window.kernel_height * op.window.kernel_width);
  const std::size_t group_inputs = in.size() / static_cast<std::size_t>(op.groups);
  const std::size_t group_outputs = out.size() / static_cast<std::size_t>(op.groups);
  std::vector<float> weights = *op.weights;
  std::size_t index = 0;
  for (std::size_t o = 0; o < out.size(); ++o) {
    for (std::size_t i = 0; i < group_inputs; ++i) {
      const double factor = out[o] / in[o / group_outputs * group_inputs + i];
      for (std::size_t tap = 0; tap < area; ++tap, ++index) {
        weights[index] = static_cast<float>(double{weights[index]} * factor);
      }
    }
  }
  op.weights = make_array(std::move(weights));
  op.bias = scaled(op.bias, out);
  op.output_mean = scaled(op.output_mean, out);
  op.output_deviation = scaled(op.output_deviation, out);
}

}  // namespace

ChannelClasses::ChannelClasses(const Graph& canonical) {
  const ShapeMap shapes = infer_shapes(canonical);
  Joiner joiner(shapes);
  for (const Node& node : canonical.nodes) join_node(joiner, node, shapes);
  joiner.fix(canonical.input);
  joiner.fix(canonical.output);
  std::map<std::int64_t, std::int64_t> numbers{{kFixed, kFixed}};
  for (const auto& [value, ids] : joiner.ids()) {
    auto& classes = by_value_[value];
    for (const auto id : ids) {
      classes.push_back(
          numbers.emplace(joiner.root(id), static_cast<std::int64_t>(numbers.size())).first->second);
    }
  }
  count_ = static_cast<std::int64_t>(numbers.size());
}

std::int64_t ChannelClasses::at(const std::string& value, std::int64_t channel) const {
  return by_value_.at(value)[static_cast<std::size_t>(channel)];
}

Graph scale_channels(const Graph& canonical, const ChannelClasses& classes,
                     const std::vector<double>& factors) {
  NPU_CHECK(static_cast<std::int64_t>(factors.size()) == classes.count() && factors[0] == 1.0,
            "one factor for each class, 1 for the fixed one");
  const ShapeMap shapes = infer_shapes(canonical);
  Graph graph = canonical;
  for (Node& node : graph.nodes) {
    if (auto* op = std::get_if<ConvOp>(&node.op)) {
      scale_conv(*op, factors_of(node.inputs[0], shapes.at(node.inputs[0]).channels, classes, factors),
                 factors_of(node.output, op->out_channels, classes, factors));
    }
  }
  return graph;
}

Calibration scale_channels(const Calibration& calibration, const ChannelClasses& classes,
                           const std::vector<double>& factors) {
  Calibration result = calibration;
  for (auto& [value, statistics] : result.values) {
    statistics.minimum = std::numeric_limits<float>::max();
    statistics.maximum = std::numeric_limits<float>::lowest();
    for (std::size_t channel = 0; channel < statistics.channel_mean.size(); ++channel) {
      const auto factor = static_cast<float>(
          factors[static_cast<std::size_t>(classes.at(value, static_cast<std::int64_t>(channel)))]);
      statistics.channel_mean[channel] *= factor;
      statistics.channel_minimum[channel] *= factor;
      statistics.channel_maximum[channel] *= factor;
      statistics.minimum = std::min(statistics.minimum, statistics.channel_minimum[channel]);
      statistics.maximum = std::max(statistics.maximum, statistics.channel_maximum[channel]);
    }
  }
  return result;
}

namespace {

/// How far a channel may go, in both directions from 0.
struct Reach {
  double high = 0;
  double low = 0;
};

/// By channel of the value that `conv` makes, from the statistics of its batch norm, clamped as it clamps.
/// Empty without them.
std::vector<Reach> reach_by_statistics(const ConvOp& conv) {
  constexpr double kDeviations = 6;
  std::vector<Reach> result;
  for (std::size_t channel = 0; channel < conv.output_mean->size(); ++channel) {
    const double mean = (*conv.output_mean)[channel];
    const double tail = kDeviations * (*conv.output_deviation)[channel];
    Reach reach{mean + tail, mean - tail};
    if (conv.activation.kind == Activation::Kind::kClamp) {
      reach.high = std::min(reach.high, double{conv.activation.high});
      reach.low = std::max(reach.low, double{conv.activation.low});
    }
    result.push_back(reach);
  }
  return result;
}

}  // namespace

std::vector<double> channel_room(const Graph& canonical, const ChannelClasses& classes,
                                 const Calibration& calibration) {
  constexpr double kHeadroom = 2;
  std::map<std::string, std::vector<Reach>> by_statistics;
  for (const Node& node : canonical.nodes) {
    if (const auto* conv = std::get_if<ConvOp>(&node.op))
      by_statistics[node.output] = reach_by_statistics(*conv);
  }
  std::vector<double> room(static_cast<std::size_t>(classes.count()),
                           std::numeric_limits<double>::infinity());
  for (const auto& [value, statistics] : calibration.values) {
    const auto& reaches = by_statistics[value];
    for (std::size_t channel = 0; channel < statistics.channel_mean.size(); ++channel) {
      Reach reach{double{statistics.channel_maximum[channel]}, double{statistics.channel_minimum[channel]}};
      if (reaches.empty()) {
        reach = {reach.high * kHeadroom, reach.low * kHeadroom};
      } else {
        reach = {std::max(reach.high, reaches[channel].high), std::min(reach.low, reaches[channel].low)};
      }
      double& smallest =
          room[static_cast<std::size_t>(classes.at(value, static_cast<std::int64_t>(channel)))];
      if (reach.high > 0) smallest = std::min(smallest, statistics.maximum / reach.high);
      if (reach.low < 0) smallest = std::min(smallest, statistics.minimum / reach.low);
    }
  }
  for (double& factor : room) factor = std::max(factor, 1.0);
  room[ChannelClasses::kFixed] = 1.0;
  return room;
}

namespace {

/// Largest |weight| that connects two classes: in one layer, from an input channel to an output channel.
struct Connection {
  std::int64_t in = 0;
  std::int64_t out = 0;
  double largest = 0;
};

std::vector<Connection> connections_of(const Graph& graph, const ChannelClasses& classes) {
  const ShapeMap shapes = infer_shapes(graph);
  std::vector<Connection> result;
  for (const Node& node : graph.nodes) {
    const auto* op = std::get_if<ConvOp>(&node.op);
    if (op == nullptr) continue;
    const std::int64_t group_inputs = shapes.at(node.inputs[0]).channels / op->groups;
    const std::int64_t group_outputs = op->out_channels / op->groups;
    const auto area = static_cast<std::size_t>(op->window.kernel_height * op->window.kernel_width);
    const float* weights = op->weights->data();
    for (std::int64_t out = 0; out < op->out_channels; ++out) {
      for (std::int64_t in = 0; in < group_inputs; ++in, weights += area) {
        float largest = 0;
        for (std::size_t tap = 0; tap < area; ++tap) largest = std::max(largest, std::abs(weights[tap]));
        result.push_back({classes.at(node.inputs[0], out / group_outputs * group_inputs + in),
                          classes.at(node.output, out), double{largest}});
      }
    }
  }
  return result;
}

}  // namespace

std::vector<double> cross_layer_factors(const Graph& canonical, const ChannelClasses& classes) {
  constexpr int kRounds = 40;
  constexpr double kSmallestMove = 1e-3;
  constexpr double kLargestFactor = 1e6;  // of near-dead channels
  const auto connections = connections_of(canonical, classes);
  const auto count = static_cast<std::size_t>(classes.count());
  std::vector<double> factors(count, 1.0);
  for (int round = 0; round < kRounds; ++round) {
    std::vector<double> made(count, 0.0);
    std::vector<double> read(count, 0.0);
    for (const Connection& connection : connections) {
      const auto in = static_cast<std::size_t>(connection.in);
      const auto out = static_cast<std::size_t>(connection.out);
      const double largest = connection.largest * factors[out] / factors[in];
      made[out] = std::max(made[out], largest);
      read[in] = std::max(read[in], largest);
    }
    double move = 0;
    for (std::size_t k = 1; k < count; ++k) {  // 0 is the fixed class
      if (made[k] <= 0 || read[k] <= 0) continue;
      // Half of the way: neighbouring classes move at the same time.
      const double step = std::pow(read[k] / made[k], 0.25);
      factors[k] = std::clamp(factors[k] * step, 1 / kLargestFactor, kLargestFactor);
      move = std::max(move, std::abs(step - 1));
    }
    if (move < kSmallestMove) break;
  }
  return factors;
}

}  // namespace npu::compiler
