#include "sim/cli/command_line.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "sim/cli/exit_codes.h"
#include "sim/report/version.h"

namespace npu::sim {
namespace {

constexpr const char* kDescription =
    "npusim compiles neural networks for an NPU and simulates it: bit-exact results, cycles, energy, memory.";

constexpr const char* kExamples = R"(
Examples:
  npusim run --network sqnxt_23v5_1.0                  a built-in network on the default machine
  npusim run --network net.onnx --calibration photos/  a trained network, calibrated with a folder of images
  npusim networks                                      what can be named instead of an ONNX file
  npusim archs                                         the machines that come with the tool
  npusim sweep configs/sweeps/pe_array.json --out sweep/
                                                       many machines: what nothing beats
  npusim report sweep/ -o report.html                  results as a page
  npusim validate                                      how far the model is from published figures
  npusim golden export net.npu -o golden/               expected data for RTL; see 'npusim golden --help'
'npusim COMMAND --help' explains each command by example.

Exit codes: 0 done, 1 done and the answer is no (outputs differ, program not proved), 2 bad input or usage,
3 error of the simulated machine, 70 defect of this program.)";

// CLI11 itself would only say that a command is missing.
bool names_unknown_command(const CLI::App& app, int argument_count, char** arguments) {
  if (argument_count < 2 || arguments[1][0] == '-') return false;
  const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  return std::none_of(commands.begin(), commands.end(),
                      [&](const CLI::App* command) { return command->get_name() == arguments[1]; });
}

// "npusim run: ..." for an error inside a subcommand.
std::string chosen_command(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? "npusim" : "npusim " + chosen.front()->get_name();
}

}  // namespace

int run_command_line(int argument_count, char** arguments) {
  CLI::App app(kDescription, "npusim");
  app.set_version_flag("--version", fmt::format("npusim {} (revision {})", tool_version(), git_revision()),
                       "Print version and source revision");
  app.footer(kExamples);
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);
  int exit_code = kExitOk;
  add_run_command(app, exit_code);
  add_accuracy_command(app, exit_code);
  add_compile_command(app, exit_code);
  add_disasm_command(app, exit_code);
  add_inspect_command(app, exit_code);
  add_export_command(app, exit_code);
  add_networks_command(app, exit_code);
  add_archs_command(app, exit_code);
  add_sweep_command(app, exit_code);
  add_sweep_worker_command(app, exit_code);
  add_codesign_command(app, exit_code);
  add_query_command(app, exit_code);
  add_plot_command(app, exit_code);
  add_report_command(app, exit_code);
  add_validate_command(app, exit_code);
  add_golden_command(app, exit_code);
  add_worker_command(app, exit_code);
  if (names_unknown_command(app, argument_count, arguments)) {
    fmt::print(stderr, "npusim: unknown command '{}' (see 'npusim --help')\n", arguments[1]);
    return kExitBadInput;
  }
  try {
    app.parse(argument_count, arguments);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) return app.exit(error);
    const auto command = chosen_command(app);
    fmt::print(stderr, "{}: {} (see '{} --help')\n", command, error.what(), command);
    return kExitBadInput;
  }
  return exit_code;
}

}  // namespace npu::sim
