// Runs the built npusim as a user would.
#pragma once

#include <string>
#include <vector>

namespace npu::tests {

struct ToolResult {
  int exit_code = -1;
  std::string output;  ///< standard output
  std::string errors;  ///< standard error
};

/// Waits for the end; a signal gives exit code 128 + signal.
ToolResult run_tool(const std::vector<std::string>& arguments);

/// The same for any program, given by its path, with its output in a file or device if `output` is not empty.
ToolResult run_program(const std::vector<std::string>& program, const std::string& output = {});

}  // namespace npu::tests
