// npusim validate: the comparison of the published machine's model with the published figures.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "hw/common/file.h"
#include "sim/cli/command_line.h"
#include "sim/cli/config_files.h"
#include "sim/cli/exit_codes.h"
#include "sim/cli/output_folder.h"
#include "sim/cli/terminal.h"
#include "sim/validate/machine_options.h"
#include "sim/validate/validation_report.h"

namespace npu::sim {
namespace {

constexpr const char* kExamples = R"(
Examples:
  npusim validate
      Time, energy and dataflow choice of the Squeezelerator's model against the figures of arXiv 1803.10615 and
      arXiv 1804.10642: a summary with the errors, then every value.
  npusim validate --out results/
      Also validation.txt, validation.csv and validation.svg and .png.
  npusim validate --options shift_npu
      What each option of this machine's description changes in cycles, energy and DRAM traffic of three networks.)";

struct ValidateOptions {
  std::string out;
  std::string machine;  ///< whose options are measured; empty: compare with published figures
  std::vector<std::string> networks{"sqnxt_23v5_1.0", "mobilenet_v2_1.0", "squeezenet_1.0"};
  compiler::MapperEffort mapper = compiler::MapperEffort::kThorough;
};

int measure_machine_options(const ValidateOptions& options) {
  const auto effects = measure_options(hw::load_arch(find_arch(options.machine)), options.networks,
                                       config_root(), options.mapper);
  fmt::print("{}", options_text(effects, output_width()));
  if (options.out.empty()) return kExitOk;
  const std::filesystem::path folder = options.out;
  write_file(folder / "options.txt", options_text(effects, kDefaultWidth));
  write_file(folder / "options.csv", options_csv(effects));
  return kExitOk;
}

int validate(const ValidateOptions& options) {
  require_writable_folder(options.out);
  if (!options.machine.empty()) return measure_machine_options(options);
  const auto validation = validate_against_published(config_root(), options.mapper);
  fmt::print("{}", validation_text(validation, output_width()));
  if (options.out.empty()) return kExitOk;
  const std::filesystem::path folder = options.out;
  write_file(folder / "validation.txt", validation_text(validation, kDefaultWidth));
  write_file(folder / "validation.csv", validation_csv(validation));
  if (can_draw()) {
    draw(validation_plot(validation), folder / "validation");
  } else {
    fmt::print(stderr, "npusim validate: no picture, gnuplot is not installed\n");
  }
  return kExitOk;
}

}  // namespace

void add_validate_command(CLI::App& app, int& exit_code) {
  auto* command =
      app.add_subcommand("validate", "Compare the published machine's model with published figures");
  command->footer(kExamples);
  const auto options = std::make_shared<ValidateOptions>();
  command->add_option("--out", options->out,
                      "Folder for validation.txt, .csv, .svg and .png, or options.txt and .csv");
  auto* machine = command->add_option("--options", options->machine,
                                      "Measure the options of this machine (a name or .json file) instead");
  command->add_option("--network", options->networks, "Built-in networks to measure them on")->needs(machine);
  command->add_option("--mapper", options->mapper, "thorough or quick")
      ->transform(CLI::CheckedTransformer(std::map<std::string, compiler::MapperEffort>{
          {"thorough", compiler::MapperEffort::kThorough}, {"quick", compiler::MapperEffort::kQuick}}))
      ->default_str("thorough");
  command->callback([options, &exit_code] { exit_code = validate(*options); });
}

}  // namespace npu::sim
