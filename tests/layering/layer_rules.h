// Which folder may include which: the architecture's arrows. See docs/architecture.md.
#pragma once

#include <string>
#include <string_view>

#include "tests/layering/source_text.h"

namespace npu::tests {

/// The layer (folder) a path relative to the repository's root belongs to; empty if it is none.
std::string layer_of(std::string_view path);

/// What is wrong with `file` (relative to the root) including `include`; empty if nothing is.
std::string include_fault(std::string_view file, const Include& include);

/// True if code in `file` must not end the process or read the environment: everything but the executable.
bool is_library(std::string_view file);

}  // namespace npu::tests
