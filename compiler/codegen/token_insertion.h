// Orders a program's units by tokens: the fewest waits and signals that make every overlap of memory regions
// safe.
#pragma once

#include "hw/isa/program.h"

namespace npu::compiler {

/// Replaces the tokens of all instructions. Dependencies come from hw::regions_of alone (read after write,
/// write after read, write after write, bounding intervals); a dependency that follows from others gets no
/// token. `layers_overlap` false: the first instructions of a layer also wait for the last ones of the layer
/// before on every unit.
void insert_tokens(hw::Program& program, bool layers_overlap = true);

}  // namespace npu::compiler
