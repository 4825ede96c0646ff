#include "compiler/quant/lowering.h"

#include <fmt/core.h>

#include <algorithm>

#include "compiler/quant/output_scales.h"
#include "compiler/quant/window_geometry.h"
#include "hw/common/error.h"

namespace npu::compiler {
namespace {

class Lowerer {
 public:
  Lowerer(const Graph& graph, const ScaleGroups& groups, const std::set<std::string>& leaky_apart)
      : graph_(graph), shapes_(infer_shapes(graph)), groups_(groups), leaky_apart_(leaky_apart) {
    result_.graph.name = graph.name;
    result_.graph.ends_in_softmax = graph.ends_in_softmax;
  }

  Lowering run() {
    result_.graph.input = ids_[graph_.input] =
        add_tensor(graph_.input, shapes_.at(graph_.input), {graph_.input});
    for (position_ = 0; position_ < graph_.nodes.size(); ++position_) {
      node_ = &graph_.nodes[position_];
      std::visit([this](const auto& op) { lower(op); }, node_->op);
    }
    result_.graph.output = ids_.at(graph_.output);
    return std::move(result_);
  }

 private:
  const MapShape& shape(TensorId id) const {
    return result_.graph.tensors[static_cast<std::size_t>(id)].shape;
  }
  TensorId input(std::size_t i = 0) const { return ids_.at(node_->inputs[i]); }

  TensorId add_tensor(const std::string& name, const MapShape& tensor_shape, const LoweredTensor& origin) {
    result_.graph.tensors.push_back({name, tensor_shape, 1.0F, 0});
    result_.tensors.push_back(origin);
    return static_cast<TensorId>(result_.graph.tensors.size()) - 1;
  }
  TensorId add_output() {
    const std::string& value = node_->output;
    return ids_[value] = add_tensor(value, shapes_.at(value), {value});
  }
  TensorId add_sum_before_leaky(const Activation& activation) {
    return add_tensor(node_->output + "/sum", shapes_.at(node_->output), {node_->output, activation.alpha});
  }
  void emit(QOperator op, LoweredRole role = LoweredRole::kOperator, const std::string& suffix = "") {
    result_.graph.nodes.push_back({node_->name + suffix, std::move(op)});
    result_.nodes.push_back({position_, role});
  }

  void lower(const ConvOp& op) {
    const Activation activation = simplified(op.activation, node_->name);
    const bool apart = leaky_apart_.contains(node_->name);
    QConv conv;
    conv.input = input();
    const TensorId sum = apart ? add_sum_before_leaky(activation) : -1;
    const TensorId output = add_output();
    conv.output = apart ? sum : output;
    conv.window = op.window;
    conv.groups = op.groups;
    conv.parameters = node_parameters(*node_);
    emit(std::move(conv));
    if (apart) emit_leaky(sum, output, "/leaky");
  }

  void emit_leaky(TensorId from, TensorId to, const std::string& suffix) {
    QConv conv;
    conv.input = from;
    conv.output = to;
    conv.groups = shape(from).channels;
    emit(std::move(conv), LoweredRole::kLeaky, suffix);
  }

  void lower(const ActivationOp& op) {
    const TensorId source = input();
    const TensorId output = add_output();
    if (simplified(op.activation, node_->name).kind == Activation::Kind::kLeaky) {
      emit_leaky(source, output, "");
    } else {
      emit(QRescale{source, output, {}, {}});
    }
  }

  void lower(const AddOp& op) {
    const Activation activation = simplified(op.activation, node_->name);
    const bool leaky = activation.kind == Activation::Kind::kLeaky;
    const TensorId sum = leaky ? add_sum_before_leaky(activation) : -1;
    const TensorId output = add_output();
    emit(QAdd{input(0), input(1), leaky ? sum : output, {}, {}, {}});
    if (leaky) emit_leaky(sum, output, "/leaky");
  }

