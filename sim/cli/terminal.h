// What the tool knows of the terminal it writes to.
#pragma once

#include <cstddef>

namespace npu::sim {

inline constexpr std::size_t kDefaultWidth = 160;  ///< of tables that go to a file or a pipe

bool stderr_is_terminal();

/// Characters in a line of standard output; kDefaultWidth where it is not a terminal.
std::size_t output_width();

}  // namespace npu::sim
