// Where every feature map lies in DRAM: concatenation inputs become views of the concatenated map, and maps
// that are never needed at the same time share addresses.
#pragma once

#include <string>
#include <vector>

#include "compiler/quant/quantized_graph.h"
#include "hw/isa/program.h"

namespace npu::compiler {

struct DramLayout {
  std::vector<hw::TensorSymbol> symbols;  ///< by TensorId; addresses relative to the activation area
  Bytes activation_bytes = 0;             ///< size of the area
  std::string peak_layer;                 ///< node while which that sum is reached; empty: none of them
  std::vector<std::string> peak_tensors;  ///< the maps of that sum
  Bytes peak_live_bytes = 0;              ///< largest sum of maps alive while one node executes
};

/// `graph` has passed verify_quantized. Every map has `images` images one behind the other. `keep_all`: no
/// two maps share addresses.
DramLayout plan_dram(const QuantizedGraph& graph, int activation_bytes, std::int64_t images, bool keep_all);

}  // namespace npu::compiler
