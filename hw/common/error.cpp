#include "hw/common/error.h"

#include <fmt/core.h>

#include <utility>

namespace npu {

InputError::InputError(const std::string& where, const std::string& problem)
    : Error(fmt::format("{}: {}", where, problem)) {}

ConfigError::ConfigError(std::string file, std::string pointer, const std::string& found,
                         const std::string& expected)
    : Error(fmt::format("{}: at {}: found {}, expected {}", file, pointer.empty() ? "/" : pointer, found,
                        expected)),
      file_(std::move(file)),
      pointer_(std::move(pointer)) {}

GraphError::GraphError(std::string node, const std::string& problem)
    : Error(fmt::format("node '{}': {}", node, problem)), node_(std::move(node)) {}

ProgramError::ProgramError(std::int64_t pc, const std::string& problem)
    : Error(pc < 0 ? fmt::format("program: {}", problem)
                   : fmt::format("program, instruction {}: {}", pc, problem)),
      pc_(pc) {}

CapacityError::CapacityError(const std::string& what, std::int64_t needed_bytes, std::int64_t available_bytes)
    : Error(fmt::format("{}: needs {} bytes, {} bytes are available", what, needed_bytes, available_bytes)),
      needed_bytes_(needed_bytes),
      available_bytes_(available_bytes) {}

SimulationError::SimulationError(std::string module, std::int64_t cycle, const std::string& problem)
    : Error(fmt::format("simulation, cycle {}, {}: {}", cycle, module, problem)),
      module_(std::move(module)),
      cycle_(cycle) {}

void fail_check(const char* condition, const char* file, int line, const std::string& message) {
  throw InternalError(fmt::format("internal error at {}:{}: {} ({})", file, line, message, condition));
}

}  // namespace npu
