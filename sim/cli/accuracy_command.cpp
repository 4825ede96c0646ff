// npusim accuracy: one network, one labelled data set, several quantisation schemes, all in integers on the
// simulated machine.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

#include "compiler/codegen/compile.h"
#include "compiler/quant/quantizer.h"
#include "compiler/reference/interpreter.h"
#include "hw/common/error.h"
#include "hw/common/file.h"
#include "hw/common/stopwatch.h"
#include "sim/cli/accuracy.h"
#include "sim/cli/accuracy_report.h"
#include "sim/cli/command_line.h"
#include "sim/cli/config_files.h"
#include "sim/cli/exit_codes.h"
#include "sim/cli/functional_executor.h"
#include "sim/cli/host_data.h"
#include "sim/cli/output_folder.h"
#include "sim/cli/prepare.h"
#include "sim/cli/progress.h"
#include "sim/cli/terminal.h"
#include "sim/engines/common/tensor_io.h"
#include "sim/engines/functional/functional_engine.h"
#include "sim/engines/systemc/systemc_engine.h"
#include "sim/plot/plot.h"

namespace npu::sim {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExamples = R"(
Examples:
  npusim accuracy --network net.onnx --calibration photos/ --images val/ --labels val/labels.csv --out results/
      Every scheme: layer, layer_asymmetric, equalised, equalised_shift, shift, channel, alone and with +bias, and
      layer+recipe, channel+recipe, shift+recipe (the default of every command); results/ gets accuracy.json, accuracy.txt and pictures.
  npusim accuracy --network net.onnx --calibration photos/ --images val/ --labels val/labels.csv \
      --schemes shift0,shift1,shift2,shift3,shift4,shift5
      How many bits of shift are enough.
  npusim accuracy --network net.onnx --calibration photos/ --images val/ --labels val/labels.csv \
      --schemes shift+recipe@w6,shift+recipe@a16,shift+recipe@w16
      Narrower weights; weights quantised and (nearly) nothing else; activations and nothing else.
  npusim accuracy --network net.onnx --calibration photos/ --images val/ --labels val/labels.csv \
      --schemes shift,shift+bias,shift+matching,shift+matching+rounding,shift+recipe,shift+bias+kl
      What each step of the recipe buys: bias or analytic or matching; balance (of channels), search, rounding, scores;
      percentile, mse or kl for the ranges of activations.
In the column 'equal', I counts outputs that equal the reference interpreter's byte for byte, S the SystemC machine's.)";

/// Inputs of the layer-by-layer comparison.
constexpr std::int64_t kComparedInputs = 4;

struct AccuracyOptions {
  std::string arch = kDefaultArch;
  NetworkOptions network;
  std::string images;
  std::string labels;
  std::string schemes = "all";
  std::int64_t limit = 0;
  std::int64_t spot_checks = 1;
  int threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  std::string out;
  bool json = false;
  bool quiet = false;

  bool show_progress() const { return !quiet; }
};

class Comparison {
 public:
  Comparison(const AccuracyOptions& options, const hw::ArchConfig& arch, PreparedProgram network,
             compiler::DataSet data)
      : options_(options), arch_(arch), network_(std::move(network)), data_(std::move(data)) {}

  AccuracyReport run(const std::vector<AccuracyScheme>& schemes) {
    AccuracyReport report;
    report.network = graph().name;
    report.arch = arch_.name;
    report.calibration = network_.calibration->source;
    report.images = options_.images;
    report.image_count = data_.size();
    for (const auto& node : graph().nodes) {
      report.float_parameter_bytes += compiler::node_parameters(node) * std::int64_t{sizeof(float)};
    }
    {
      Progress progress("float", report.image_count, options_.show_progress());
      scores_ = float_scores(graph(), data_, options_.threads, [&] { progress.advance(); });
    }
    for (const auto& scheme : schemes) {
      report.schemes.push_back(measure(scheme));
      report.float_top1 = report.schemes.back().accuracy.float_top1;
      report.float_top5 = report.schemes.back().accuracy.float_top5;
    }
    return report;
  }

 private:
  const compiler::Graph& graph() const { return *network_.float_graph; }

  SchemeResult measure(const AccuracyScheme& scheme) {
    SchemeResult result;
    result.scheme = scheme;
    const hw::ArchConfig arch = machine_for(scheme, arch_);
    const Stopwatch quantising;
    compiler::RecipeResult quantised;
    {
      const Progress progress("quantising " + scheme.name, 0, options_.show_progress());
      quantised =
          compiler::quantize_by_recipe(graph(), *network_.calibration, network_.inputs, arch, scheme.recipe,
                                       options_.threads, functional_executor(arch, options_.threads));
    }
    result.quantise_seconds = quantising.seconds();
    const Stopwatch measuring;
    const hw::Program program = compiler::compile(quantised.quantized, arch);
    check(program, quantised.quantized, arch, result);
    {
      Progress progress(scheme.name, data_.size(), options_.show_progress());
      const AccuracyJob job{program, nullptr, data_, options_.threads, &scores_};
      result.accuracy = measure_accuracy(job, [&] { progress.advance(); });
    }
    result.measure_seconds = measuring.seconds();
    result.trials = std::move(quantised.trials);
    result.bytes = scheme_bytes(quantised.quantized);
    result.scales = layer_scales(quantised.scaled, quantised.quantized);
    result.layers = compiler::compare_layers(quantised.scaled, quantised.quantized, compared_inputs());
    return result;
  }

