// npusim golden: expected data for an RTL team, and the comparison of its dumps with it.
#include <CLI/CLI.hpp>

#include "sim/cli/command_line.h"

namespace npu::sim {
namespace {

constexpr const char* kExamples = R"(
Examples:
  npusim golden export net.npu --input x.npy -o golden/ --level tile
  npusim golden check --manifest golden/manifest.json --dump dump/ --junit check.xml
  npusim golden unit --unit compounding --count 2000 -o vectors/
docs/golden_outputs.md explains the files.)";

}  // namespace

void add_golden_command(CLI::App& app, int& exit_code) {
  auto* golden = app.add_subcommand("golden", "Expected data for an RTL, and the check of its dumps");
  golden->footer(kExamples);
  golden->require_subcommand(1);
  add_golden_export_command(*golden, exit_code);
  add_golden_check_command(*golden, exit_code);
  add_golden_unit_command(*golden, exit_code);
}

}  // namespace npu::sim
