// Algorithm, for each batch norm y = a * x + c (a = scale / sqrt(variance + epsilon), c = bias - a * mean),
// in order:
//  1. If a convolution makes its input, for it alone and without activation: multiply the convolution's
//  weights and bias
//     by a, add c. The convolution makes the batch norm's output from now on.
//  2. Else, if only convolutions without padding read its output (or c is 0): multiply their weights by a of
//  their input
//     channels and add the sum of weight * c to their bias.
//  3. Else it becomes a depthwise 1x1 convolution with weights a and bias c.
// Where quantisation is given (a QDQ model), a value with a scale stays a value, and a layer with weights of
// its own scale keeps them: it takes over what only adds (a = 1). In cases 1 and 3 the convolution keeps the
// statistics of its output, mean = bias and deviation = |scale|, for bias correction; arithmetic with
// constants, imported as a batch norm with mean 0, variance 1 and epsilon 0, only shifts and scales
// statistics that are known already. Products are formed in double precision and rounded once.
#include <algorithm>
#include <cmath>
#include <map>

#include "compiler/passes/graph_edit.h"
#include "compiler/passes/passes.h"

namespace npu::compiler {
namespace {

struct Affine {
  std::vector<double> factor;  ///< a
  std::vector<double> offset;  ///< c
};

Affine affine_of(const BatchNormOp& norm) {
  Affine affine;
  for (std::size_t channel = 0; channel < norm.scale->size(); ++channel) {
    const double variance =
        static_cast<double>((*norm.variance)[channel]) + static_cast<double>(norm.epsilon);
    const double factor = (*norm.scale)[channel] / std::sqrt(variance);
    affine.factor.push_back(factor);
    affine.offset.push_back((*norm.bias)[channel] - factor * (*norm.mean)[channel]);
  }
  return affine;
}

bool has_statistics(const BatchNormOp& norm) {
  const auto all = [](const FloatArray& array, float value) {
    return std::all_of(array->begin(), array->end(), [&](float element) { return element == value; });
  };
  return norm.epsilon != 0.0F || !all(norm.mean, 0.0F) || !all(norm.variance, 1.0F);
}

FloatArray absolute(const FloatArray& array) {
  std::vector<float> values = *array;
  for (float& value : values) {
    value = std::fabs(value);
  }
  return make_array(std::move(values));
}

FloatArray transformed(const FloatArray& array, const std::vector<double>& factor,
                       const std::vector<double>& offset) {
  std::vector<float> values(array->size());
  for (std::size_t channel = 0; channel < values.size(); ++channel) {
    values[channel] = static_cast<float>((*array)[channel] * factor[channel] + offset[channel]);
  }
  return make_array(std::move(values));
}

void keep_statistics(const BatchNormOp& norm, const Affine& affine, ConvOp& conv) {
  if (has_statistics(norm)) {
    conv.output_mean = norm.bias;
    conv.output_deviation = absolute(norm.scale);
  } else if (!conv.output_mean->empty()) {
    conv.output_mean = transformed(conv.output_mean, affine.factor, affine.offset);
    const std::vector<double> zero(affine.factor.size(), 0.0);
    conv.output_deviation = absolute(transformed(conv.output_deviation, affine.factor, zero));
  }
}

/// Case 1.
void fold_into_producer(const BatchNormOp& norm, ConvOp& conv) {
  const Affine affine = affine_of(norm);
  const std::size_t channel_weights = conv.weights->size() / affine.factor.size();
  std::vector<float> weights(conv.weights->size());
  for (std::size_t index = 0; index < weights.size(); ++index) {
    weights[index] = static_cast<float>((*conv.weights)[index] * affine.factor[index / channel_weights]);
  }
  conv.weights = make_array(std::move(weights));
  const FloatArray bias =
      conv.bias->empty() ? make_array(std::vector<float>(affine.factor.size(), 0.0F)) : conv.bias;
  conv.bias = transformed(bias, affine.factor, affine.offset);
  keep_statistics(norm, affine, conv);
}

/// Case 2.
void fold_into_user(const Affine& affine, ConvOp& conv) {
  const auto outputs = static_cast<std::size_t>(conv.out_channels);
  const auto taps = static_cast<std::size_t>(conv.window.kernel_height * conv.window.kernel_width);
  const std::size_t group_inputs = affine.factor.size() / static_cast<std::size_t>(conv.groups);
  const std::size_t group_outputs = outputs / static_cast<std::size_t>(conv.groups);
  std::vector<float> weights(conv.weights->size());
  std::vector<float> bias(outputs);
  for (std::size_t out = 0; out < outputs; ++out) {
    double sum = conv.bias->empty() ? 0.0 : (*conv.bias)[out];
    for (std::size_t in = 0; in < group_inputs; ++in) {
      const std::size_t channel = out / group_outputs * group_inputs + in;
      for (std::size_t tap = 0; tap < taps; ++tap) {
        const std::size_t index = (out * group_inputs + in) * taps + tap;
        weights[index] = static_cast<float>((*conv.weights)[index] * affine.factor[channel]);
        sum += (*conv.weights)[index] * affine.offset[channel];
      }
    }
    bias[out] = static_cast<float>(sum);
  }
  conv.weights = make_array(std::move(weights));
  conv.bias = make_array(std::move(bias));
}

/// Case 3.
ConvOp depthwise_convolution(const BatchNormOp& norm) {
  const Affine affine = affine_of(norm);
  ConvOp conv;
  conv.groups = static_cast<std::int64_t>(affine.factor.size());
  conv.out_channels = conv.groups;
  conv.weights = make_array(std::vector<float>(affine.factor.begin(), affine.factor.end()));
  conv.bias = make_array(std::vector<float>(affine.offset.begin(), affine.offset.end()));
  keep_statistics(norm, affine, conv);
  return conv;
}

bool has_pads(const Window& window) {
  return window.pad_top != 0 || window.pad_left != 0 || window.pad_bottom != 0 || window.pad_right != 0;
}

/// Builds the new list of nodes; `index_` describes the old one.
class BatchNormFolder {
 public:
  explicit BatchNormFolder(Graph graph) : graph_(std::move(graph)), index_(graph_) {}

