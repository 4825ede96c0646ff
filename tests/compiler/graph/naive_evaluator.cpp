#include "tests/compiler/graph/naive_evaluator.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace npu::tests {
namespace {

using namespace npu::compiler;  // NOLINT: every name here is the graph's

double activate(const Activation& activation, double x) {
  switch (activation.kind) {
    case Activation::Kind::kNone:
      return x;
    case Activation::Kind::kClamp:
      return std::min(std::max(x, static_cast<double>(activation.low)), static_cast<double>(activation.high));
    case Activation::Kind::kLeaky:
      return x < 0 ? static_cast<double>(activation.alpha) * x : x;
  }
  return x;
}

/// A map with its shape; reading outside gives `outside`.
struct Map {
  const MapShape& shape;
  const std::vector<double>& data;

  bool inside(std::int64_t y, std::int64_t x) const {
    return y >= 0 && y < shape.height && x >= 0 && x < shape.width;
  }
  double at(std::int64_t c, std::int64_t y, std::int64_t x) const {
    return data[static_cast<std::size_t>((c * shape.height + y) * shape.width + x)];
  }
};

struct Evaluate {
  const MapShape& out_shape;
  std::vector<Map> in;

  template <typename Formula>
  std::vector<double> fill(const Formula& formula) const {
    std::vector<double> out;
    for (std::int64_t c = 0; c < out_shape.channels; ++c) {
      for (std::int64_t y = 0; y < out_shape.height; ++y) {
        for (std::int64_t x = 0; x < out_shape.width; ++x) {
          out.push_back(formula(c, y, x));
        }
      }
    }
    return out;
  }

  /// Calls visit(row, column, inside) for each tap of the window at output pixel (y, x).
  template <typename Visit>
  void taps(const Window& w, std::int64_t y, std::int64_t x, const Visit& visit) const {
    for (std::int64_t ky = 0; ky < w.kernel_height; ++ky) {
      for (std::int64_t kx = 0; kx < w.kernel_width; ++kx) {
        visit(y * w.stride_height + ky - w.pad_top, x * w.stride_width + kx - w.pad_left);
      }
    }
  }

