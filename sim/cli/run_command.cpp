// npusim run: one network or compiled program on one machine; time and energy from the SystemC machine,
// accuracy from the functional engine, outputs of both compared.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <exception>
#include <nlohmann/json.hpp>
#include <thread>

#include "compiler/data/image_set.h"
#include "compiler/quant/shape_graph.h"
#include "hw/common/error.h"
#include "hw/common/file.h"
#include "hw/common/hash.h"
#include "sim/cli/accuracy.h"
#include "sim/cli/command_line.h"
#include "sim/cli/config_files.h"
#include "sim/cli/exit_codes.h"
#include "sim/cli/host_data.h"
#include "sim/cli/output_folder.h"
#include "sim/cli/prepare.h"
#include "sim/cli/progress.h"
#include "sim/cli/terminal.h"
#include "sim/engines/estimate/estimate_engine.h"
#include "sim/engines/functional/functional_engine.h"
#include "sim/engines/systemc/systemc_engine.h"
#include "sim/report/conservation.h"
#include "sim/report/footprint.h"
#include "sim/report/layers_csv.h"
#include "sim/report/result_json.h"
#include "sim/report/tables.h"
#include "sim/report/timeline.h"

namespace npu::sim {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExamples = R"(
Examples:
  npusim run --network sqnxt_23v5_1.0
      A built-in network on the default machine: table by layer, totals.
  npusim run --arch my_npu.json --network net.onnx --calibration photos/ --out results/
      A trained network on your machine; results/ gets result.json, report.txt, layers.csv and
      calibration.json.
  npusim run --network net.onnx --calibration results/calibration.json --images val/ --labels val/labels.csv
      Accuracy too: labels.csv has the columns file,label. The calibration is reused.
  npusim run --network net.onnx --calibration photos/ --images val/ --labels val/labels.csv --engine functional
      Accuracy only, without cycles and energy.
  npusim run --network sqnxt_23v5_1.0 --engine estimate --mapper quick
      Time and energy without data, in milliseconds.
  npusim run --network sqnxt_23v5_1.0 --trace trace.json --wave run.vcd
      When each unit did what: trace.json opens in ui.perfetto.dev or chrome://tracing, run.vcd in GTKWave.
  npusim run --program net.npu --arch slow_dram.json
      A program made by 'npusim compile' on a machine with other latencies and bandwidths.)";

struct RunOptions {
  std::string arch = kDefaultArch;
  NetworkOptions network;
  std::string program;
  std::string images;
  std::string labels;
  std::string input;
  std::string engine = "systemc";
  std::int64_t limit = 0;
  std::int64_t spot_checks = 2;
  int threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  std::string out;
  std::string trace;
  std::string wave;
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  bool footprint = false;

  bool show_progress() const { return !quiet; }
};

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

ImageInputs image_inputs(const PreparedProgram& prepared, const fs::path& folder) {
  const auto& input = prepared.program.tensor(prepared.program.input);
  return {compiler::load_geometry(folder), require_normalisation(prepared),
          compiler::MapShape{input.channels, input.height, input.width}};
}

std::vector<compiler::LabelledImage> list_data_set(const RunOptions& options, const hw::Program& program) {
  if (options.images.empty()) return {};
  const auto& output = program.tensor(program.output);
  const auto classes = static_cast<int>(output.height * output.width * output.channels);
  auto images = options.labels.empty()
                    ? compiler::list_images(options.images)
                    : compiler::list_labelled_images(options.images, options.labels, classes);
  if (images.empty()) throw InputError(options.labels, "lists no image");
  if (options.limit > 0 && options.limit < static_cast<std::int64_t>(images.size())) {
    images.resize(static_cast<std::size_t>(options.limit));
  }
  return images;
}

constexpr std::int64_t kBatchSeeds = 100'000;  // synthetic images of a batch behind the first

// `count` files of the data set from `first` on, starting over at its end.
std::vector<fs::path> consecutive(const std::vector<compiler::LabelledImage>& images, std::int64_t first,
                                  std::int64_t count) {
  std::vector<fs::path> files;
  for (std::int64_t index = 0; index < count; ++index) {
    files.push_back(images[static_cast<std::size_t>(first + index) % images.size()].path);
  }
  return files;
}