  void lower(const ConcatOp&) {
    QConcat concat;
    const MapShape& whole = shapes_.at(node_->output);
    for (std::size_t i = 0; i < node_->inputs.size(); ++i) {
      TensorId id = input(i);
      if (groups_.copies.contains({node_->name, i})) {
        const std::string suffix = fmt::format("/copy{}", i);
        const MapShape copy_shape{shape(id).channels, whole.height, whole.width};
        const TensorId copy = add_tensor(node_->output + suffix, copy_shape, {node_->output});
        emit(QRescale{id, copy, {}, {}}, LoweredRole::kRescale, suffix);
        id = copy;
      }
      concat.inputs.push_back(id);
    }
    concat.output = add_output();
    emit(std::move(concat));
  }

  void lower(const MaxPoolOp& op) {
    const TensorId source = input();
    const Window window = with_explicit_pads(op.window, shape(source));
    const TensorId output = add_output();
    if (!groups_.rescaled.contains(node_->name)) return emit(QMaxPool{source, output, window});
    const TensorId pooled = add_tensor(node_->output + "/pooled", shape(output), {node_->inputs[0]});
    emit(QMaxPool{source, pooled, window});
    emit(QRescale{pooled, output, {}, {}}, LoweredRole::kRescale, "/rescale");
  }

  void lower(const AveragePoolOp& op) {
    const TensorId source = input();
    const auto divisors = average_divisors(op, shape(source), node_->name);
    const std::int64_t first = divisors.begin()->second;
    const bool uniform = std::all_of(divisors.begin(), divisors.end(),
                                     [&](const auto& entry) { return entry.second == first; });
    emit_average(source, with_explicit_pads(op.window, shape(source)), uniform);
  }

  void lower(const GlobalAveragePoolOp&) {
    Window window;
    window.kernel_height = shape(input()).height;
    window.kernel_width = shape(input()).width;
    emit_average(input(), window, true);
  }

  // Windows with different divisors take their multiplier from a table.
  void emit_average(TensorId source, const Window& window, bool uniform) {
    QAveragePool pool;
    pool.input = source;
    pool.output = add_output();
    pool.window = window;
    if (!uniform) {
      pool.multiplier_by_count.resize(
          static_cast<std::size_t>(window.kernel_height * window.kernel_width + 1));
    }
    emit(std::move(pool));
  }

  // Nothing to compute: the same elements under another name.
  void lower(const IdentityOp&) { ids_[node_->output] = input(); }
  void lower(const FlattenOp&) {
    const MapShape& map = shape(input());
    if (map.height != 1 || map.width != 1) {
      throw GraphError(
          node_->name,
          fmt::format("flatten of a {} x {} map, expected 1 x 1 (a canonical graph)", map.height, map.width));
    }
    ids_[node_->output] = input();
  }
  template <class Other>
  void lower(const Other&) {
    throw GraphError(node_->name, fmt::format("{} cannot be quantised, expected a canonical graph",
                                              operator_name(node_->op)));
  }

  const Graph& graph_;
  ShapeMap shapes_;
  const ScaleGroups& groups_;
  const std::set<std::string>& leaky_apart_;
  Lowering result_;
  std::map<std::string, TensorId> ids_;
  std::size_t position_ = 0;
  const Node* node_ = nullptr;
};

}  // namespace

Lowering lower(const Graph& canonical, const ScaleGroups& groups, const std::set<std::string>& leaky_apart) {
  return Lowerer(canonical, groups, leaky_apart).run();
}

std::map<std::int64_t, std::int64_t> average_divisors(const AveragePoolOp& op, const MapShape& input,
                                                      const std::string& node) {
  std::map<std::int64_t, std::int64_t> divisors;
  if (!op.count_include_pad) {
    for (const std::int64_t count : window_counts(op.window, input)) divisors[count] = count;
    return divisors;
  }
  divisors = padded_divisors(op.window, input);
  if (divisors.empty()) {
    throw GraphError(
        node,
        "average pool: windows with equally many real pixels have different divisors, the machine "
        "chooses the multiplier by the number of real pixels");
  }
  return divisors;
}

}  // namespace npu::compiler
