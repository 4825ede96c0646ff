#include "compiler/quant/shape_graph.h"

#include <fmt/core.h>

#include <map>
#include <set>

#include "compiler/quant/scale_groups.h"
#include "compiler/quant/window_geometry.h"
#include "hw/common/error.h"

namespace npu::compiler {
namespace {

class Lowering {
 public:
  explicit Lowering(const Graph& graph)
      : graph_(graph), shapes_(infer_shapes(graph)), groups_(find_scale_groups(graph)) {
    result_.name = graph.name;
    result_.ends_in_softmax = graph.ends_in_softmax;
  }

  QuantizedGraph run() {
    result_.input = ids_[graph_.input] = add_tensor(graph_.input, shapes_.at(graph_.input));
    for (const Node& node : graph_.nodes) {
      node_ = &node;
      std::visit([this](const auto& op) { lower(op); }, node.op);
    }
    result_.output = ids_.at(graph_.output);
    return std::move(result_);
  }

 private:
  const MapShape& shape(TensorId id) const { return result_.tensors[static_cast<std::size_t>(id)].shape; }
  TensorId input(std::size_t i = 0) const { return ids_.at(node_->inputs[i]); }

  TensorId add_tensor(const std::string& name, const MapShape& tensor_shape) {
    result_.tensors.push_back({name, tensor_shape, 1.0F, 0});
    return static_cast<TensorId>(result_.tensors.size()) - 1;
  }
  TensorId add_output() { return ids_[node_->output] = add_tensor(node_->output, shapes_.at(node_->output)); }
  void emit(QOperator op, const std::string& suffix = "") {
    result_.nodes.push_back({node_->name + suffix, std::move(op)});
  }

  void lower(const ConvOp& op) {
    QConv conv;
    conv.input = input();
    conv.output = add_output();
    conv.window = op.window;
    conv.groups = op.groups;
    conv.parameters = node_parameters(*node_);
    emit(std::move(conv));
  }

  // The quantiser's 1x1 depthwise convolution of ones.
  void emit_leaky(TensorId from, TensorId to, const std::string& suffix) {
    QConv conv;
    conv.input = from;
    conv.output = to;
    conv.groups = shape(from).channels;
    emit(std::move(conv), suffix);
  }

  void lower(const ActivationOp& op) {
    const TensorId source = input();
    const TensorId output = add_output();
    if (op.activation.kind == Activation::Kind::kLeaky) {
      emit_leaky(source, output, "");
    } else {
      emit(QRescale{source, output, {}, {}});
    }
  }

  void lower(const AddOp& op) {
    const TensorId output = add_output();
    const bool leaky = op.activation.kind == Activation::Kind::kLeaky;
    const TensorId sum = leaky ? add_tensor(node_->output + "/sum", shape(output)) : output;
    emit(QAdd{input(0), input(1), sum, {}, {}, {}});
    if (leaky) emit_leaky(sum, output, "/leaky");
  }

  void lower(const ConcatOp&) {
    QConcat concat;
    const MapShape& whole = shapes_.at(node_->output);
    for (std::size_t i = 0; i < node_->inputs.size(); ++i) {
      TensorId id = input(i);
      if (groups_.copies.contains({node_->name, i})) {
        const std::string suffix = fmt::format("/copy{}", i);
        const TensorId copy =
            add_tensor(node_->output + suffix, {shape(id).channels, whole.height, whole.width});
        emit(QRescale{id, copy, {}, {}}, suffix);
        id = copy;
      }
      concat.inputs.push_back(id);
    }
    concat.output = add_output();
    emit(std::move(concat));
  }

  void lower(const MaxPoolOp& op) {
    const TensorId source = input();
    emit(QMaxPool{source, add_output(), with_explicit_pads(op.window, shape(source))});
  }

  // Windows with different numbers of real pixels take their multiplier from a table.
  void lower(const AveragePoolOp& op) {
    QAveragePool pool;
    pool.input = input();
    pool.output = add_output();
    pool.window = with_explicit_pads(op.window, shape(pool.input));
    std::set<std::int64_t> divisors;
    if (op.count_include_pad) {
      for (const auto& [count, divisor] : padded_divisors(op.window, shape(pool.input)))
        divisors.insert(divisor);
    } else {
      divisors = window_counts(op.window, shape(pool.input));
    }
    if (divisors.size() > 1) {
      pool.multiplier_by_count.resize(
          static_cast<std::size_t>(pool.window.kernel_height * pool.window.kernel_width + 1));
    }
    emit(std::move(pool));
  }

  void lower(const GlobalAveragePoolOp&) {
    QAveragePool pool;
    pool.input = input();
    pool.output = add_output();
    pool.window.kernel_height = shape(pool.input).height;
    pool.window.kernel_width = shape(pool.input).width;
    emit(std::move(pool));
  }

  void lower(const IdentityOp&) { ids_[node_->output] = input(); }
  void lower(const FlattenOp&) { ids_[node_->output] = input(); }
  template <class Other>
  void lower(const Other&) {
    throw GraphError(node_->name, fmt::format("{} cannot be scheduled, expected a canonical graph",
                                              operator_name(node_->op)));
  }

  const Graph& graph_;
  ShapeMap shapes_;
  ScaleGroups groups_;
  QuantizedGraph result_;
  std::map<std::string, TensorId> ids_;
  const Node* node_ = nullptr;
};

}  // namespace

QuantizedGraph shape_graph(const Graph& canonical) { return Lowering(canonical).run(); }

}  // namespace npu::compiler
