// The tool's version and the revision of the source it was built from.
#pragma once

#include <string>

namespace npu::sim {

/// "0.1.0".
std::string tool_version();

/// Abbreviated commit, with "-dirty" if tracked files were changed; "unknown" outside a git checkout. Updated
/// at every build.
std::string git_revision();

}  // namespace npu::sim
