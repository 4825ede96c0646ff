#include "sim/cli/output_folder.h"

#include <fmt/core.h>

#include "hw/common/error.h"
#include "hw/common/file.h"

namespace npu::sim {

void require_writable_folder(const std::filesystem::path& folder) {
  if (folder.empty()) return;
  std::error_code code;
  std::filesystem::create_directories(folder, code);
  if (code)
    throw InputError("--out " + folder.string(), fmt::format("cannot be created: {}", code.message()));
  const auto probe = folder / ".npusim_write_test";
  try {
    write_file(probe, std::string_view{});
  } catch (const InputError&) {
    throw InputError("--out " + folder.string(), "is not writable; nothing was run");
  }
  std::filesystem::remove(probe, code);
}

}  // namespace npu::sim
