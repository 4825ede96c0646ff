// Checks of one instruction by itself, whatever stands around it. Internal to hw/isa.
#pragma once

#include <cstdint>

#include "hw/isa/finding_list.h"
#include "hw/isa/instruction.h"
#include "hw/isa/program.h"

namespace npu::hw {

/// Opcode, body and tokens are such that the word can be encoded. Adds kStructure findings. Returns true if
/// the fields can be used in address arithmetic.
bool check_encodable(const Instruction& instruction, std::int64_t pc, FindingList& findings);

/// Values that fit their fields but make no sense together or on this machine: shifts beyond the shifter,
/// clamps and zero points outside the element type, windows without a real pixel, writes that hit one byte
/// twice, flags that contradict each other. Adds kStructure findings. Requires check_encodable.
void check_meaning(const Instruction& instruction, std::int64_t pc, const MachineFormat& format,
                   FindingList& findings);

/// Every region lies inside its memory; in DRAM reads stay inside the constants or inside the activations,
/// and writes inside the activations. Adds kRange findings. Returns true if there was none. Requires
/// check_encodable.
bool check_ranges(const Instruction& instruction, std::int64_t pc, const Program& program,
                  FindingList& findings);

}  // namespace npu::hw
