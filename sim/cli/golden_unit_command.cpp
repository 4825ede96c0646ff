// npusim golden unit: number-level vectors for a test bench of one unit.
#include <fmt/core.h>

#include <CLI/CLI.hpp>

#include "hw/arch/arch_config.h"
#include "sim/cli/command_line.h"
#include "sim/cli/config_files.h"
#include "sim/cli/exit_codes.h"
#include "sim/golden/unit_vectors.h"

namespace npu::sim {
namespace {

constexpr const char* kExamples = R"(
Examples:
  npusim golden unit --unit compounding --count 2000 --seed 7 -o vectors/
  npusim golden unit --unit add --rounding half_even -o vectors/
Corner cases come first. Widths and rounding are the machine's unless --rounding says otherwise.)";

struct UnitCommand {
  std::string arch = kDefaultArch;
  std::string rounding;
  std::string output;
  golden::UnitVectorOptions vectors;
};

int export_unit(const UnitCommand& command) {
  auto options = command.vectors;
  const auto arch = hw::load_arch(find_arch(command.arch));
  options.accumulator_bits = arch.data.accumulator_bits;
  options.multiplier_bits = arch.compounding.multiplier_bits;
  options.shift_bits = arch.compounding.shift_bits;
  options.data_bits = arch.data.activation_bits;
  options.rounding = arch.compounding.rounding;
  for (const auto& [name, rule] : hw::kRoundings) {
    if (command.rounding == name) options.rounding = rule;
  }
  if (options.rounding == hw::Rounding::kGemmlowp) options.multiplier_bits = hw::kGemmlowpFirstShift;
  const auto manifest = golden::export_unit_vectors(options, command.output);
  fmt::print("{}: {} vectors of unit {}, {} streams, rounding {}\n", command.output, options.count,
             options.unit, manifest.streams.size(), hw::rounding_name(options.rounding));
  return kExitOk;
}

}  // namespace

void add_golden_unit_command(CLI::App& golden, int& exit_code) {
  auto* command = golden.add_subcommand("unit", "Write stimuli and results for a test bench of one unit");
  const auto options = std::make_shared<UnitCommand>();
  command->footer(kExamples);
  command->add_option("--unit", options->vectors.unit, "compounding, pe, add, pool or table")->required();
  command->add_option("--count", options->vectors.count, "Vectors")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  command->add_option("--seed", options->vectors.seed, "Of the random vectors")->capture_default_str();
  command->add_option("--arch", options->arch, "Machine: a name of 'npusim archs' or a .json file")
      ->capture_default_str();
  std::vector<std::string> names;
  for (const auto& [name, rule] : hw::kRoundings) names.emplace_back(name);
  command->add_option("--rounding", options->rounding, "Instead of the machine's rule")
      ->check(CLI::IsMember(names));
  command->add_option("-o,--output", options->output, "The folder to write")->required();
  command->callback([options, &exit_code] { exit_code = export_unit(*options); });
}

}  // namespace npu::sim
