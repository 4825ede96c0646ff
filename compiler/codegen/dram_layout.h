// Where every feature map lies in DRAM: concatenation inputs become views of the concatenated map, and maps
// that are never needed at the same time share addresses.
#pragma once

#include <vector>

#include "compiler/quant/quantized_graph.h"
#include "hw/isa/program.h"

namespace npu::compiler {

struct DramLayout {
  std::vector<hw::TensorSymbol> symbols;  ///< by TensorId; addresses relative to the activation area
  Bytes activation_bytes = 0;             ///< size of the area
  Bytes peak_live_bytes = 0;              ///< largest sum of maps alive while one node executes
};

/// `graph` has passed verify_quantized. `keep_all`: no two maps share addresses.
DramLayout plan_dram(const QuantizedGraph& graph, int activation_bytes, bool keep_all);

}  // namespace npu::compiler
