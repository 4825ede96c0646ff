// The JSON part of a program file: everything but instruction words and constants. Internal to hw/isa.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "hw/isa/program.h"

namespace npu::hw {

/// Names that are not valid UTF-8 keep their valid parts; nothing else is lost.
nlohmann::json program_header_to_json(const Program& program);

/// Fills all but `instructions` and `constants`. Throws ConfigError for a missing, unknown or ill-typed key.
void program_header_from_json(const nlohmann::json& json, const std::string& file, Program& program);

/// Agreement of the parts with each other: DRAM map against sizes, tensors inside the activation area, layers
/// inside the instructions, input and output among the tensors. Throws ProgramError.
void check_symbols(const Program& program);

}  // namespace npu::hw
