// npusim archs: the machines that come with the tool.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "hw/arch/arch_config.h"
#include "sim/cli/command_line.h"
#include "sim/cli/config_files.h"
#include "sim/cli/exit_codes.h"
#include "sim/cli/terminal.h"
#include "sim/report/format.h"
#include "sim/report/text_table.h"

namespace npu::sim {
namespace {

constexpr const char* kExamples = R"(
Examples:
  npusim archs
  npusim archs --show shift_npu > my_npu.json      a copy to change, every value filled in
  npusim run --arch my_npu.json --network sqnxt_23v5_1.0)";

int list_archs() {
  TextTable table({{"machine"},
                   {"PEs"},
                   {"data"},
                   {"weight SRAM", true},
                   {"global buffer", true},
                   {"accumulators", true},
                   {"DRAM", true},
                   {"clock", true},
                   {"description", false, true}});
  for (const auto& name : arch_names()) {
    const auto arch = hw::load_arch(find_arch(name));
    table.add_row(
        {name, fmt::format("{}x{}", arch.pe_array.rows, arch.pe_array.columns),
         fmt::format("w{} a{}", arch.data.weight_bits, arch.data.activation_bits),
         bytes_text(arch.weight_sram.capacity_bytes), bytes_text(arch.global_buffer.capacity_bytes),
         bytes_text(arch.accumulator_store.capacity_bytes),
         fmt::format("{:g} B/cycle, {} cycles", arch.dram.bytes_per_cycle, arch.dram.latency_cycles),
         with_prefix(arch.clock_hz, "Hz"), arch.description});
  }
  fmt::print("{}in {}\n", table.render(output_width()), (config_root() / "arch").string());
  return kExitOk;
}

int show_arch(const std::string& name) {
  fmt::print("{}\n", hw::arch_to_json(hw::load_arch(find_arch(name))).dump(2));
  return kExitOk;
}

}  // namespace

void add_archs_command(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("archs", "List the machines that come with the tool, or print one");
  const auto shown = std::make_shared<std::string>();
  command->footer(kExamples);
  command->add_option("--show", *shown, "Print this machine's resolved configuration as JSON");
  command->callback([shown, &exit_code] { exit_code = shown->empty() ? list_archs() : show_arch(*shown); });
}

}  // namespace npu::sim
