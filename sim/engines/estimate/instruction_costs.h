// Time and access counts of the instructions of a program, by the formulas of hw/timing and hw/energy. Tiles
// of equal shape cost the same, so each kind of tile of a layer is worked out once.
#pragma once

#include <vector>

#include "hw/arch/arch_config.h"
#include "hw/energy/access_counts.h"
#include "hw/isa/program.h"
#include "hw/timing/conv_phases.h"

namespace npu::sim {

struct InstructionCost {
  hw::ConvPhases phases;  ///< on its unit; vector instructions are all body, transfers empty: the bus decides
  Bytes bus_bytes = 0;    ///< transfers only
};

class InstructionCosts {
 public:
  explicit InstructionCosts(const hw::ArchConfig& arch) : arch_(arch) {}

  /// Cost of one instruction; `counts` is increased by its accesses.
  InstructionCost of(const hw::Instruction& instruction, hw::AccessCounts& counts);

  /// Forgets the tiles of a layer. Call where a layer begins: it keeps the search short.
  void new_layer() { convolutions_.clear(); }

 private:
  /// What decides a convolution's cost; addresses, zero points and multipliers do not.
  struct Shape {
    std::array<std::int64_t, 11> tile{};
    friend bool operator==(const Shape&, const Shape&) = default;
  };
  struct Known {
    Shape shape;
    hw::ConvPhases phases;
    hw::AccessCounts counts;
  };
  const Known& convolution(const hw::Instruction& instruction);

  const hw::ArchConfig& arch_;
  std::vector<Known> convolutions_;
};

}  // namespace npu::sim
