#include "sim/cli/prepare.h"

#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <thread>

#include "compiler/codegen/compile.h"
#include "compiler/data/image_set.h"
#include "compiler/passes/pipeline.h"
#include "compiler/quant/given_layers.h"
#include "compiler/quant/quantization_file.h"
#include "compiler/quant/shape_graph.h"
#include "compiler/quant/tensor_scales.h"
#include "hw/common/error.h"
#include "hw/common/stopwatch.h"
#include "hw/isa/verifier.h"
#include "sim/cli/functional_executor.h"
#include "sim/cli/host_data.h"
#include "sim/cli/network_source.h"
#include "sim/cli/progress.h"

namespace npu::sim {
namespace {

namespace fs = std::filesystem;

compiler::Calibration calibrate_synthetic(const compiler::Graph& canonical, std::uint64_t seed,
                                          bool show_progress) {
  Progress progress("calibrating", kSyntheticInputs, show_progress);
  return compiler::calibrate(
      canonical, kSyntheticInputs,
      fmt::format("synthetic, {} random fields, seed {}", kSyntheticInputs, seed),
      [&](std::int64_t index) {
        return compiler::synthetic_input(canonical.input_shape, synthetic_seed(seed, index + 1));
      },
      [&](std::int64_t done) { progress.update(done); });
}

compiler::Calibration calibrate_images(const compiler::Graph& canonical, const NetworkOptions& options,
                                       compiler::InputFormat format, bool show_progress,
                                       compiler::CalibrationInputs& loaded) {
  const compiler::DataSet data(options.calibration, "", 0, std::move(format));
  // Evenly spread over the set, which may be sorted by class.
  const auto count = std::min(options.calibration_images, data.size());
  Progress progress("calibrating", count, show_progress);
  for (std::int64_t index = 0; index < count; ++index) {
    loaded.push_back(data.input(index * data.size() / count));
  }
  return compiler::calibrate(
      canonical, count, fmt::format("{} of {} images of {}", count, data.size(), options.calibration),
      [&](std::int64_t index) { return loaded[static_cast<std::size_t>(index)]; },
      [&](std::int64_t done) { progress.update(done); });
}

// Nothing where every feature map has a scale already.
std::optional<compiler::Calibration> obtain_calibration(const compiler::Graph& canonical,
                                                        const LoadedNetwork& loaded,
                                                        const NetworkOptions& options,
                                                        PreparedProgram& prepared, bool show_progress) {
  if (options.calibration.empty() && !canonical.given.empty()) {
    const auto unknown = compiler::value_without_scale(canonical);
    if (!unknown) return std::nullopt;
    if (!loaded.built_in) {
      throw InputError(
          "--network " + options.network,
          fmt::format("needs --calibration: '{}' has no scale in {}", *unknown, canonical.given.source));
    }
  }
  if (options.calibration.empty() && !loaded.built_in) {
    throw InputError("--network " + options.network,
                     "needs --calibration: a folder or .npy of images like those the network is for, a "
                     "calibration .json saved "
                     "by an earlier run, or 'synthetic' for random inputs (timing only; accuracy suffers)");
  }
  if (options.calibration.empty() || options.calibration == kSyntheticCalibration) {
    return calibrate_synthetic(canonical, options.seed, show_progress);
  }
  if (fs::path(options.calibration).extension() == ".json") {
    return compiler::load_calibration(options.calibration, canonical);
  }
  return calibrate_images(canonical, options,
                          {prepared.network_source, canonical.input_shape, loaded.normalisation},
                          show_progress, prepared.inputs);
}

// The canonical network with the quantisation that its file or a file of its own gives it.
compiler::Graph canonical_network(const NetworkOptions& options, const compiler::Graph& graph) {
  compiler::Graph canonical = compiler::canonicalise(graph);
  if (!options.quantization.empty()) {
    canonical.given =
        compiler::merged(compiler::load_quantization(options.quantization, canonical), canonical.given);
  }
  return canonical;
}

// The whole recipe where there are images to run it on; what a saved calibration allows without them. Without
// shifts the plain scheme that the shift is compared with.
compiler::Recipe recipe_of(const NetworkOptions& options, int shift_bits, const PreparedProgram& prepared) {
  const bool corrected = options.bias_correction.value_or(shift_bits > 0) && prepared.calibration;
  if (!corrected) return compiler::Recipe::plain(compiler::WeightScheme::kShift, shift_bits);
  compiler::Recipe recipe;
  recipe.shift_bits = shift_bits;
  return prepared.inputs.empty() ? recipe.without_inputs() : recipe;
}

}  // namespace

void add_network_options(CLI::App& command, NetworkOptions& options, bool network_required) {
  auto* network =
      command.add_option("--network", options.network, "An .onnx file or a name of 'npusim networks'");
  if (network_required) network->required();
  command.add_option(
      "--calibration", options.calibration,
      "Folder or .npy of images, a saved calibration .json, or 'synthetic' (default for built-in networks "
      "only)");
  command
      .add_option("--calibration-images", options.calibration_images,
                  "Use at most so many of the calibration images")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  command
      .add_option(
          "--shift-bits", options.shift_bits,
          "Width of the weight-equalising shift, 0 = plain layer-wise quantisation (default: the machine's)")
      ->check(CLI::Range(0, 5));
  command.add_flag_function(
      "--bias-correction,!--no-bias-correction",
      [&options](std::int64_t sign) { options.bias_correction = sign > 0; },
      "Correct biases for the mean error of rounded weights (default: with shifts, not with "
      "--shift-bits 0, which is plain layer-wise quantisation)");
  command.add_option(
      "--quantization", options.quantization,
      "JSON of scales, ranges, shifts, biases or integers to take instead of choosing them, for every "
      "layer or for a few");
  command.add_option("--save-quantization", options.save_quantization,
                     "Write such a JSON with everything that was chosen");
  command
      .add_option("--mapper", options.mapper,
                  "thorough: every tile count; quick: tile counts in powers of two, for sweeps")
      ->transform(CLI::CheckedTransformer(std::map<std::string, compiler::MapperEffort>{
          {"thorough", compiler::MapperEffort::kThorough}, {"quick", compiler::MapperEffort::kQuick}}))
      ->default_str("thorough");
  command
      .add_option("--batch", options.batch, "Images that one run processes; they share the weights on chip")
      ->check(CLI::Range(std::int64_t{1}, compiler::kMaxImages))
      ->capture_default_str();
  command.add_option("--seed", options.seed, "Seed of built-in weights and synthetic inputs")
      ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1} << 32))
      ->capture_default_str();
}

