// Which layers load data more than once because a buffer is too small, and the size that ends it. The sizes
// are found by compiling the network for larger and larger buffers with the mapper that a run uses, so that a
// machine of that size really has no reloading in that layer; they are steps apart, the smallest size that
// would do may lie up to a step lower.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/quant/quantized_graph.h"
#include "compiler/schedule/plan_cache.h"
#include "hw/arch/arch_config.h"

namespace npu::compiler {

/// One layer that reloads. A size is absent where no size up to the largest SRAM ends it.
struct BufferAdvice {
  std::int64_t layer = 0;  ///< as Program::layers
  std::string name;
  Bytes reloaded_weight_bytes = 0;
  Bytes reloaded_input_bytes = 0;
  std::optional<Bytes> global_buffer_bytes;  ///< this global buffer alone ends the reloading
  std::optional<Bytes> weight_sram_bytes;    ///< this weight SRAM alone ends it
};

/// In order of layers. `shapes`: as for compile_shapes. Throws as compile does.
std::vector<BufferAdvice> advise_buffers(const QuantizedGraph& shapes, const hw::ArchConfig& arch,
                                         MapperEffort mapper, std::int64_t images);

}  // namespace npu::compiler
