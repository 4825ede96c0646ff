// npusim report: folders of results to one page that opens anywhere.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "hw/common/error.h"
#include "hw/common/file.h"
#include "sim/cli/command_line.h"
#include "sim/cli/exit_codes.h"
#include "sim/cli/result_files.h"
#include "sim/explore/metrics.h"
#include "sim/page/page.h"
#include "sim/report/format.h"
#include "sim/report/version.h"

namespace npu::sim {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kExamples = R"(
Examples:
  npusim report sweep/ -o report.html
      A sweep's points as an interactive scatter with brushing, sortable tables, energy, error of the estimates, machines.
  npusim report results_a/ results_b/ -o report.html
      Two runs: time, energy and traffic by layer, roofline, memory over time; and their comparison.
  npusim report out/ -o report.html
      Every result in the folders inside out/.)";

Json metrics_json() {
  Json list = Json::array();
  for (const MetricInfo& info : metrics()) {
    list.push_back({{"name", info.name},
                    {"description", info.description},
                    {"unit", info.unit},
                    {"smaller_is_better", info.smaller_is_better}});
  }
  return list;
}

/// A row of points.json without what the page does not show.
Json page_row(const nlohmann::json& row) {
  Json shown;
  for (const char* key :
       {"point", "network", "architecture", "axes", "engine", "status", "message", "values", "on_front"})
    shown[key] = row.at(key);
  shown["machine"] = row.value("machine", "");
  const auto& details = row.at("details");
  if (details.is_object() && details.contains("energy")) {
    shown["energy"] = details.at("energy");
    shown["energy_unit"] = details.at("energy_unit");
  }
  return shown;
}

Json page_data(const ResultFolders& results) {
  Json sweeps = Json::array();
  for (const SweepFolder& sweep : results.sweeps) {
    with_result_errors(sweep.folder, [&] {
      Json rows = Json::array();
      for (const auto& row : sweep.points) rows.push_back(page_row(row));
      sweeps.push_back({{"title", sweep.summary.at("sweep").at("name")},
                        {"folder", sweep.folder.string()},
                        {"spec", sweep.summary.at("sweep")},
                        {"metrics", metrics_json()},
                        {"machines", sweep.machines},
                        {"rows", rows}});
    });
  }
  Json runs = Json::array();
  for (const RunFolder& run : results.runs) {
    runs.push_back({{"title", run.title}, {"folder", run.folder.string()}, {"result", run.result}});
  }
  return {{"tool", {{"version", tool_version()}, {"revision", git_revision()}}},
          {"sweeps", sweeps},
          {"runs", runs}};
}

int report(const std::vector<std::string>& folders, const std::string& output) {
  const ResultFolders results = read_result_folders({folders.begin(), folders.end()});
  const std::string page = report_page(page_data(results));
  write_file(output, page);
  fmt::print("{}: {} sweep(s), {} run(s), {}\n", output, results.sweeps.size(), results.runs.size(),
             bytes_text(static_cast<std::int64_t>(page.size())));
  return kExitOk;
}

}  // namespace

void add_report_command(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("report", "Make one self-contained web page of sweeps and runs");
  command->footer(kExamples);
  const auto folders = std::make_shared<std::vector<std::string>>();
  const auto output = std::make_shared<std::string>();
  command
      ->add_option("folders", *folders,
                   "Folders of 'npusim run --out' or 'npusim sweep --out', or folders of them")
      ->required();
  command->add_option("-o,--output", *output, "The HTML file to write")->required();
  command->callback([folders, output, &exit_code] { exit_code = report(*folders, *output); });
}

}  // namespace npu::sim
