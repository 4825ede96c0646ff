// Where every feature map lies in DRAM: concatenation inputs become views of the concatenated map, and maps
// that are never needed at the same time share addresses.
#pragma once

#include <string>
#include <vector>

#include "compiler/codegen/layer_plan.h"
#include "compiler/quant/quantized_graph.h"
#include "hw/isa/program.h"

namespace npu::compiler {

struct DramLayout {
  std::vector<hw::TensorSymbol> symbols;  ///< by TensorId; addresses relative to the activation area
  std::vector<bool> in_dram;              ///< by TensorId; false: it never is, and its address means nothing
  Bytes activation_bytes = 0;             ///< size of the area
  std::string peak_layer;                 ///< node while which that sum is reached; empty: none of them
  std::vector<std::string> peak_tensors;  ///< the maps of that sum
  Bytes peak_live_bytes = 0;              ///< largest sum of maps alive while one node executes
};

/// `graph` has passed verify_quantized; `layers` are of plan_layers. Every map has `images` images one behind
/// the other. `keep_all`: no two maps share addresses. `on_chip`, by TensorId: roots that need no place in
/// DRAM.
DramLayout plan_dram(const QuantizedGraph& graph, const std::vector<LayerWork>& layers, int activation_bytes,
                     std::int64_t images, bool keep_all, const std::vector<bool>& on_chip);

}  // namespace npu::compiler
