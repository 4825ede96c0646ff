// The folder of --out: checked before the work starts, written when it is done, one atomic file at a time.
#pragma once

#include <filesystem>
#include <string>

namespace npu::sim {

/// Creates the folder if need be and proves that files can be made in it. Throws InputError. Nothing that is
/// there is touched. An empty path is allowed and means that nothing is wanted.
void require_writable_folder(const std::filesystem::path& folder);

}  // namespace npu::sim
