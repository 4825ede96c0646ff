// Where the configuration files that come with the tool are, in the source tree and installed.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace npu::sim {

inline constexpr const char* kDefaultArch = "shift_npu";

/// The folders above the executable and above the shared library that this code is part of (a Python module),
/// nearest first.
std::vector<std::filesystem::path> folders_above_library();

/// The folder `configs` with arch/ and energy/: in a folder above the executable or library, there as configs
/// (build trees) or share/npusim/configs (installed), under the prefix of the build's configuration, or in
/// the source tree that it was built from; the first that exists. Throws InputError naming the places.
std::filesystem::path config_root();

/// A path ('/' or .json in it) as it is, a name as arch/NAME.json under config_root().
/// Throws InputError: no such file, or an unknown name (the known ones are listed).
std::filesystem::path find_arch(const std::string& name_or_path);

/// Names accepted by find_arch, sorted.
std::vector<std::string> arch_names();

}  // namespace npu::sim