  compiler::CalibrationInputs compared_inputs() const {
    compiler::CalibrationInputs inputs;
    for (std::int64_t i = 0; i < std::min(kComparedInputs, data_.size()); ++i)
      inputs.push_back(data_.input(i));
    return inputs;
  }

  // Functional engine, interpreter and SystemC machine on the first images.
  void check(const hw::Program& program, const compiler::QuantizedGraph& graph, const hw::ArchConfig& arch,
             SchemeResult& result) const {
    FunctionalEngine engine(program);
    const auto checks = std::min(options_.spot_checks, data_.size());
    for (std::int64_t i = 0; i < checks; ++i) {
      const Progress progress("checking " + result.scheme.name, 0, options_.show_progress());
      const auto input = quantized_input(program, data_.input(i));
      const auto output = engine.run(input);
      const auto expected = compiler::interpret(graph, input);
      ++result.interpreter.compared;
      result.interpreter.different +=
          output != expected.tensors[static_cast<std::size_t>(graph.output)] ? 1 : 0;
      const auto timed = run_systemc(program, arch, input);
      ++result.systemc.compared;
      result.systemc.different +=
          timed.output != element_bytes_of(output, program.format.activation_bytes()) ? 1 : 0;
    }
  }

  const AccuracyOptions& options_;
  const hw::ArchConfig& arch_;
  PreparedProgram network_;
  compiler::DataSet data_;
  Scores scores_;
};

void require_inputs(const std::vector<AccuracyScheme>& schemes, const PreparedProgram& network) {
  if (!network.inputs.empty()) return;
  for (const auto& scheme : schemes) {
    if (!scheme.recipe.needs_inputs()) continue;
    throw InputError("--schemes " + scheme.name,
                     "needs the calibration images themselves: give --calibration images, not a saved file");
  }
}

// A QDQ model's own scales are no scheme.
void leave_out_given_scales(const AccuracyOptions& options, PreparedProgram& network) {
  if (!network.calibration) {
    throw InputError(
        options.network.network,
        "is quantised already, and accuracy compares schemes that choose every scale themselves: give "
        "--calibration to quantise it anew, or measure it as it is: npusim run --labels ...");
  }
  if (network.float_graph->given.empty()) return;
  network.float_graph->given = {};
  if (!options.quiet) {
    fmt::print(stderr, "npusim: {}: its own scales are left out, every scheme chooses its own\n",
               options.network.network);
  }
}

int compare_schemes(const AccuracyOptions& options) {
  require_writable_folder(options.out);
  const auto arch = hw::load_arch(find_arch(options.arch));
  const int shift_bits = options.network.shift_bits.value_or(arch.compounding.shift_bits);
  const auto schemes = parse_schemes(options.schemes, shift_bits);
  if (!options.network.quantization.empty()) {
    throw InputError(
        "--quantization " + options.network.quantization,
        "accuracy compares schemes that choose every scale themselves; for the accuracy of a given "
        "quantisation: npusim run --quantization ... --labels ...");
  }
  auto network = calibrate_network(options.network, options.show_progress());
  leave_out_given_scales(options, network);
  require_inputs(schemes, network);
  const auto shape = compiler::infer_shapes(*network.float_graph).at(network.float_graph->output);
  compiler::DataSet data(options.images, options.labels, shape.elements(),
                         {options.network.network, network.float_graph->input_shape, network.normalisation});
  if (options.limit > 0) data.keep_first(options.limit);
  const auto report = Comparison(options, arch, std::move(network), std::move(data)).run(schemes);
  const auto json = accuracy_json(report);
  if (!options.out.empty()) {
    const fs::path folder = options.out;
    OutputFiles files(folder);
    files.add("accuracy.json", json.dump(1) + "\n");
    files.add("accuracy.txt", accuracy_table(report, kDefaultWidth));
    files.commit();
    if (can_draw()) draw_accuracy(report, folder);
  }
  fmt::print("{}", options.json ? json.dump(2) + "\n" : accuracy_table(report, output_width()));
  std::fflush(stdout);
  for (const auto& result : report.schemes) {
    if (result.interpreter.different + result.systemc.different > 0) return kExitNegative;
  }
  return kExitOk;
}

}  // namespace

void add_accuracy_command(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("accuracy", "Compare quantisation schemes on a labelled data set");
  const auto options = std::make_shared<AccuracyOptions>();
  command->footer(kExamples);
  command->add_option("--arch", options->arch, "Machine: a name of 'npusim archs' or a .json file")
      ->capture_default_str();
  add_network_options(*command, options->network, true);
  command
      ->add_option("--images", options->images,
                   "Images to measure accuracy on: a folder, a folder for each class, or a .npy array")
      ->required();
  command->add_option("--labels", options->labels,
                      "CSV with columns file,label for --images; a .npy of integers for a .npy of images");
  command->add_option("--schemes", options->schemes, "all, or a list of schemes with commas between")
      ->capture_default_str();
  command->add_option("--limit", options->limit, "Use the first N images only")
      ->check(CLI::Range(1, 10'000'000));
  command
      ->add_option("--spot-checks", options->spot_checks,
                   "Images on which the engines are compared with the interpreter, for each scheme")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  command->add_option("--threads", options->threads, "Worker threads; results do not depend on it")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command->add_option("--out", options->out, "Folder for accuracy.json, accuracy.txt and pictures");
  auto* json = command->add_flag("--json", options->json, "Print accuracy.json instead of the table");
  command->add_flag("--quiet", options->quiet, "No progress")->excludes(json);
  command->callback([options, &exit_code] { exit_code = compare_schemes(*options); });
}

}  // namespace npu::sim
