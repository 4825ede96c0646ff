// Instructions as text, for people and for diffs: one line each, every field that differs from its default.
#pragma once

#include <string>

#include "hw/isa/program.h"

namespace npu::hw {

/// "CONV ws in=0x0400 ... wait[load_weights=1] signal[store]".
std::string disassemble(const Instruction& instruction);

/// The whole program with pc, layer headings and a heading that names hashes and formats.
std::string disassemble(const Program& program);

}  // namespace npu::hw
