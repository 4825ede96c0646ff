// Reads what `npusim run --out` and `npusim sweep --out` left behind, for pictures and pages.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace npu::sim {

/// A folder of `npusim run --out`.
struct RunFolder {
  std::string title;  ///< "NETWORK on ARCH"; with the folder's name where two would be the same
  std::filesystem::path folder;
  nlohmann::json result;  ///< result.json
};

/// A folder of `npusim sweep --out`.
struct SweepFolder {
  std::filesystem::path folder;
  nlohmann::json summary;   ///< summary.json; its "sweep" is the sweep file
  nlohmann::json points;    ///< points.json
  nlohmann::json machines;  ///< machines.json, null if absent
};

struct ResultFolders {
  std::vector<RunFolder> runs;
  std::vector<SweepFolder> sweeps;
};

/// Every folder is one of these, or holds such folders (in alphabetical order). Throws InputError for a
/// folder with neither, ConfigError for files that are not what this tool writes.
ResultFolders read_result_folders(const std::vector<std::filesystem::path>& folders);

/// `body` over JSON of `folder`; a missing or wrong key becomes an InputError that names the folder.
void with_result_errors(const std::filesystem::path& folder, const std::function<void()>& body);

}  // namespace npu::sim
