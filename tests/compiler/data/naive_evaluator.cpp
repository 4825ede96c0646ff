#include "tests/compiler/data/naive_evaluator.h"

#include <algorithm>
#include <cmath>

namespace npu::tests {

using namespace npu::compiler;

namespace {

struct Map {
  MapShape shape;
  std::vector<double> values;

  explicit Map(MapShape s) : shape(s), values(static_cast<std::size_t>(s.elements()), 0.0) {}
  double& at(std::int64_t c, std::int64_t y, std::int64_t x) {
    return values[static_cast<std::size_t>((c * shape.height + y) * shape.width + x)];
  }
  bool inside(std::int64_t y, std::int64_t x) const {
    return y >= 0 && y < shape.height && x >= 0 && x < shape.width;
  }
};

double activate(double x, const Activation& activation) {
  switch (activation.kind) {
    case Activation::Kind::kClamp:
      return std::min<double>(std::max<double>(x, activation.low), activation.high);
    case Activation::Kind::kLeaky:
      return x < 0 ? x * activation.alpha : x;
    case Activation::Kind::kNone:
      break;
  }
  return x;
}

struct Evaluate {
  std::vector<Map>& inputs;
  Map output;

  template <class PerPixel>
  void each_output(PerPixel per_pixel) {
    for (std::int64_t c = 0; c < output.shape.channels; ++c) {
      for (std::int64_t y = 0; y < output.shape.height; ++y) {
        for (std::int64_t x = 0; x < output.shape.width; ++x) output.at(c, y, x) = per_pixel(c, y, x);
      }
    }
  }

  void operator()(const ConvOp& op) {
    Map& in = inputs[0];
    const Window& w = op.window;
    const std::int64_t group_inputs = in.shape.channels / op.groups;
    const std::int64_t group_outputs = op.out_channels / op.groups;
    each_output([&](std::int64_t k, std::int64_t y, std::int64_t x) {
      double sum = op.bias->empty() ? 0.0 : static_cast<double>(op.bias->at(static_cast<std::size_t>(k)));
      for (std::int64_t c = 0; c < group_inputs; ++c) {
        for (std::int64_t dy = 0; dy < w.kernel_height; ++dy) {
          for (std::int64_t dx = 0; dx < w.kernel_width; ++dx) {
            const std::int64_t row = y * w.stride_height - w.pad_top + dy;
            const std::int64_t column = x * w.stride_width - w.pad_left + dx;
            if (!in.inside(row, column)) continue;
            const auto tap = ((k * group_inputs + c) * w.kernel_height + dy) * w.kernel_width + dx;
            sum += static_cast<double>(op.weights->at(static_cast<std::size_t>(tap))) *
                   in.at(k / group_outputs * group_inputs + c, row, column);
          }
        }
      }
      return activate(sum, op.activation);
    });
  }
  void operator()(const BatchNormOp& op) {
    each_output([&](std::int64_t c, std::int64_t y, std::int64_t x) {
      const auto i = static_cast<std::size_t>(c);
      const double scale = op.scale->at(i) / std::sqrt(static_cast<double>(op.variance->at(i)) + op.epsilon);
      return (inputs[0].at(c, y, x) - op.mean->at(i)) * scale + op.bias->at(i);
    });
  }
  void operator()(const ActivationOp& op) {
    each_output([&](std::int64_t c, std::int64_t y, std::int64_t x) {
      return activate(inputs[0].at(c, y, x), op.activation);
    });
  }
  void operator()(const AddOp& op) {
    each_output([&](std::int64_t c, std::int64_t y, std::int64_t x) {
      return activate(inputs[0].at(c, y, x) + inputs[1].at(c, y, x), op.activation);
    });
  }
  void operator()(const ConcatOp&) {
    auto target = output.values.begin();
    for (const Map& in : inputs) target = std::copy(in.values.begin(), in.values.end(), target);
  }

