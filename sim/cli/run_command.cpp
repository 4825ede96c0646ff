// npusim run: one network or compiled program on one machine; time and energy from the SystemC machine,
// accuracy from the functional engine, outputs of both compared.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <nlohmann/json.hpp>
#include <thread>

#include "compiler/data/data_set.h"
#include "compiler/quant/shape_graph.h"
#include "hw/common/error.h"
#include "hw/common/file.h"
#include "hw/common/stopwatch.h"
#include "sim/cli/accuracy.h"
#include "sim/cli/command_line.h"
#include "sim/cli/config_files.h"
#include "sim/cli/execution.h"
#include "sim/cli/exit_codes.h"
#include "sim/cli/host_data.h"
#include "sim/cli/output_folder.h"
#include "sim/cli/prepare.h"
#include "sim/cli/progress.h"
#include "sim/cli/terminal.h"
#include "sim/engines/common/tensor_io.h"
#include "sim/engines/functional/functional_engine.h"
#include "sim/engines/systemc/systemc_engine.h"
#include "sim/report/conservation.h"
#include "sim/report/footprint.h"
#include "sim/report/layers_csv.h"
#include "sim/report/result_json.h"
#include "sim/report/roofline.h"
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

std::optional<compiler::DataSet> open_data_set(const RunOptions& options, const PreparedProgram& prepared) {
  if (options.images.empty()) return std::nullopt;
  const auto classes = prepared.program.tensor(prepared.program.output).elements();
  compiler::DataSet data(options.images, options.labels, classes, input_format(prepared));
  if (options.limit > 0) data.keep_first(options.limit);
  return data;
}

// The program's batch of samples from `first` on, starting over at the end of the set.
std::vector<std::int32_t> batch_of(const hw::Program& program, const compiler::DataSet& data,
                                   std::int64_t first) {
  std::vector<std::int32_t> batch;
  for (std::int64_t image = 0; image < program.images(); ++image) {
    const auto values = quantized_input(program, data.input((first + image) % data.size()));
    batch.insert(batch.end(), values.begin(), values.end());
  }
  return batch;
}

// The input whose execution is timed (as many as the program's batch): --input, else the first of the data
// set, else of the calibration images, else a synthetic one.
std::vector<std::int32_t> timed_input(const RunOptions& options, const PreparedProgram& prepared,
                                      const std::optional<compiler::DataSet>& data, RunReport& report) {
  const std::int64_t count = prepared.program.images();
  const auto from = [&](const compiler::DataSet& source) {
    report.input_source = source.name(0);
    if (count > 1) {
      report.input_source +=
          source.size() == 1 ? fmt::format(", {} times", count) : fmt::format(" and the next {}", count - 1);
    }
    return batch_of(prepared.program, source, 0);
  };
  if (!options.input.empty()) return from({options.input, "", 0, input_format(prepared)});
  if (data) return from(*data);
  if (!prepared.inputs.empty()) return from({options.network.calibration, "", 0, input_format(prepared)});
  report.input_source = fmt::format(
      "{}, seed {}", count == 1 ? "synthetic random field" : fmt::format("{} synthetic random fields", count),
      options.network.seed);
  return synthetic_codes(prepared.program, options.network.seed);
}

void spot_check(const RunOptions& options, const compiler::DataSet& data, RunReport& report) {
  const auto checks = std::min(options.spot_checks, data.size() - 1);  // the first image was the timed one
  Progress progress("spot-checking in SystemC", checks, options.show_progress());
  FunctionalEngine engine(report.program);
  for (std::int64_t check = 1; check <= checks; ++check) {
    const auto input = batch_of(report.program, data, check * (data.size() - 1) / checks);
    compare_outputs(run_systemc(report.program, report.arch, input).output,
                    element_bytes_of(engine.run(input), report.program.format.activation_bytes()),
                    report.check);
    progress.advance();
  }
}

void measure_data_set(const RunOptions& options, const PreparedProgram& prepared,
                      const compiler::DataSet& data, RunReport& report) {
  const Stopwatch watch;
  {
    Progress progress("classifying", data.size(), options.show_progress());
    const AccuracyJob job{report.program, prepared.float_graph ? &*prepared.float_graph : nullptr, data,
                          options.threads};
    report.accuracy = measure_accuracy(job, [&] { progress.advance(); });
  }
  report.accuracy->source =
      options.images + (options.labels.empty() ? ", no labels" : ", labels " + options.labels);
  report.host.accuracy = watch.seconds();
  if (options.engine == "systemc") spot_check(options, data, report);
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
    if (options.verbose && report.timed) {
      fmt::print("{}\n{}\n", unit_table(report.timed->result, width),
                 roofline_table(roofline(report, summary), width));
    }
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
  if (report.timed) {
    text += "\n" + unit_table(report.timed->result, kDefaultWidth) + "\n" +
            roofline_table(roofline(report, summary), kDefaultWidth);
  }
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
  const std::string arch_source = find_arch(options.arch).string();
  const hw::ArchConfig arch = hw::load_arch(arch_source);
  const auto prepared = prepare(options, arch);
  RunReport report = describe_run(prepared, arch, arch_source, options.engine);

  if (options.footprint && prepared.float_graph) {
    const int shift_bits = options.network.shift_bits.value_or(arch.compounding.shift_bits);
    report.advice = compiler::advise_buffers(compiler::shape_graph(*prepared.float_graph, shift_bits),
                                             report.arch, options.network.mapper, report.program.images());
  }
  const auto data = open_data_set(options, prepared);
  if (options.engine == "estimate") {
    run_without_data(config_root(), report);
  } else {
    const Progress progress("simulating", 0, options.show_progress());
    SystemcOptions systemc;
    systemc.wave_out = options.wave;
    run_with_data(timed_input(options, prepared, data, report), config_root(), systemc, report);
  }
  if (data) measure_data_set(options, prepared, *data, report);

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
  command->add_option("--images", options->images,
                      "Images to measure accuracy on: a folder, a folder for each class, or a .npy array");
  command->add_option("--labels", options->labels,
                      "CSV with columns file,label for --images; a .npy of integers for a .npy of images");
  command->add_option("--limit", options->limit, "Use the first N images only")
      ->check(CLI::Range(1, 10'000'000));
  command->add_option(
      "--input", options->input,
      "The image or .npy network input whose execution is timed (default: the first there is)");
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