std::vector<std::int32_t> batch_of(const hw::Program& program, const ImageInputs& inputs,
                                   const std::vector<fs::path>& files) {
  std::vector<std::int32_t> batch;
  for (const auto& file : files) {
    const auto values = quantized_input(program, inputs.load(file));
    batch.insert(batch.end(), values.begin(), values.end());
  }
  return batch;
}

// The input whose execution is timed (as many as the program's batch): --input, else the first image of the
// data set, else of the calibration folder, else a synthetic one.
std::vector<std::int32_t> timed_input(const RunOptions& options, const PreparedProgram& prepared,
                                      const std::vector<compiler::LabelledImage>& images, RunReport& report) {
  fs::path image = options.input;
  if (image.empty() && !images.empty()) image = images.front().path;
  if (image.empty() && fs::is_directory(options.network.calibration)) {
    image = compiler::list_images(options.network.calibration).front().path;
  }
  const std::int64_t count = prepared.program.images();
  if (!image.empty()) {
    report.input_source = image.string();
    if (count == 1 || !options.input.empty() || images.empty()) {
      if (count > 1) report.input_source += fmt::format(", {} times", count);
      const std::vector<fs::path> files(static_cast<std::size_t>(count), image);
      return batch_of(prepared.program, image_inputs(prepared, image.parent_path()), files);
    }
    report.input_source += fmt::format(" and the next {}", count - 1);
    return batch_of(prepared.program, image_inputs(prepared, image.parent_path()),
                    consecutive(images, 0, count));
  }
  const auto& input = prepared.program.tensor(prepared.program.input);
  report.input_source = fmt::format(
      "{}, seed {}", count == 1 ? "synthetic random field" : fmt::format("{} synthetic random fields", count),
      options.network.seed);
  std::vector<std::int32_t> batch;
  for (std::int64_t index = 0; index < count; ++index) {
    // Seeds of the calibration's inputs are small and positive.
    const auto seed = synthetic_seed(options.network.seed, index == 0 ? 0 : kBatchSeeds + index);
    const auto field = compiler::synthetic_input({input.channels, input.height, input.width}, seed);
    const auto values = quantized_input(prepared.program, field);
    batch.insert(batch.end(), values.begin(), values.end());
  }
  return batch;
}

void compare(const std::vector<std::uint8_t>& timed, const std::vector<std::uint8_t>& functional,
             RunReport& report) {
  ++report.check.compared;
  if (timed != functional) ++report.check.different;
}

void run_estimate_engine(const std::filesystem::path& configs, RunReport& report) {
  const auto energies = hw::load_unit_energies(report.arch, configs);
  const auto start = std::chrono::steady_clock::now();
  report.timed = TimedRun{run_estimate(report.program, report.arch), energies};
  report.host.simulation = seconds_since(start);
  report.input_source = "none (an estimate has no data)";
}

// Runs the input on the functional engine and, if asked, on the SystemC machine.
void run_timed_input(const RunOptions& options, const std::vector<std::int32_t>& input,
                     const std::filesystem::path& configs, RunReport& report) {
  FunctionalEngine engine(report.program);
  const auto output = element_bytes_of(engine.run(input), report.program.format.activation_bytes());
  report.output_sha256 = sha256_hex(output);
  report.saturated = engine.saturated();
  if (options.engine != "systemc") return;
  const auto energies = hw::load_unit_energies(report.arch, configs);
  const Progress progress("simulating in SystemC", 0, options.show_progress());
  const auto start = std::chrono::steady_clock::now();
  report.timed =
      TimedRun{run_systemc(report.program, report.arch, input, {"", 0, "", options.wave}), energies};
  report.host.simulation = seconds_since(start);
  compare(report.timed->result.output, output, report);
}

void spot_check(const RunOptions& options, const ImageInputs& inputs,
                const std::vector<compiler::LabelledImage>& images, RunReport& report) {
  const auto available = static_cast<std::int64_t>(images.size());
  const auto checks = std::min(options.spot_checks, available - 1);  // the first image was the timed one
  Progress progress("spot-checking in SystemC", checks, options.show_progress());
  FunctionalEngine engine(report.program);
  for (std::int64_t check = 1; check <= checks; ++check) {
    const auto first = check * (available - 1) / checks;
    const auto input = batch_of(report.program, inputs, consecutive(images, first, report.program.images()));
    const auto timed = run_systemc(report.program, report.arch, input);
    compare(timed.output, element_bytes_of(engine.run(input), report.program.format.activation_bytes()),
            report);
    progress.advance();
  }
}

