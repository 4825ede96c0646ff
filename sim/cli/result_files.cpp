#include "sim/cli/result_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "hw/common/error.h"
#include "hw/common/json_reader.h"
#include "sim/report/result_json.h"

namespace npu::sim {
namespace {

namespace fs = std::filesystem;

bool is_run(const fs::path& folder) { return fs::exists(folder / "result.json"); }
bool is_sweep(const fs::path& folder) {
  return fs::exists(folder / "summary.json") && fs::exists(folder / "points.json");
}

void check_version(const nlohmann::json& json, const fs::path& file) {
  const auto found = json.is_object() ? json.value("schema_version", nlohmann::json()) : nlohmann::json();
  if (found == kResultSchemaVersion) return;
  throw ConfigError(file.string(), "/schema_version", found.dump(), std::to_string(kResultSchemaVersion));
}

void read_run(const fs::path& folder, ResultFolders& found) {
  RunFolder run{"", folder, read_json_file(folder / "result.json")};
  check_version(run.result, folder / "result.json");
  with_result_errors(folder, [&] {
    run.title = fmt::format("{} on {}", run.result.at("network").get<std::string>(),
                            run.result.at("arch").get<std::string>());
    run.result.at("layers").size();
    if (!run.result.at("cycles").is_null()) run.result.at("cycles").get<std::int64_t>();
  });
  found.runs.push_back(std::move(run));
}

void read_sweep(const fs::path& folder, ResultFolders& found) {
  SweepFolder sweep{folder, read_json_file(folder / "summary.json"), read_json_file(folder / "points.json"),
                    nullptr};
  check_version(sweep.summary, folder / "summary.json");
  with_result_errors(folder, [&] {
    sweep.summary.at("sweep").at("name").get<std::string>();
    sweep.summary.at("sweep").at("objectives").get<std::vector<std::string>>();
    for (const auto& row : sweep.points) {
      row.at("values").size();
      row.at("network").get<std::string>();
      row.at("axes").size();
    }
  });
  if (fs::exists(folder / "machines.json")) sweep.machines = read_json_file(folder / "machines.json");
  found.sweeps.push_back(std::move(sweep));
}

bool read_folder(const fs::path& folder, ResultFolders& found) {
  if (is_sweep(folder)) {
    read_sweep(folder, found);
    return true;
  }
  if (!is_run(folder)) return false;
  read_run(folder, found);
  return true;
}

std::vector<fs::path> subfolders(const fs::path& folder) {
  std::vector<fs::path> inside;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_directory()) inside.push_back(entry.path());
  }
  std::sort(inside.begin(), inside.end());
  return inside;
}

// Runs of the same network and machine are told apart by their folders.
void make_titles_unique(std::vector<RunFolder>& runs) {
  std::multiset<std::string> titles;
  for (const RunFolder& run : runs) titles.insert(run.title);
  for (RunFolder& run : runs) {
    if (titles.count(run.title) < 2) continue;
    run.title +=
        " (" + fs::absolute(run.folder / "x").lexically_normal().parent_path().filename().string() + ")";
  }
}

}  // namespace

ResultFolders read_result_folders(const std::vector<fs::path>& folders) {
  ResultFolders found;
  for (const fs::path& folder : folders) {
    if (!fs::is_directory(folder)) throw InputError(folder.string(), "is no folder");
    if (read_folder(folder, found)) continue;
    bool any = false;
    for (const fs::path& inside : subfolders(folder)) any |= read_folder(inside, found);
    if (any) continue;
    throw InputError(
        folder.string(),
        "holds neither result.json nor points.json; expected a folder that 'npusim run --out' or "
        "'npusim sweep --out' made, or one of such folders");
  }
  make_titles_unique(found.runs);
  return found;
}

void with_result_errors(const fs::path& folder, const std::function<void()>& body) {
  try {
    body();
  } catch (const nlohmann::json::exception& error) {
    throw InputError(folder.string(),
                     fmt::format("its JSON files are not what npusim writes: {}", error.what()));
  }
}

}  // namespace npu::sim
