#include "compiler/codegen/layer_problems.h"

#include <type_traits>

namespace npu::compiler {
namespace {

struct MapExtents {
  MapShape shape;
  bool dense = true;  ///< its pixels follow each other in DRAM
};

MapExtents extents(const ProblemContext& context, TensorId id, std::int64_t channels) {
  const auto root = static_cast<std::size_t>(context.views[static_cast<std::size_t>(id)].root);
  return {context.graph.tensors[static_cast<std::size_t>(id)].shape,
          context.graph.tensors[root].shape.channels == channels};
}

const Window* pool_window(const QOperator& op) {
  if (const auto* pool = std::get_if<QMaxPool>(&op)) return &pool->window;
  if (const auto* pool = std::get_if<QAveragePool>(&op)) return &pool->window;
  return nullptr;
}

}  // namespace

ConvProblem conv_problem(const ProblemContext& context, const LayerWork& layer, std::size_t index) {
  const QConv& conv = std::get<QConv>(layer.node->op);
  const MapShape in = context.graph.tensors[static_cast<std::size_t>(conv.input)].shape;
  const MapShape out = context.graph.tensors[static_cast<std::size_t>(conv.output)].shape;
  ConvProblem problem;
  const std::int64_t stacked = is_pointwise(conv.window) && !layer.pools() ? context.images : 1;
  problem.images = context.images / stacked;
  problem.rows = {conv.window.kernel_height, conv.window.stride_height, conv.window.pad_top,
                  stacked * in.height};
  problem.columns = {conv.window.kernel_width, conv.window.stride_width, conv.window.pad_left, in.width};
  problem.out_height = stacked * out.height;
  problem.out_width = out.width;
  if (layer.pools()) {
    const Window& window = *pool_window(layer.tail->op);
    const MapShape pooled = context.graph.tensors[static_cast<std::size_t>(layer.output())].shape;
    problem.tail = TailWork::kPool;
    problem.pool_rows = {window.kernel_height, window.stride_height, window.pad_top, out.height};
    problem.pool_columns = {window.kernel_width, window.stride_width, window.pad_left, out.width};
    problem.out_height = pooled.height;
    problem.out_width = pooled.width;
  }
  problem.depthwise = conv.groups > 1 && conv.groups == in.channels && conv.groups == out.channels;
  problem.groups = problem.depthwise ? 1 : conv.groups;
  problem.in_channels = in.channels / problem.groups;
  problem.out_channels = out.channels / problem.groups;
  problem.dense_input = extents(context, conv.input, problem.in_channels).dense;
  problem.dense_output = extents(context, layer.output(), problem.out_channels).dense;
  problem.per_channel_multiplier = !conv.channel_multiplier.empty();
  problem.input_on_chip = context.on_chip(conv.input);
  problem.output_on_chip = context.on_chip(layer.output());
  if (layer.add() != nullptr) {
    problem.tail = TailWork::kAdd;
    problem.operand_on_chip = context.on_chip(layer.inputs().back());
  }
  problem.map_room_bytes = context.residency.room[index].bytes;
  return problem;
}

VectorProblem vector_problem(const ProblemContext& context, const LayerWork& layer, std::size_t index) {
  const std::vector<TensorId> inputs = layer.inputs();
  const MapShape in = context.graph.tensors[static_cast<std::size_t>(inputs.front())].shape;
  const MapShape out = context.graph.tensors[static_cast<std::size_t>(layer.output())].shape;
  const Window* pool = pool_window(layer.node->op);
  const Window window = pool == nullptr ? Window{} : *pool;
  VectorProblem problem;
  const std::int64_t stacked = is_pointwise(window) ? context.images : 1;
  problem.images = context.images / stacked;
  problem.rows = {window.kernel_height, window.stride_height, window.pad_top, stacked * in.height};
  problem.columns = {window.kernel_width, window.stride_width, window.pad_left, in.width};
  problem.out_height = stacked * out.height;
  problem.out_width = out.width;
  problem.channels = out.channels;
  problem.operands = static_cast<std::int64_t>(inputs.size());
  problem.dense = extents(context, layer.output(), out.channels).dense;
  for (const TensorId input : inputs) {
    problem.dense = problem.dense && extents(context, input, out.channels).dense;
    if (context.on_chip(input)) ++problem.operands_on_chip;
  }
  problem.output_on_chip = context.on_chip(layer.output());
  problem.map_room_bytes = context.residency.room[index].bytes;
  return problem;
}

}  // namespace npu::compiler