void measure_data_set(const RunOptions& options, const PreparedProgram& prepared,
                      const std::vector<compiler::LabelledImage>& images, RunReport& report) {
  const auto inputs = image_inputs(prepared, options.images);
  const auto start = std::chrono::steady_clock::now();
  {
    Progress progress("classifying", static_cast<std::int64_t>(images.size()), options.show_progress());
    const AccuracyJob job{report.program, prepared.float_graph ? &*prepared.float_graph : nullptr, images,
                          inputs, options.threads};
    report.accuracy = measure_accuracy(job, [&] { progress.advance(); });
  }
  report.accuracy->source =
      options.images + (options.labels.empty() ? ", no labels" : ", labels " + options.labels);
  report.host.accuracy = seconds_since(start);
  if (options.engine == "systemc") spot_check(options, inputs, images, report);
}

void print_report(const RunOptions& options, const RunReport& report, const Summary& summary,
                  const nlohmann::ordered_json& json) {
  if (options.json) {
    fmt::print("{}\n", json.dump(2));
  } else if (options.quiet) {
    fmt::print("{}", headline(report, summary));
  } else {
    const auto width = output_width();
    fmt::print("{}\n", layer_table(report, summary, width));
    if (options.verbose) fmt::print("{}\n", choice_table(report.program, width));
    if (options.verbose && report.timed) fmt::print("{}\n", unit_table(report.timed->result, width));
    if (options.footprint) fmt::print("{}\n", footprint_text(report, summary));
    fmt::print("{}", totals_text(report, summary));
    if (!options.out.empty()) fmt::print("  {:<18} {}\n", "files", options.out);
  }
  std::fflush(stdout);
}

void write_report(const RunOptions& options, const PreparedProgram& prepared, const RunReport& report,
                  const Summary& summary, const nlohmann::ordered_json& json) {
  if (options.out.empty()) return;
  std::string text =
      layer_table(report, summary, kDefaultWidth) + "\n" + choice_table(report.program, kDefaultWidth);
  if (report.timed) text += "\n" + unit_table(report.timed->result, kDefaultWidth);
  text += "\n" + footprint_text(report, summary) + "\n" + totals_text(report, summary);
  OutputFiles files(options.out);
  files.add("report.txt", text);
  if (report.timed) files.add("layers.csv", layers_csv(report, summary));
  if (prepared.calibration)
    compiler::save_calibration(*prepared.calibration, files.place_for("calibration.json"));
  files.add("result.json", json.dump(2) + "\n");
  files.commit();
}

void write_trace(const RunOptions& options, const RunReport& report) {
  if (options.trace.empty()) return;
  write_file(options.trace, timeline_json(report.program, report.arch, report.timed->result).dump() + "\n");
}

void check_options(const RunOptions& options) {
  if (options.network.network.empty() == options.program.empty()) {
    throw InputError("run", "give either --network or --program");
  }
  if (!options.labels.empty() && options.images.empty()) throw InputError("--labels", "needs --images");
  if (options.engine == "estimate" && !(options.images.empty() && options.input.empty())) {
    throw InputError(options.images.empty() ? "--input" : "--images",
                     "the estimate engine has no data; use --engine systemc or functional");
  }
  if (!options.trace.empty() && options.engine == "functional") {
    throw InputError("--trace", "the functional engine has no time; use --engine systemc or estimate");
  }
  if (!options.wave.empty() && options.engine != "systemc") {
    throw InputError("--wave", "only the SystemC machine has signals; use --engine systemc");
  }
}

PreparedProgram prepare(const RunOptions& options, const hw::ArchConfig& arch) {
  if (!options.program.empty()) return prepare_program_file(options.program, arch);
  if (options.engine == "estimate") return prepare_estimate(options.network, arch);
  return prepare_network(options.network, arch, options.show_progress());
}

