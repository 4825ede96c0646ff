#include "hw/modules/accumulator_store.h"

#include "hw/modules/sram.h"
#include "hw/numerics/rounding.h"

namespace npu::hw {
namespace {

std::int64_t poisoned_entry(int accumulator_bits) {
  std::uint64_t pattern = 0;
  for (int byte = 0; byte < 8; ++byte) pattern = pattern * 256 + kPoison;
  return wrap(static_cast<std::int64_t>(pattern), accumulator_bits);
}

}  // namespace

AccumulatorStore::AccumulatorStore(const sc_core::sc_module_name& name, std::int64_t entries,
                                   int accumulator_bits)
    : sc_module(name), content_(static_cast<std::size_t>(entries), poisoned_entry(accumulator_bits)) {}

}  // namespace npu::hw
