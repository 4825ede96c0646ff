#include "sim/cli/config_files.h"

#include <dlfcn.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "hw/common/error.h"

namespace npu::sim {
namespace {

namespace fs = std::filesystem;

/// As far as an installed library stands below its prefix.
constexpr int kMostFoldersUp = 5;

void add_folders_above(fs::path path, std::vector<fs::path>& folders) {
  for (int level = 0; level < kMostFoldersUp && path.has_relative_path(); ++level) {
    path = path.parent_path();
    folders.push_back(path);
  }
}

std::vector<fs::path> candidates() {
  std::vector<fs::path> places;
  for (const fs::path& folder : folders_above_library()) {
    places.push_back(folder / "share" / "npusim" / "configs");
    places.push_back(folder / "configs");
  }
  places.emplace_back(NPUSIM_INSTALLED_CONFIGS);
  places.emplace_back(NPUSIM_SOURCE_CONFIGS);
  return places;
}

bool is_path(const std::string& text) {
  return text.find('/') != std::string::npos || fs::path(text).extension() == ".json";
}

}  // namespace

std::vector<fs::path> folders_above_library() {
  std::vector<fs::path> folders;
  std::error_code code;
  const auto executable = fs::read_symlink("/proc/self/exe", code);
  if (!code) add_folders_above(executable, folders);
  Dl_info library{};
  if (::dladdr(reinterpret_cast<void*>(&folders_above_library), &library) != 0 &&
      library.dli_fname != nullptr) {
    const auto path = fs::weakly_canonical(library.dli_fname, code);
    if (!code && path != executable) add_folders_above(path, folders);
  }
  return folders;
}

fs::path config_root() {
  const auto places = candidates();
  std::error_code code;
  const auto found = std::find_if(places.begin(), places.end(), [&](const fs::path& place) {
    return fs::is_directory(place / "arch", code);
  });
  if (found != places.end()) return *found;
  std::vector<std::string> texts;
  for (const auto& place : places) texts.push_back(place.string());
  throw InputError("configs",
                   fmt::format("folder with arch/ not found; looked for {}", fmt::join(texts, ", ")));
}

std::vector<std::string> arch_names() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(config_root() / "arch")) {
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

fs::path find_arch(const std::string& name_or_path) {
  if (is_path(name_or_path)) return name_or_path;
  const auto names = arch_names();
  if (std::find(names.begin(), names.end(), name_or_path) == names.end()) {
    throw InputError("--arch " + name_or_path,
                     fmt::format("unknown architecture; expected one of {} or the path of a .json file",
                                 fmt::join(names, ", ")));
  }
  return config_root() / "arch" / (name_or_path + ".json");
}

}  // namespace npu::sim
