// The elements a VECTOR instruction reads and writes: shared by its cycles and its access counts.
#pragma once

#include "hw/isa/instruction.h"

namespace npu::hw {

struct VectorWork {
  std::int64_t outputs = 0;        ///< elements written
  std::int64_t operands = 0;       ///< elements read from the global buffer, padding not among them
  std::int64_t operand_pairs = 0;  ///< steps of one lane: one per output; in pools one per operand
  std::int64_t table_lookups = 0;  ///< entries read from weight SRAM
  std::int64_t table_entry_bytes = 0;
};
VectorWork vector_work(const Vector& vector);

}  // namespace npu::hw
