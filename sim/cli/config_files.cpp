#include "sim/cli/config_files.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "hw/common/error.h"

namespace npu::sim {
namespace {

namespace fs = std::filesystem;

fs::path executable_folder() {
  std::error_code code;
  const auto executable = fs::read_symlink("/proc/self/exe", code);
  return code ? fs::path{} : executable.parent_path();
}

std::vector<fs::path> candidates() {
  const auto folder = executable_folder();
  std::vector<fs::path> places;
  if (!folder.empty()) {
    places.push_back(folder.parent_path() / "share" / "npusim" / "configs");
    places.push_back(folder / "configs");
    places.push_back(folder.parent_path() / "configs");
    places.push_back(folder.parent_path().parent_path() / "configs");
  }
  places.emplace_back(NPUSIM_SOURCE_CONFIGS);
  return places;
}

bool is_path(const std::string& text) {
  return text.find('/') != std::string::npos || fs::path(text).extension() == ".json";
}

}  // namespace

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
