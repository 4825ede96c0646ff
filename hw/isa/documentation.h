// docs/instruction_set.md, made from the field tables.
#pragma once

#include <string>

namespace npu::hw {

std::string instruction_set_markdown();

}  // namespace npu::hw
