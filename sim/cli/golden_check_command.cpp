// npusim golden check: an RTL's dumps against an export.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <optional>

#include "hw/common/error.h"
#include "hw/common/file.h"
#include "sim/cli/command_line.h"
#include "sim/cli/exit_codes.h"
#include "sim/golden/check_report.h"

namespace npu::sim {
namespace {

constexpr const char* kExamples = R"(
Examples:
  npusim golden check --manifest golden/manifest.json --dump dump/
  npusim golden check --manifest golden/manifest.json --dump dump/ --word-bits 64 --endianness big --json check.json
The dump folder holds files of the same names as the expected streams, each as .bin, .hex, .mem or .npy.
Exit codes: 0 all that was dumped matches, 1 something differs, 2 unusable input.)";

struct CheckCommand {
  std::string manifest;
  std::string dump;
  std::string json, junit, map;
  std::optional<int> word_bits;
  std::string endianness = "little";
  std::string element_order = "low_first";
  bool partial = false;
  bool quiet = false;
};

int check_golden(const CheckCommand& command, bool words_given) {
  golden::CheckOptions options;
  options.partial = command.partial;
  if (words_given) {
    const int bits = command.word_bits.value_or(32);
    if (bits % 8 != 0) throw InputError(fmt::format("--word-bits {}", bits), "expected a multiple of 8");
    options.format = golden::DumpFormat{
        false, {bits / 8, command.endianness == "big", command.element_order == "high_first"}};
  }
  const auto result = golden::check_dump(command.manifest, command.dump, options);
  if (!command.json.empty()) write_file(command.json, golden::check_json(result));
  if (!command.junit.empty()) write_file(command.junit, golden::check_junit(result));
  if (!command.map.empty() && result.map) write_file(command.map, result.map->svg());
  if (!command.quiet) fmt::print("{}", golden::check_text(result));
  if (result.count(golden::StreamStatus::kMismatch) > 0) return kExitNegative;
  return result.count(golden::StreamStatus::kUnusable) > 0 ? kExitBadInput : kExitOk;
}

}  // namespace

void add_golden_check_command(CLI::App& golden, int& exit_code) {
  auto* command = golden.add_subcommand("check", "Compare an RTL's dumps with an export");
  const auto options = std::make_shared<CheckCommand>();
  command->footer(kExamples);
  command->add_option("--manifest", options->manifest, "manifest.json of the export")->required();
  command->add_option("--dump", options->dump, "Folder of the dumps")->required();
  command->add_option("--json", options->json, "Write the result as JSON");
  command->add_option("--junit", options->junit, "Write the result as JUnit XML");
  command->add_option("--map", options->map, "Write the picture of the first wrong stream as SVG");
  auto* bits =
      command->add_option("--word-bits", options->word_bits, "Word width of the dumps, if not the manifest's")
          ->check(CLI::Range(8, 8 * golden::kMaxWordBytes));
  auto* endianness = command->add_option("--endianness", options->endianness, "Byte order of binary dumps")
                         ->check(CLI::IsMember({"little", "big"}));
  auto* order =
      command->add_option("--element-order", options->element_order, "Where a word holds its first element")
          ->check(CLI::IsMember({"low_first", "high_first"}));
  endianness->needs(bits);
  order->needs(bits);
  command->add_flag("--partial", options->partial, "A dump may be short or have gaps");
  command->add_flag("--quiet", options->quiet, "Print nothing");
  command->callback(
      [options, &exit_code] { exit_code = check_golden(*options, options->word_bits.has_value()); });
}

}  // namespace npu::sim
