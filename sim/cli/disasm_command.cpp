// npusim disasm: a program as text.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "hw/common/error.h"
#include "hw/isa/disassembler.h"
#include "hw/isa/program.h"
#include "sim/cli/command_line.h"
#include "sim/cli/exit_codes.h"

namespace npu::sim {
namespace {

constexpr const char* kExamples = R"(
Examples:
  npusim disasm net.npu | less
  npusim disasm net.npu --layer conv1
Each line is one instruction: what it does, the tokens it waits for and the units it signals.)";

struct DisasmOptions {
  std::string program;
  std::string layer;
};

const hw::LayerSymbol& find_layer(const hw::Program& program, const std::string& name) {
  const auto found = std::find_if(program.layers.begin(), program.layers.end(),
                                  [&](const hw::LayerSymbol& layer) { return layer.name == name; });
  if (found != program.layers.end()) return *found;
  throw InputError("--layer " + name,
                   fmt::format("the program has no such layer; 'npusim inspect' lists its {} layers",
                               program.layers.size()));
}

int disassemble_program(const DisasmOptions& options) {
  const auto program = hw::read_program(options.program);
  if (options.layer.empty()) {
    fmt::print("{}", hw::disassemble(program));
    return kExitOk;
  }
  const auto& layer = find_layer(program, options.layer);
  for (auto pc = layer.first_pc; pc < layer.last_pc; ++pc) {
    fmt::print("{:6}  {}\n", pc, hw::disassemble(program.instructions.at(static_cast<std::size_t>(pc))));
  }
  return kExitOk;
}

}  // namespace

void add_disasm_command(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("disasm", "Print a program's instructions as text");
  const auto options = std::make_shared<DisasmOptions>();
  command->footer(kExamples);
  command->add_option("program", options->program, "A program of 'npusim compile'")->required();
  command->add_option("--layer", options->layer, "Only the instructions of this layer");
  command->callback([options, &exit_code] { exit_code = disassemble_program(*options); });
}

}  // namespace npu::sim
