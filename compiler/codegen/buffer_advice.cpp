#include "compiler/codegen/buffer_advice.h"

#include <algorithm>

#include "compiler/codegen/compile.h"

namespace npu::compiler {
namespace {

constexpr Bytes kLargestSram = Bytes{4} << 20;  // of the machine's description (hw/arch)
constexpr Bytes kGranule = 1024;

// A quarter more each time, in whole granules, up to the largest.
std::vector<Bytes> larger_sizes(Bytes size) {
  std::vector<Bytes> sizes;
  while (size < kLargestSram) {
    size = std::min(kLargestSram, round_up(size + size / 4, kGranule));
    sizes.push_back(size);
  }
  return sizes;
}

bool reloads(const hw::LayerSymbol& layer) {
  return layer.reloaded_weight_bytes > 0 || layer.reloaded_input_bytes > 0;
}

}  // namespace

std::vector<BufferAdvice> advise_buffers(const QuantizedGraph& shapes, const hw::ArchConfig& arch,
                                         MapperEffort mapper, std::int64_t images) {
  const auto layers_on = [&](const hw::ArchConfig& machine) {
    PlanCache plans(machine, mapper);
    return compile_shapes(shapes, machine, plans, false, images).layers;
  };
  std::vector<BufferAdvice> advice;
  const auto present = layers_on(arch);
  for (std::size_t layer = 0; layer < present.size(); ++layer) {
    if (!reloads(present[layer])) continue;
    advice.push_back({static_cast<std::int64_t>(layer),
                      present[layer].name,
                      present[layer].reloaded_weight_bytes,
                      present[layer].reloaded_input_bytes,
                      {},
                      {}});
  }
  const auto search = [&](hw::SramConfig hw::ArchConfig::*memory,
                          std::optional<Bytes> BufferAdvice::*answer) {
    hw::ArchConfig machine = arch;
    for (const Bytes size : larger_sizes((arch.*memory).capacity_bytes)) {
      const bool open = std::any_of(advice.begin(), advice.end(),
                                    [&](const BufferAdvice& entry) { return !(entry.*answer); });
      if (!open) break;
      (machine.*memory).capacity_bytes = size;
      const auto layers = layers_on(machine);
      for (BufferAdvice& entry : advice) {
        if (!(entry.*answer) && !reloads(layers[static_cast<std::size_t>(entry.layer)])) entry.*answer = size;
      }
    }
  };
  search(&hw::ArchConfig::global_buffer, &BufferAdvice::global_buffer_bytes);
  search(&hw::ArchConfig::weight_sram, &BufferAdvice::weight_sram_bytes);
  return advice;
}

}  // namespace npu::compiler
