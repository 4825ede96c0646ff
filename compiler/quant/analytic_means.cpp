#include "compiler/quant/analytic_means.h"

#include <algorithm>
#include <cmath>

#include "hw/common/error.h"

namespace npu::compiler {
namespace {

double density(double x) { return std::isinf(x) ? 0.0 : std::exp(-x * x / 2) / std::sqrt(2 * M_PI); }
double distribution(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

double activated_mean(const Activation& activation, double mean, double deviation) {
  switch (activation.kind) {
    case Activation::Kind::kNone:
      break;
    case Activation::Kind::kClamp:
      return clamped_normal_mean(mean, deviation, double{activation.low}, double{activation.high});
    case Activation::Kind::kLeaky:  // x + (alpha - 1) * min(x, 0)
      return mean + (double{activation.alpha} - 1) * clamped_normal_mean(mean, deviation, -INFINITY, 0);
  }
  return mean;
}

class MeanFinder {
 public:
  MeanFinder(const Graph& graph, Calibration& calibration) : graph_(graph), calibration_(calibration) {}

  void run() {
    for (const Node& node : graph_.nodes) find(node);
  }

 private:
  std::vector<float>& mean(const std::string& value) { return calibration_.values.at(value).channel_mean; }

  void find(const Node& node) {
    auto& result = mean(node.output);
    if (const auto* conv = std::get_if<ConvOp>(&node.op)) {
      find_conv(node, *conv, result);
    } else if (std::holds_alternative<ConcatOp>(node.op)) {
      result.clear();
      for (const auto& input : node.inputs)
        result.insert(result.end(), mean(input).begin(), mean(input).end());
    } else if (const auto* add = std::get_if<AddOp>(&node.op); add != nullptr) {
      if (add->activation.kind != Activation::Kind::kNone) return;  // the sum's deviation is not known
      const auto& a = mean(node.inputs[0]);
      const auto& b = mean(node.inputs[1]);
      for (std::size_t channel = 0; channel < result.size(); ++channel)
        result[channel] = a[channel] + b[channel];
    } else if (std::holds_alternative<AveragePoolOp>(node.op)) {
      result = mean(node.inputs[0]);
    }
    // A maximum pool or an activation of its own: the mean does not follow from means; calibration's stays.
  }

  void find_conv(const Node& node, const ConvOp& conv, std::vector<float>& result) {
    if (conv.output_mean->empty()) {
      if (node.output == graph_.output) return;
      throw GraphError(node.name,
                       "has no batch-norm statistics, which analytic bias correction needs; the network was "
                       "exported with its batch norms folded: use the correction from calibration images");
    }
    for (std::size_t channel = 0; channel < result.size(); ++channel) {
      result[channel] =
          static_cast<float>(activated_mean(conv.activation, double{(*conv.output_mean)[channel]},
                                            std::abs(double{(*conv.output_deviation)[channel]})));
    }
  }

  const Graph& graph_;
  Calibration& calibration_;
};

}  // namespace

double clamped_normal_mean(double mean, double deviation, double low, double high) {
  if (deviation <= 0) return std::clamp(mean, low, high);
  const double a = (low - mean) / deviation;
  const double b = (high - mean) / deviation;
  const double inside = distribution(b) - distribution(a);
  double result = mean * inside + deviation * (density(a) - density(b));
  if (!std::isinf(low)) result += low * distribution(a);
  if (!std::isinf(high)) result += high * (1 - distribution(b));
  return result;
}

void use_analytic_means(const Graph& canonical, Calibration& calibration) {
  MeanFinder(canonical, calibration).run();
}

}  // namespace npu::compiler
