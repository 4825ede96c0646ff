// npusim compile: a network to a program file.
#include <fmt/core.h>

#include <CLI/CLI.hpp>

#include "hw/common/error.h"
#include "sim/cli/command_line.h"
#include "sim/cli/config_files.h"
#include "sim/cli/exit_codes.h"
#include "sim/cli/prepare.h"
#include "sim/cli/terminal.h"
#include "sim/report/format.h"
#include "sim/report/tables.h"

namespace npu::sim {
namespace {

constexpr const char* kExamples = R"(
Examples:
  npusim compile --network sqnxt_23v5_1.0 -o sqnxt.npu
  npusim compile --arch my_npu.json --network net.onnx --calibration photos/ -o net.npu --save-calibration net.cal.json
  npusim compile --network net.onnx --calibration photos/ -o net.npu --save-quantization net.quant.json
  npusim compile --network net.onnx --quantization net.quant.json -o same.npu
      The file holds every scale, shift, bias and rounded weight; edit it, or keep a few layers of it, to override them.
  npusim run --program net.npu --arch my_npu_with_slower_dram.json
      A program runs on every machine with the same array, widths and capacities.)";

struct CompileOptions {
  std::string arch = kDefaultArch;
  NetworkOptions network;
  std::string output;
  std::string save_calibration;
  bool quiet = false;
};

int compile_program(const CompileOptions& options) {
  require_not_description(options.network.network, "--save-calibration", options.save_calibration);
  const auto arch = hw::load_arch(find_arch(options.arch));
  const auto prepared = prepare_network(options.network, arch, !options.quiet);
  if (!options.save_calibration.empty() && !prepared.calibration) {
    throw InputError(
        "--save-calibration " + options.save_calibration,
        "there is no calibration to save: every scale comes from the network's file or --quantization");
  }
  hw::write_program(prepared.program, options.output);
  if (!options.save_calibration.empty())
    compiler::save_calibration(*prepared.calibration, options.save_calibration);
  if (options.quiet) return kExitOk;
  fmt::print("{}\n", choice_table(prepared.program, output_width()));
  const auto& footprint = prepared.program.footprint;
  fmt::print("{}: {} instructions ({}), weights {}, biases {}, shifts {}; {:.2f} s\n", options.output,
             with_separators(static_cast<std::int64_t>(prepared.program.instructions.size())),
             bytes_text(footprint.instruction_bytes), bytes_text(footprint.weight_bytes),
             bytes_text(footprint.bias_bytes), bytes_text(footprint.shift_bytes), prepared.compile_seconds);
  return kExitOk;
}

}  // namespace

void add_compile_command(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("compile", "Compile a network to a program file");
  const auto options = std::make_shared<CompileOptions>();
  command->footer(kExamples);
  command->add_option("--arch", options->arch, "Machine: a name of 'npusim archs' or a .json file")
      ->capture_default_str();
  add_network_options(*command, options->network, true);
  command->add_option("-o,--output", options->output, "The program file to write")->required();
  command->add_option("--save-calibration", options->save_calibration,
                      "Also write the calibration, for later runs");
  command->add_flag("--quiet", options->quiet, "Print nothing");
  command->callback([options, &exit_code] { exit_code = compile_program(*options); });
}

}  // namespace npu::sim