PreparedProgram calibrate_network(const NetworkOptions& options, bool show_progress) {
  auto loaded = load_network(options.network, options.seed);
  PreparedProgram prepared;
  prepared.network_source = loaded.source;
  prepared.normalisation = loaded.normalisation;
  const Stopwatch passes;
  prepared.float_graph = canonical_network(options, loaded.graph);
  prepared.compile_seconds = passes.seconds();
  const Stopwatch calibrating;
  prepared.calibration = obtain_calibration(*prepared.float_graph, loaded, options, prepared, show_progress);
  prepared.calibration_seconds = calibrating.seconds();
  return prepared;
}

void compile_network(const NetworkOptions& options, const hw::ArchConfig& arch, PreparedProgram& prepared,
                     int threads) {
  const Stopwatch watch;
  prepared.shift_bits = options.shift_bits.value_or(arch.compounding.shift_bits);
  const auto recipe = recipe_of(options, *prepared.shift_bits, prepared);
  if (threads == 0) threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  prepared.quantized = compiler::quantize_by_recipe(
                           *prepared.float_graph, prepared.calibration.value_or(compiler::Calibration{}),
                           prepared.inputs, arch, recipe, threads, functional_executor(arch, threads))
                           .quantized;
  prepared.program =
      compiler::compile(*prepared.quantized, arch, {.mapper = options.mapper, .images = options.batch});
  prepared.program.preprocessing_json = normalisation_json(prepared.normalisation);
  prepared.compile_seconds += watch.seconds();
  if (!options.save_quantization.empty()) {
    compiler::save_quantization(compiler::quantization_of(*prepared.quantized, *prepared.float_graph),
                                prepared.program.network, options.save_quantization);
  }
}

PreparedProgram prepare_network(const NetworkOptions& options, const hw::ArchConfig& arch,
                                bool show_progress) {
  require_not_description(options.network, "--save-quantization", options.save_quantization);
  const int machine_bits = arch.compounding.shift_bits;
  if (options.shift_bits && *options.shift_bits > machine_bits) {
    throw InputError(
        fmt::format("--shift-bits {}", *options.shift_bits),
        fmt::format("the machine's shifter has {} (compounding/shift_bits of {})", machine_bits, arch.name));
  }
  PreparedProgram prepared = calibrate_network(options, show_progress);
  compile_network(options, arch, prepared);
  return prepared;
}

PreparedProgram prepare_estimate(const NetworkOptions& options, const hw::ArchConfig& arch) {
  auto loaded = load_network(options.network, options.seed);
  PreparedProgram prepared;
  prepared.network_source = loaded.source;
  const Stopwatch watch;
  prepared.float_graph = canonical_network(options, loaded.graph);
  const int shift_bits = options.shift_bits.value_or(arch.compounding.shift_bits);
  const auto shapes = compiler::shape_graph(*prepared.float_graph, shift_bits);
  compiler::PlanCache plans(arch, options.mapper);
  prepared.program = compiler::compile_shapes(shapes, arch, plans, true, options.batch);
  prepared.compile_seconds = watch.seconds();
  return prepared;
}

PreparedProgram prepare_program_file(const std::string& path, const hw::ArchConfig& arch) {
  PreparedProgram prepared;
  prepared.program = hw::read_program(path);
  hw::check_compatible(prepared.program, arch);
  hw::require_verified(prepared.program);
  prepared.network_source = path;
  prepared.normalisation = normalisation_from_json(prepared.program.preprocessing_json, path);
  return prepared;
}

void require_not_description(const std::string& network, const std::string& option, const std::string& file) {
  const fs::path description = fs::path(network).replace_extension(".json");
  if (file.empty() || fs::path(network).extension() != ".onnx") return;
  if (fs::weakly_canonical(fs::absolute(file)) != fs::weakly_canonical(fs::absolute(description))) return;
  throw InputError(option + " " + file, "is the description of the model beside " + network +
                                            " (its input's mean, std and "
                                            "channel order); expected another name");
}

compiler::InputFormat input_format(const PreparedProgram& prepared) {
  const auto& input = prepared.program.tensor(prepared.program.input);
  return {prepared.network_source, {input.channels, input.height, input.width}, prepared.normalisation};
}

}  // namespace npu::sim
