// npusim export: a built-in network to an ONNX file, or any network quantised (QDQ), and the description of
// its input beside it.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "compiler/import/onnx_export.h"
#include "compiler/quant/given_layers.h"
#include "hw/common/error.h"
#include "hw/common/file.h"
#include "sim/cli/command_line.h"
#include "sim/cli/config_files.h"
#include "sim/cli/exit_codes.h"
#include "sim/cli/host_data.h"
#include "sim/cli/network_source.h"
#include "sim/cli/prepare.h"
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
      the same program as the built-in network.
  npusim export net.onnx --qdq --calibration photos/ -o net_int8.onnx
      The network as it was quantised, with QuantizeLinear and DequantizeLinear around float operators. npusim reads its
      scales and integers again and needs no calibration.)";

struct ExportOptions {
  std::string network;
  std::string output;
  std::string arch = kDefaultArch;
  NetworkOptions quantised;  ///< of --qdq
  std::uint64_t seed = 1;
  bool qdq = false;
  bool quiet = false;
};

std::string description_text(const std::string& network, const std::string& weights,
                             const std::optional<compiler::InputNormalisation>& normalisation) {
  nlohmann::ordered_json json{{"network", network}, {"weights", weights}};
  if (normalisation) json["input"] = nlohmann::ordered_json::parse(normalisation_json(normalisation));
  return json.dump(2) + "\n";
}

/// The two files to write.
struct Export {
  std::vector<std::uint8_t> model;
  std::string description;
};

Export export_float(const ExportOptions& options) {
  return {compiler::export_onnx(workloads::build_network(options.network, options.seed)),
          description_text(options.network, fmt::format("random, seed {}", options.seed),
                           built_in_normalisation())};
}

Export export_quantised(const ExportOptions& options) {
  NetworkOptions network = options.quantised;
  network.network = options.network;
  network.seed = options.seed;
  network.mapper = compiler::MapperEffort::kQuick;
  const auto arch = hw::load_arch(find_arch(options.arch));
  const PreparedProgram prepared = prepare_network(network, arch, !options.quiet);
  compiler::Graph graph = *prepared.float_graph;
  graph.given = compiler::quantization_of(*prepared.quantized, graph, compiler::GivenIntegers::kAll);
  return {
      compiler::export_qdq(graph),
      description_text(graph.name, fmt::format("{}; quantised for {}", prepared.network_source, arch.name),
                       prepared.normalisation)};
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
  if (fs::exists(path) && fs::exists(options.network) && fs::equivalent(path, options.network)) {
    throw InputError("-o " + options.output, "is the network itself; expected another file");
  }
  const Export files = options.qdq ? export_quantised(options) : export_float(options);
  check_description(description, files.description);
  write_file(path, std::span<const std::uint8_t>(files.model));
  write_file(description, files.description);
  if (!options.quiet) {
    fmt::print("{}: {}; {}: its input\n", path.string(),
               bytes_text(static_cast<std::int64_t>(fs::file_size(path))), description.string());
  }
  return kExitOk;
}

}  // namespace

void add_export_command(CLI::App& app, int& exit_code) {
  auto* command =
      app.add_subcommand("export", "Write a built-in network, or any network quantised, as an ONNX file");
  const auto options = std::make_shared<ExportOptions>();
  command->footer(kExamples);
  command
      ->add_option("network", options->network, "A name of 'npusim networks'; with --qdq also an .onnx file")
      ->required();
  command->add_option("-o,--output", options->output, "The .onnx file to write")->required();
  command->add_option("--seed", options->seed, "Seed of the random weights")
      ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1} << 32))
      ->capture_default_str();
  auto* qdq = command->add_flag("--qdq", options->qdq, "Quantise the network and write it as a QDQ model");
  command->add_option("--arch", options->arch, "With --qdq: the machine to quantise for")
      ->needs(qdq)
      ->capture_default_str();
  command
      ->add_option("--calibration", options->quantised.calibration,
                   "With --qdq: folder or .npy of images, a saved calibration .json, or 'synthetic'")
      ->needs(qdq);
  command
      ->add_option("--quantization", options->quantised.quantization,
                   "With --qdq: a quantisation .json to take numbers from")
      ->needs(qdq);
  command->add_flag("--quiet", options->quiet, "Print nothing");
  command->callback([options, &exit_code] { exit_code = export_network(*options); });
}

}  // namespace npu::sim