  template <class Visit>
  void each_pixel(const Window& w, std::int64_t y, std::int64_t x, Visit visit) {
    for (std::int64_t dy = 0; dy < w.kernel_height; ++dy) {
      for (std::int64_t dx = 0; dx < w.kernel_width; ++dx) {
        visit(y * w.stride_height - w.pad_top + dy, x * w.stride_width - w.pad_left + dx);
      }
    }
  }
  void operator()(const MaxPoolOp& op) {
    each_output([&](std::int64_t c, std::int64_t y, std::int64_t x) {
      double best = -INFINITY;
      each_pixel(op.window, y, x, [&](std::int64_t row, std::int64_t column) {
        if (inputs[0].inside(row, column)) best = std::max(best, inputs[0].at(c, row, column));
      });
      return best;
    });
  }
  void operator()(const AveragePoolOp& op) {
    Map& in = inputs[0];
    const Window& w = op.window;
    each_output([&](std::int64_t c, std::int64_t y, std::int64_t x) {
      double sum = 0;
      int real = 0;
      int padded = 0;
      each_pixel(w, y, x, [&](std::int64_t row, std::int64_t column) {
        const bool inside = in.inside(row, column);
        if (inside) sum += in.at(c, row, column);
        real += inside;
        padded += row < in.shape.height + w.pad_bottom && column < in.shape.width + w.pad_right;
      });
      return sum / (op.count_include_pad ? padded : real);
    });
  }
  void operator()(const GlobalAveragePoolOp&) {
    Map& in = inputs[0];
    each_output([&](std::int64_t c, std::int64_t, std::int64_t) {
      double sum = 0;
      for (std::int64_t y = 0; y < in.shape.height; ++y) {
        for (std::int64_t x = 0; x < in.shape.width; ++x) sum += in.at(c, y, x);
      }
      return sum / static_cast<double>(in.shape.height * in.shape.width);
    });
  }
  void operator()(const FlattenOp&) { output.values = inputs[0].values; }
  void operator()(const IdentityOp&) { output.values = inputs[0].values; }
  void operator()(const GemmOp& op) {
    const std::int64_t features = inputs[0].shape.elements();
    each_output([&](std::int64_t k, std::int64_t, std::int64_t) {
      double sum = op.bias->empty() ? 0.0 : static_cast<double>(op.bias->at(static_cast<std::size_t>(k)));
      for (std::int64_t i = 0; i < features; ++i) {
        sum += static_cast<double>(op.weights->at(static_cast<std::size_t>(k * features + i))) *
               inputs[0].values[static_cast<std::size_t>(i)];
      }
      return sum;
    });
  }
  void operator()(const PadOp& op) {
    each_output([&](std::int64_t c, std::int64_t y, std::int64_t x) {
      return inputs[0].inside(y - op.top, x - op.left) ? inputs[0].at(c, y - op.top, x - op.left) : 0.0;
    });
  }
  void operator()(const SoftmaxOp&) {
    double total = 0;
    for (const double value : inputs[0].values) total += std::exp(value);
    for (std::size_t i = 0; i < output.values.size(); ++i)
      output.values[i] = std::exp(inputs[0].values[i]) / total;
  }
};

}  // namespace

std::map<std::string, std::vector<double>> evaluate_naively(const Graph& graph,
                                                            std::span<const float> input) {
  const ShapeMap shapes = infer_shapes(graph);
  std::map<std::string, std::vector<double>> values;
  values[graph.input].assign(input.begin(), input.end());
  for (const Node& node : graph.nodes) {
    std::vector<Map> inputs;
    for (const auto& name : node.inputs) {
      inputs.emplace_back(shapes.at(name));
      inputs.back().values = values.at(name);
    }
    Evaluate evaluate{inputs, Map(shapes.at(node.output))};
    std::visit(evaluate, node.op);
    values[node.output] = evaluate.output.values;
  }
  return values;
}

}  // namespace npu::tests
