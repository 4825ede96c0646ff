// Algorithm, for each convolution and pool:
//  1. Along each axis, the padding that the last window needs behind the map is
//     (outputs - 1) * stride + kernel - size - pad before, at least 0.
//  2. An average pool that counts its padding cannot count what lies behind it, too: with ceil_mode it is
//  refused if it
//     has padding and the last window reaches beyond it; without padding it counts real pixels only.
//  3. Set the pad behind to what is needed and ceil_mode to false: the number of outputs stays. Average pools
//  without any
//     padding lose count_include_pad.
#include <fmt/core.h>

#include <algorithm>

#include "compiler/passes/passes.h"
#include "hw/common/error.h"

namespace npu::compiler {
namespace {

std::int64_t needed_pad(std::int64_t outputs, std::int64_t size, std::int64_t kernel, std::int64_t stride,
                        std::int64_t pad_before) {
  return std::max<std::int64_t>(0, (outputs - 1) * stride + kernel - size - pad_before);
}

bool has_pads(const Window& window) {
  return window.pad_top != 0 || window.pad_left != 0 || window.pad_bottom != 0 || window.pad_right != 0;
}

Window normalised(const Window& window, const MapShape& in, const MapShape& out) {
  Window plain = window;
  plain.ceil_mode = false;
  plain.pad_bottom =
      needed_pad(out.height, in.height, window.kernel_height, window.stride_height, window.pad_top);
  plain.pad_right =
      needed_pad(out.width, in.width, window.kernel_width, window.stride_width, window.pad_left);
  return plain;
}

void normalise_average_pool(const Node& node, AveragePoolOp& pool, const Window& plain) {
  const bool overhangs = plain.pad_bottom > pool.window.pad_bottom || plain.pad_right > pool.window.pad_right;
  if (pool.count_include_pad && overhangs) {
    if (has_pads(pool.window)) {
      throw GraphError(
          node.name,
          "average_pool: found padding that counts in the average together with ceil_mode and a last window "
          "beyond the padding, supported are two of the three");
    }
    pool.count_include_pad = false;
  }
  pool.count_include_pad = pool.count_include_pad && has_pads(plain);
  pool.window = plain;
}

}  // namespace

Graph normalise_windows(Graph graph) {
  const ShapeMap shapes = infer_shapes(graph);
  for (Node& node : graph.nodes) {
    const MapShape& in = shapes.at(node.inputs.at(0));
    const MapShape& out = shapes.at(node.output);
    if (auto* conv = std::get_if<ConvOp>(&node.op)) {
      conv->window = normalised(conv->window, in, out);
    } else if (auto* max_pool = std::get_if<MaxPoolOp>(&node.op)) {
      max_pool->window = normalised(max_pool->window, in, out);
    } else if (auto* average_pool = std::get_if<AveragePoolOp>(&node.op)) {
      normalise_average_pool(node, *average_pool, normalised(average_pool->window, in, out));
    }
  }
  return graph;
}

}  // namespace npu::compiler
