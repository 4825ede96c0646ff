// npusim export: a built-in network to an ONNX file, and the description of its input beside it.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "compiler/import/onnx_export.h"
#include "hw/common/error.h"
#include "hw/common/file.h"
#include "sim/cli/command_line.h"
#include "sim/cli/exit_codes.h"
#include "sim/cli/host_data.h"
#include "sim/cli/network_source.h"
#include "sim/report/format.h"
#include "workloads/networks.h"

namespace npu::sim {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExamples = R"(
Examples:
  npusim export sqnxt_23v5_1.0 -o sqnxt.onnx
  npusim run --network sqnxt.onnx --calibration synthetic
      sqnxt.json beside the model says how an image becomes its input. With the same calibration file the model gives
      the same program as the built-in network.)";

struct ExportOptions {
  std::string network;
  std::string output;
  std::uint64_t seed = 1;
  bool quiet = false;
};

std::string description_text(const std::string& network, std::uint64_t seed) {
  const nlohmann::ordered_json json{
      {"network", network},
      {"weights", fmt::format("random, seed {}", seed)},
      {"input", nlohmann::ordered_json::parse(normalisation_json(built_in_normalisation()))}};
  return json.dump(2) + "\n";
}

/// The file beside the model was not named by the user: what is there stays, unless it says the same.
void check_description(const fs::path& path, const std::string& text) {
  if (fs::exists(path) && read_text_file(path) != text) {
    throw InputError(path.string(),
                     "exists and describes another network's input; expected no such file beside the model: "
                     "remove it, or choose another -o");
  }
}

int export_network(const ExportOptions& options) {
  const fs::path path = options.output;
  if (path.extension() != ".onnx") {
    throw InputError("-o " + options.output, "expected a file name that ends in .onnx");
  }
  fs::path description = path;
  description.replace_extension(".json");
  const std::string text = description_text(options.network, options.seed);
  check_description(description, text);
  compiler::export_onnx(workloads::build_network(options.network, options.seed), path);
  write_file(description, text);
  if (!options.quiet) {
    fmt::print("{}: {}; {}: its input\n", path.string(),
               bytes_text(static_cast<std::int64_t>(fs::file_size(path))), description.string());
  }
  return kExitOk;
}

}  // namespace

void add_export_command(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("export", "Write a built-in network as an ONNX file");
  const auto options = std::make_shared<ExportOptions>();
  command->footer(kExamples);
  command->add_option("network", options->network, "A name of 'npusim networks'")->required();
  command->add_option("-o,--output", options->output, "The .onnx file to write")->required();
  command->add_option("--seed", options->seed, "Seed of the random weights")
      ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1} << 32))
      ->capture_default_str();
  command->add_flag("--quiet", options->quiet, "Print nothing");
  command->callback([options, &exit_code] { exit_code = export_network(*options); });
}

}  // namespace npu::sim
