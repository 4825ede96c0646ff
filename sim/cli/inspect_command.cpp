// npusim inspect: what a program file holds, and whether it is proved free of hazards.
#include <fmt/core.h>

#include <CLI/CLI.hpp>

#include "hw/isa/verifier.h"
#include "sim/cli/command_line.h"
#include "sim/cli/config_files.h"
#include "sim/cli/exit_codes.h"
#include "sim/cli/terminal.h"
#include "sim/report/format.h"
#include "sim/report/tables.h"

namespace npu::sim {
namespace {

constexpr const char* kExamples = R"(
Examples:
  npusim inspect net.npu
  npusim inspect net.npu --arch my_npu.json      also: does it run on this machine?
Exit code 1 if the verifier finds a hazard, an address out of range or a wait that is never signalled.)";

struct InspectOptions {
  std::string program;
  std::string arch;
};

void print_format(const hw::Program& program) {
  const auto& format = program.format;
  fmt::print("network             {}\n", program.network);
  fmt::print("compatibility hash  {}\n", program.compatibility_hash);
  fmt::print("arch hash           {}\n", program.arch_hash);
  fmt::print(
      "machine             {} x {} PEs, {}-bit weights, {}-bit activations, {}-bit accumulators, {} shift "
      "bits, "
      "rounding {}\n",
      format.array_rows, format.array_columns, format.weight_bits, format.activation_bits,
      format.accumulator_bits, format.shift_bits, hw::rounding_name(format.rounding));
  fmt::print("memories            weight SRAM {}, global buffer {}, {} accumulators, DRAM {}\n",
             bytes_text(format.weight_sram_bytes), bytes_text(format.global_buffer_bytes),
             with_separators(format.accumulator_entries), bytes_text(format.dram_bytes));
  const auto& footprint = program.footprint;
  fmt::print(
      "DRAM footprint      weights {}, biases {}, shifts {}, tables {}, instructions {}, activations {}\n",
      bytes_text(footprint.weight_bytes), bytes_text(footprint.bias_bytes), bytes_text(footprint.shift_bytes),
      bytes_text(footprint.table_bytes), bytes_text(footprint.instruction_bytes),
      bytes_text(footprint.activation_bytes));
  for (const auto& [label, name] : {std::pair{"input", program.input}, std::pair{"output", program.output}}) {
    const auto& tensor = program.tensor(name);
    fmt::print("{:<19} {}: {} x {} x {} (row, column, channel), scale {:g}, zero point {}\n", label, name,
               tensor.height, tensor.width, tensor.channels, tensor.scale, tensor.zero_point);
  }
}

int inspect_program(const InspectOptions& options) {
  const auto program = hw::read_program(options.program);
  print_format(program);
  fmt::print("\n{}\n", choice_table(program, output_width()));
  if (!options.arch.empty()) {
    const auto arch = hw::load_arch(find_arch(options.arch));
    hw::check_compatible(program, arch);
    fmt::print("runs on {}\n", arch.name);
  }
  const auto findings = hw::verify(program);
  if (findings.empty()) {
    fmt::print(
        "verified: every overlap of memory regions is ordered by tokens, every wait is signalled, every "
        "address "
        "is in range\n");
    return kExitOk;
  }
  for (const auto& finding : findings) fmt::print("not proved, at {}: {}\n", finding.pc, finding.message);
  return kExitNegative;
}

}  // namespace

void add_inspect_command(CLI::App& app, int& exit_code) {
  auto* command =
      app.add_subcommand("inspect", "Show what a program file holds and prove it free of hazards");
  const auto options = std::make_shared<InspectOptions>();
  command->footer(kExamples);
  command->add_option("program", options->program, "A program of 'npusim compile'")->required();
  command->add_option("--arch", options->arch, "Check that the program runs on this machine");
  command->callback([options, &exit_code] { exit_code = inspect_program(*options); });
}

}  // namespace npu::sim