  std::vector<double> operator()(const ConvOp& op) const {
    const std::int64_t group_in = in[0].shape.channels / op.groups;
    const std::int64_t group_out = op.out_channels / op.groups;
    return fill([&](std::int64_t c, std::int64_t y, std::int64_t x) {
      double sum = op.bias->empty() ? 0.0 : static_cast<double>((*op.bias)[static_cast<std::size_t>(c)]);
      for (std::int64_t i = 0; i < group_in; ++i) {
        std::int64_t tap = 0;
        taps(op.window, y, x, [&](std::int64_t row, std::int64_t column) {
          const auto index = (c * group_in + i) * op.window.kernel_height * op.window.kernel_width + tap++;
          if (in[0].inside(row, column)) {
            sum += static_cast<double>((*op.weights)[static_cast<std::size_t>(index)]) *
                   in[0].at(c / group_out * group_in + i, row, column);
          }
        });
      }
      return activate(op.activation, sum);
    });
  }
  std::vector<double> operator()(const BatchNormOp& op) const {
    return fill([&](std::int64_t c, std::int64_t y, std::int64_t x) {
      const auto i = static_cast<std::size_t>(c);
      const double deviation =
          std::sqrt(static_cast<double>((*op.variance)[i]) + static_cast<double>(op.epsilon));
      return static_cast<double>((*op.scale)[i]) * (in[0].at(c, y, x) - static_cast<double>((*op.mean)[i])) /
                 deviation +
             static_cast<double>((*op.bias)[i]);
    });
  }
  std::vector<double> operator()(const ActivationOp& op) const {
    return fill([&](std::int64_t c, std::int64_t y, std::int64_t x) {
      return activate(op.activation, in[0].at(c, y, x));
    });
  }
  std::vector<double> operator()(const AddOp& op) const {
    return fill([&](std::int64_t c, std::int64_t y, std::int64_t x) {
      return activate(op.activation, in[0].at(c, y, x) + in[1].at(c, y, x));
    });
  }
  std::vector<double> operator()(const ConcatOp&) const {
    std::vector<double> out;
    for (const Map& map : in) {
      out.insert(out.end(), map.data.begin(), map.data.end());
    }
    return out;
  }
  std::vector<double> operator()(const MaxPoolOp& op) const {
    return fill([&](std::int64_t c, std::int64_t y, std::int64_t x) {
      double best = -std::numeric_limits<double>::infinity();
      taps(op.window, y, x, [&](std::int64_t row, std::int64_t column) {
        best = in[0].inside(row, column) ? std::max(best, in[0].at(c, row, column)) : best;
      });
      return best;
    });
  }
  /// Padding that the window names may count; what lies beyond it (ceil_mode) never does.
  std::vector<double> operator()(const AveragePoolOp& op) const {
    const Window& w = op.window;
    return fill([&](std::int64_t c, std::int64_t y, std::int64_t x) {
      double sum = 0;
      int count = 0;
      taps(w, y, x, [&](std::int64_t row, std::int64_t column) {
        const bool real = in[0].inside(row, column);
        const bool padding =
            row < in[0].shape.height + w.pad_bottom && column < in[0].shape.width + w.pad_right;
        sum += real ? in[0].at(c, row, column) : 0.0;
        count += real || (op.count_include_pad && padding) ? 1 : 0;
      });
      return sum / count;
    });
  }
  std::vector<double> operator()(const GlobalAveragePoolOp&) const {
    return fill([&](std::int64_t c, std::int64_t, std::int64_t) {
      double sum = 0;
      for (std::int64_t y = 0; y < in[0].shape.height; ++y) {
        for (std::int64_t x = 0; x < in[0].shape.width; ++x) {
          sum += in[0].at(c, y, x);
        }
      }
      return sum / static_cast<double>(in[0].shape.height * in[0].shape.width);
    });
  }
  std::vector<double> operator()(const FlattenOp&) const { return in[0].data; }
  std::vector<double> operator()(const GemmOp& op) const {
    return fill([&](std::int64_t out, std::int64_t, std::int64_t) {
      double sum = op.bias->empty() ? 0.0 : static_cast<double>((*op.bias)[static_cast<std::size_t>(out)]);
      for (std::size_t i = 0; i < in[0].data.size(); ++i) {
        sum += static_cast<double>((*op.weights)[static_cast<std::size_t>(out) * in[0].data.size() + i]) *
               in[0].data[i];
      }
      return sum;
    });
  }
  std::vector<double> operator()(const PadOp& op) const {
    return fill([&](std::int64_t c, std::int64_t y, std::int64_t x) {
      return in[0].inside(y - op.top, x - op.left) ? in[0].at(c, y - op.top, x - op.left) : 0.0;
    });
  }
  std::vector<double> operator()(const IdentityOp&) const { return in[0].data; }
  std::vector<double> operator()(const SoftmaxOp&) const {
    std::vector<double> out = in[0].data;
    const double largest = *std::max_element(out.begin(), out.end());
    double sum = 0;
    for (double& value : out) {
      value = std::exp(value - largest);
      sum += value;
    }
    for (double& value : out) {
      value /= sum;
    }
    return out;
  }
};

}  // namespace

Values evaluate_all(const Graph& graph, const std::vector<double>& input, const AfterValue& after) {
  const ShapeMap shapes = infer_shapes(graph);
  Values values{{graph.input, input}};
  if (after) {
    after(graph.input, values.at(graph.input));
  }
  for (const Node& node : graph.nodes) {
    Evaluate evaluator{shapes.at(node.output), {}};
    for (const std::string& name : node.inputs) {
      evaluator.in.push_back({shapes.at(name), values.at(name)});
    }
    values[node.output] = std::visit(evaluator, node.op);
    if (after) {
      after(node.output, values.at(node.output));
    }
  }
  return values;
}

std::vector<double> evaluate(const Graph& graph, const std::vector<double>& input) {
  return evaluate_all(graph, input).at(graph.output);
}

std::vector<double> random_input(const MapShape& shape, TestRandom& random) {
  std::vector<double> input(static_cast<std::size_t>(shape.elements()));
  for (double& value : input) {
    value = static_cast<double>(random.real(-1, 1));
  }
  return input;
}

FloatArray random_array(std::int64_t count, TestRandom& random, float low, float high) {
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) {
    value = random.real(low, high);
  }
  return make_array(std::move(values));
}

double relative_difference(const std::vector<double>& expected, const std::vector<double>& found) {
  REQUIRE(expected.size() == found.size());
  double largest = 1;
  double difference = 0;
  for (std::size_t index = 0; index < expected.size(); ++index) {
    largest = std::max(largest, std::fabs(expected[index]));
    difference = std::max(difference, std::fabs(expected[index] - found[index]));
  }
  return difference / largest;
}

}  // namespace npu::tests