  Graph run() {
    for (Node& node : graph_.nodes) {
      for (std::string& input : node.inputs) {
        const auto source = source_of_.find(input);
        input = source == source_of_.end() ? input : source->second;
      }
      if (std::holds_alternative<BatchNormOp>(node.op)) {
        fold(node);
      } else {
        append(node);
      }
    }
    graph_.nodes = std::move(nodes_);
    return std::move(graph_);
  }

 private:
  void append(const Node& node) {
    if (std::holds_alternative<ConvOp>(node.op)) {
      convolutions_[node.output] = nodes_.size();
    }
    nodes_.push_back(node);
  }

  void fold(Node& node) {
    const auto norm = std::get<BatchNormOp>(node.op);
    if (Node* producer = foldable_producer(node)) {
      fold_into_producer(norm, std::get<ConvOp>(producer->op));
      add_to_given_bias(norm, *producer);
      producer->output = node.output;
      convolutions_[node.output] = convolutions_.at(node.inputs[0]);
    } else if (users_can_fold(norm, node)) {
      for (const std::size_t user : index_.consumers(node.output)) {
        fold_into_user(affine_of(norm), std::get<ConvOp>(graph_.nodes[user].op));
      }
      source_of_[node.output] = node.inputs[0];
    } else {
      node.op = depthwise_convolution(norm);
      append(node);
    }
  }

  /// A given bias is a sum of the same numbers.
  void add_to_given_bias(const BatchNormOp& norm, const Node& producer) {
    const auto layer = graph_.given.layers.find(producer.name);
    if (layer == graph_.given.layers.end() || !layer->second.bias) {
      return;
    }
    const std::vector<double> offset = affine_of(norm).offset;
    for (std::size_t channel = 0; channel < offset.size(); ++channel) {
      (*layer->second.bias)[channel] += offset[channel];
    }
  }

  Node* foldable_producer(const Node& node) {
    const auto found = convolutions_.find(node.inputs[0]);
    if (found == convolutions_.end() || !index_.has_single_use(node.inputs[0]) ||
        graph_.given.has_tensor(node.inputs[0])) {
      return nullptr;
    }
    Node& producer = nodes_[found->second];
    const std::vector<double> factor = affine_of(std::get<BatchNormOp>(node.op)).factor;
    const bool only_adds = std::all_of(factor.begin(), factor.end(), [](double a) { return a == 1.0; });
    if (!only_adds && graph_.given.layer(producer.name) != nullptr) {
      return nullptr;
    }
    return std::get<ConvOp>(producer.op).activation.kind == Activation::Kind::kNone ? &producer : nullptr;
  }

  bool users_can_fold(const BatchNormOp& norm, const Node& node) const {
    const std::vector<double> offset = affine_of(norm).offset;
    const bool only_scales =
        std::all_of(offset.begin(), offset.end(), [](double value) { return value == 0.0; });
    const auto& users = index_.consumers(node.output);
    return node.output != graph_.output && !graph_.given.has_tensor(node.output) &&
           std::all_of(users.begin(), users.end(), [&](std::size_t user) {
             const auto* conv = std::get_if<ConvOp>(&graph_.nodes[user].op);
             return conv != nullptr && graph_.given.layer(graph_.nodes[user].name) == nullptr &&
                    (only_scales || !has_pads(conv->window));
           });
  }

  Graph graph_;
  GraphIndex index_;
  std::vector<Node> nodes_;
  std::map<std::string, std::size_t> convolutions_;  ///< by the value they make: positions in nodes_
  std::map<std::string, std::string> source_of_;     ///< outputs of batch norms that moved into their users
};

}  // namespace

Graph fold_batch_norms(Graph graph) { return BatchNormFolder(std::move(graph)).run(); }

}  // namespace npu::compiler
