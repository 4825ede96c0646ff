#include "sim/cli/output_folder.h"

#include <fmt/core.h>

#include "hw/common/error.h"
#include "hw/common/file.h"

namespace npu::sim {
namespace {

/// The name under which a file waits for the others.
std::filesystem::path waiting(const std::filesystem::path& folder, const std::string& name) {
  return folder / ("." + name + ".new");
}

}  // namespace

OutputFiles::~OutputFiles() {
  for (const std::string& name : names_) {
    std::error_code ignored;
    std::filesystem::remove(waiting(folder_, name), ignored);
  }
}

std::filesystem::path OutputFiles::place_for(const std::string& name) {
  names_.push_back(name);
  return waiting(folder_, name);
}

void OutputFiles::add(const std::string& name, std::string_view text) { write_file(place_for(name), text); }

void OutputFiles::commit() {
  for (const std::string& name : names_) {
    std::error_code code;
    std::filesystem::rename(waiting(folder_, name), folder_ / name, code);
    if (code) {
      throw InputError((folder_ / name).string(), fmt::format("cannot be written: {}", code.message()));
    }
  }
  names_.clear();
}

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