int run(const RunOptions& options) {
  check_options(options);
  require_writable_folder(options.out);
  RunReport report;
  report.arch_source = find_arch(options.arch).string();
  report.arch = hw::load_arch(report.arch_source);
  report.engine = options.engine;
  const auto prepared = prepare(options, report.arch);
  report.program = prepared.program;
  report.network_source = prepared.network_source;
  report.shift_bits = prepared.shift_bits;
  if (prepared.calibration) {
    report.calibration_source = prepared.calibration->source;
    report.calibration_inputs = prepared.calibration->inputs;
  }
  report.host.calibration = prepared.calibration_seconds;
  report.host.compile = prepared.compile_seconds;

  if (options.footprint && prepared.float_graph) {
    report.advice = compiler::advise_buffers(compiler::shape_graph(*prepared.float_graph), report.arch,
                                             options.network.mapper, report.program.images());
  }
  const auto images = list_data_set(options, report.program);
  if (options.engine == "estimate") {
    run_estimate_engine(config_root(), report);
  } else {
    run_timed_input(options, timed_input(options, prepared, images, report), config_root(), report);
  }
  if (!images.empty()) measure_data_set(options, prepared, images, report);

  const auto summary = summarize(report);
  check_conservation(report, summary);
  const auto json = result_json(report, summary);
  // Neither a closed pipe nor a full disk may cost the other output: files first, their fault told after
  // printing.
  std::exception_ptr write_error;
  try {
    write_report(options, prepared, report, summary, json);
    write_trace(options, report);
  } catch (const Error&) {
    write_error = std::current_exception();
  }
  print_report(options, report, summary, json);
  if (write_error) std::rethrow_exception(write_error);
  if (report.check.different == 0) return kExitOk;
  fmt::print(stderr,
             "npusim run: {} of {} outputs of the SystemC machine differ from the functional engine's\n",
             report.check.different, report.check.compared);
  return kExitNegative;
}

void add_output_options(CLI::App& command, RunOptions& options) {
  command.add_option("--out", options.out,
                     "Folder for result.json, report.txt, layers.csv and calibration.json");
  command.add_option("--trace", options.trace,
                     "Write when each unit did what, with DRAM bandwidth and SRAM fill, as trace-event JSON");
  command.add_option("--wave", options.wave, "Write the SystemC machine's signals over time as VCD");
  auto* json = command.add_flag("--json", options.json, "Print result.json instead of tables");
  command.add_flag("--quiet", options.quiet, "Print one line, no progress")->excludes(json);
  command.add_flag("--footprint", options.footprint,
                   "Also print how full the SRAMs were and with what, and which buffer size would end each "
                   "reload (compiles for many sizes)");
  command.add_flag("--verbose", options.verbose,
                   "Also print tilings, reasons for dataflows, and the time of each unit");
}

}  // namespace

void add_run_command(CLI::App& app, int& exit_code) {
  auto* command =
      app.add_subcommand("run", "Compile a network, simulate it, report time, energy, memory and accuracy");
  const auto options = std::make_shared<RunOptions>();
  command->footer(kExamples);
  command->add_option("--arch", options->arch, "Machine: a name of 'npusim archs' or a .json file")
      ->capture_default_str();
  add_network_options(*command, options->network, false);
  command->add_option("--program", options->program, "A program of 'npusim compile' instead of --network");
  command->add_option("--images", options->images, "Folder of images to measure accuracy on");
  command->add_option("--labels", options->labels, "CSV with columns file,label for --images");
  command->add_option("--limit", options->limit, "Use the first N images only")
      ->check(CLI::Range(1, 10'000'000));
  command->add_option("--input", options->input,
                      "The image whose execution is timed (default: the first there is)");
  command
      ->add_option(
          "--engine", options->engine,
          "systemc: results, time and energy; functional: results only; estimate: time and energy without "
          "data, at once")
      ->check(CLI::IsMember({"systemc", "functional", "estimate"}))
      ->capture_default_str();
  command->add_option("--spot-checks", options->spot_checks, "Further images to compare between the engines")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  command->add_option("--threads", options->threads, "Threads for accuracy; results do not depend on it")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  add_output_options(*command, *options);
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace npu::sim
