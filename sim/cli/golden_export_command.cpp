// npusim golden export: memory images, expected tensors and results of a program and one input.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cmath>

#include "compiler/data/image_set.h"
#include "hw/common/error.h"
#include "hw/common/stopwatch.h"
#include "sim/cli/command_line.h"
#include "sim/cli/config_files.h"
#include "sim/cli/exit_codes.h"
#include "sim/cli/host_data.h"
#include "sim/cli/prepare.h"
#include "sim/engines/systemc/systemc_engine.h"
#include "sim/golden/exporter.h"
#include "sim/golden/npy.h"

namespace npu::sim {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExamples = R"(
Examples:
  npusim golden export net.npu --input x.npy -o golden/
      x.npy: integers [row][column][channel] as the machine takes them, or floats [channel][row][column].
  npusim golden export net.npu --input photo.jpg -o golden/ --level tile --layers conv1,3-5 --word-bits 128
Levels, each with the ones before: network, layer (output tensors), tile (what each instruction writes),
unit (operands and accumulators of each instruction).)";

struct ExportCommand {
  std::string program;
  std::string arch = kDefaultArch;
  std::string input;
  std::string output;
  std::string level = "layer";
  std::string layers;
  std::string endianness = "little";
  std::string element_order = "low_first";
  std::string format = "both";
  int word_bits = 32;
  std::uint64_t seed = 1;
  bool no_cycles = false;
};

std::string shape_text(const hw::TensorSymbol& tensor) {
  return fmt::format("{} x {} x {}", tensor.height, tensor.width, tensor.channels);
}

std::vector<std::int32_t> integers_of(const golden::NpyArray& array, const hw::Program& program,
                                      const std::string& path) {
  const auto& tensor = program.tensor(program.input);
  const int bits = program.format.activation_bits;
  std::vector<std::int32_t> values;
  for (const double value : array.values) {
    if (value < hw::min_of_bits(bits) || value > hw::max_of_bits(bits)) {
      throw InputError(path, fmt::format("found {}, expected integers of {} bits", value, bits));
    }
    values.push_back(static_cast<std::int32_t>(value));
  }
  if (std::ssize(values) != tensor.height * tensor.width * tensor.channels) {
    throw InputError(path, fmt::format("found {} elements, expected {} (rows, columns, channels)",
                                       values.size(), shape_text(tensor)));
  }
  return values;
}

std::vector<std::int32_t> input_of(const ExportCommand& options, const PreparedProgram& prepared) {
  const auto& program = prepared.program;
  if (options.input.empty()) return synthetic_codes(program, options.seed);
  if (fs::path(options.input).extension() == ".npy") {
    const auto array = golden::read_npy(options.input);
    if (array.header.kind != 'f') return integers_of(array, program, options.input);
  }
  return quantized_input(program, compiler::DataSet(options.input, "", 0, input_format(prepared)).input(0));
}

int export_golden(const ExportCommand& options) {
  const Stopwatch watch;
  const auto arch = hw::load_arch(find_arch(options.arch));
  const auto prepared = prepare_program_file(options.program, arch);
  const auto input = input_of(options, prepared);
  golden::ExportOptions wanted;
  for (const auto level :
       {golden::Level::kNetwork, golden::Level::kLayer, golden::Level::kTile, golden::Level::kUnit}) {
    if (options.level == golden::level_name(level)) wanted.level = level;
  }
  if (options.word_bits % 8 != 0) {
    throw InputError(fmt::format("--word-bits {}", options.word_bits), "expected a multiple of 8");
  }
  wanted.words = {options.word_bits / 8, options.endianness == "big", options.element_order == "high_first"};
  wanted.binary = options.format != "hex";
  wanted.hex = options.format != "binary";
  if (!options.layers.empty()) wanted.layers = golden::select_layers(prepared.program, options.layers);
  if (!options.no_cycles) {
    const auto run = run_systemc(prepared.program, arch, input);
    for (std::size_t pc = 0; pc < run.instruction_times.size(); ++pc) {
      const auto [start, end] = run.instruction_times[pc];
      if (start >= 0) wanted.times.push_back({static_cast<std::int64_t>(pc), start, end});
    }
  }
  const auto manifest = golden::export_program(prepared.program, arch, input, wanted, options.output);
  std::int64_t bytes = 0;
  std::int64_t files = 0;
  std::int64_t expected = 0;
  for (const auto& stream : manifest.streams) {
    expected += stream.expected ? 1 : 0;
    for (const auto& file : stream.files) {
      bytes += file.bytes;
      ++files;
    }
  }
  fmt::print("{}: {} streams ({} expected), {} files, {:.1f} MB, {:.2f} s\n", options.output,
             manifest.streams.size(), expected, files, static_cast<double>(bytes) / 1e6, watch.seconds());
  return kExitOk;
}

}  // namespace

void add_golden_export_command(CLI::App& golden, int& exit_code) {
  auto* command =
      golden.add_subcommand("export", "Write memory images and expected data of a program and an input");
  const auto options = std::make_shared<ExportCommand>();
  command->footer(kExamples);
  command->add_option("program", options->program, "A program of 'npusim compile'")->required();
  command->add_option("--arch", options->arch, "Machine: a name of 'npusim archs' or a .json file")
      ->capture_default_str();
  command->add_option("--input", options->input, "An .npy file or an image (default: a synthetic input)");
  command->add_option("--seed", options->seed, "Of the synthetic input")->capture_default_str();
  command->add_option("-o,--output", options->output, "The folder to write")->required();
  command->add_option("--level", options->level, "How much to export")
      ->check(CLI::IsMember({"network", "layer", "tile", "unit"}))
      ->capture_default_str();
  command->add_option("--layers", options->layers, "Only these layers: names, numbers, ranges, with commas");
  command->add_option("--word-bits", options->word_bits, "Width of a word of the files")
      ->check(CLI::Range(8, 8 * golden::kMaxWordBytes))
      ->capture_default_str();
  command->add_option("--endianness", options->endianness, "Byte order of a word in binary files")
      ->check(CLI::IsMember({"little", "big"}))
      ->capture_default_str();
  command->add_option("--element-order", options->element_order, "Where a word holds its first element")
      ->check(CLI::IsMember({"low_first", "high_first"}))
      ->capture_default_str();
  command->add_option("--format", options->format, "Which files")
      ->check(CLI::IsMember({"both", "hex", "binary"}))
      ->capture_default_str();
  command->add_flag("--no-cycles", options->no_cycles, "Do not simulate time");
  command->callback([options, &exit_code] { exit_code = export_golden(*options); });
}

}  // namespace npu::sim
