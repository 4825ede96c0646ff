// npusim sweep: a sweep file to a store of results, tables and pictures; npusim sweep-worker: its hidden
// other half.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <thread>

#include "hw/common/error.h"
#include "hw/common/file.h"
#include "hw/common/json_reader.h"
#include "hw/common/stopwatch.h"
#include "sim/cli/command_line.h"
#include "sim/cli/config_files.h"
#include "sim/cli/exit_codes.h"
#include "sim/cli/output_folder.h"
#include "sim/cli/point_evaluator.h"
#include "sim/cli/progress.h"
#include "sim/cli/sweep_output.h"
#include "sim/explore/process_pool.h"
#include "sim/explore/sampling.h"
#include "sim/explore/sweep_runner.h"
#include "sim/report/version.h"

namespace npu::sim {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExamples = R"(
Examples:
  npusim sweep configs/sweeps/pe_array.json --out sweep/
      Estimates every point, confirms the Pareto front and a random sample with the SystemC machine; sweep/ gets
      results.sqlite, points.csv, points.json, summary.json and pictures.
  npusim sweep configs/sweeps/pe_array.json --out sweep/ --resume
      Continues after a stop or a crash: finished points are not computed again.
  npusim sweep big.json --out big/ --store shared.sqlite
      Two sweeps that share a store share their points.)";

struct SweepOptions {
  std::string sweep;
  std::string out;
  std::string store;
  std::string engine = "estimate";
  int jobs = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  bool resume = false;
  bool no_confirm = false;
  bool quiet = false;
};

DesignSpace load_space(const std::string& file) {
  SweepSpec spec = load_sweep(file);
  std::vector<nlohmann::json> bases;
  for (const std::string& name : spec.architectures) {
    const fs::path path = find_arch(name);
    hw::load_arch(path);  // its faults are reported as its own
    bases.push_back(read_json_file(path));
  }
  return DesignSpace(std::move(spec), std::move(bases));
}

SweepContext context_of(const SweepSpec& spec) {
  SweepContext context;
  context.tool_version = tool_version() + " " + git_revision();
  for (const std::string& network : spec.networks) context.network_hashes[network] = network_hash(network);
  return context;
}

void require_fresh_or_resumed(ResultStore& store, const SweepSpec& spec, bool resume) {
  const bool there = store.has_sweep(spec.name);
  if (there == resume) return;
  throw InputError(
      store.database().file().string(),
      there ? fmt::format("holds the sweep '{}' already; expected --resume, or another --out", spec.name)
            : fmt::format("holds no sweep '{}' to resume; expected a run without --resume", spec.name));
}

SweepCounts run_stage(SweepRunner& runner, const std::vector<std::int64_t>& points, const std::string& engine,
                      bool show_progress) {
  Progress progress(engine == "systemc" ? "simulating in SystemC" : "estimating",
                    static_cast<std::int64_t>(points.size()), show_progress);
  return runner.run(points, engine, [&](std::int64_t settled) { progress.update(settled); });
}

int run_sweep(const SweepOptions& options) {
  const DesignSpace space = load_space(options.sweep);
  const SweepSpec& spec = space.spec();
  const auto points = sample_points(space);
  const SweepContext context = context_of(spec);
  require_writable_folder(options.out);
  ResultStore store(
      options.store.empty() ? fs::path(options.out) / "results.sqlite" : fs::path(options.store),
      Database::Access::kReadWrite);
  require_fresh_or_resumed(store, spec, options.resume);
  ProcessPool pool({fs::read_symlink("/proc/self/exe").string(), "sweep-worker"}, options.jobs);
  SweepRunner runner(space, context, store, pool);

  SweepFindings findings;
  findings.space_size = space.size();
  const Stopwatch watch;
  findings.counts = run_stage(runner, points, options.engine, !options.quiet);
  findings.seconds = watch.seconds();
  if (findings.counts.excluded == static_cast<std::int64_t>(points.size())) {
    throw ConfigError(spec.file, "/constraints", fmt::format("no point of {} that meets them", points.size()),
                      "constraints that some point meets");
  }
  findings.rows = sweep_rows(store, runner.sweep(), spec, options.engine);
  if (options.engine == "estimate" && !options.no_confirm) {
    const auto chosen = points_to_confirm(findings.rows, spec);
    findings.confirmation = run_stage(runner, chosen, "systemc", !options.quiet);
    findings.confirmed = sweep_rows(store, runner.sweep(), spec, "systemc");
    findings.error = estimate_error(findings.rows, findings.confirmed);
  }
  write_findings(spec, findings, options.out);
  if (!options.quiet) fmt::print("{}", findings_text(spec, findings, options.out));
  return findings.counts.failed + findings.confirmation.failed > 0 ? kExitSimulationError : kExitOk;
}

}  // namespace

void add_sweep_command(CLI::App& app, int& exit_code) {
  auto* command =
      app.add_subcommand("sweep", "Explore machines and networks: a sweep file to a Pareto front");
  const auto options = std::make_shared<SweepOptions>();
  command->footer(kExamples);
  command->add_option("sweep", options->sweep, "The sweep file (docs/exploration.md)")->required();
  command
      ->add_option("--out", options->out,
                   "Folder for results.sqlite, points.csv, points.json, summary.json, pictures")
      ->required();
  command->add_option("--store", options->store,
                      "Keep the results in this file, perhaps with those of other sweeps");
  command
      ->add_option("--engine", options->engine,
                   "estimate: thousands of points; systemc: every point simulated")
      ->check(CLI::IsMember({"estimate", "systemc"}))
      ->capture_default_str();
  command->add_option("--jobs", options->jobs, "Worker processes; results do not depend on it")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command->add_flag("--resume", options->resume, "Continue a sweep that was stopped");
  command->add_flag("--no-confirm", options->no_confirm,
                    "Leave out the SystemC runs of the front and the sample");
  command->add_flag("--quiet", options->quiet, "Print nothing");
  command->callback([options, &exit_code] { exit_code = run_sweep(*options); });
}

void add_sweep_worker_command(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("sweep-worker", "Evaluate points of a sweep (used by npusim itself)");
  command->group("");  // not listed
  command->callback([&exit_code] {
    PointEvaluator evaluator;
    serve_standard_input([&](const nlohmann::json& request) {
      return to_json(evaluator.evaluate(request_from_json(request)));
    });
    exit_code = kExitOk;
  });
}

}  // namespace npu::sim
