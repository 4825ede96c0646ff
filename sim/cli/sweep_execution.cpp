#include "sim/cli/sweep_execution.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "hw/common/error.h"
#include "hw/common/json_reader.h"
#include "hw/common/stopwatch.h"
#include "sim/cli/config_files.h"
#include "sim/cli/exit_codes.h"
#include "sim/cli/output_folder.h"
#include "sim/cli/point_accuracy.h"
#include "sim/cli/point_evaluator.h"
#include "sim/cli/progress.h"
#include "sim/cli/sweep_output.h"
#include "sim/explore/mpi_pool.h"
#include "sim/explore/process_pool.h"
#include "sim/explore/sampling.h"
#include "sim/explore/sweep_runner.h"
#include "sim/explore/sweep_search.h"
#include "sim/report/version.h"

namespace npu::sim {
namespace {

namespace fs = std::filesystem;

DesignSpace make_space(SweepSpec spec) {
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
  context.accuracy_hashes = accuracy_hashes(spec, context.tool_version);
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

// Of a search the points are not known yet: it measures as it goes.
void run_accuracy_stage(SweepRunner& runner, const std::vector<std::int64_t>& points, bool show_progress) {
  std::optional<Progress> progress;
  runner.measure_accuracies(points, [&](std::int64_t done, std::int64_t all) {
    if (!progress) progress.emplace("measuring accuracy", all, show_progress);
    progress->update(done);
  });
}

SweepCounts run_stage(SweepRunner& runner, const std::vector<std::int64_t>& points, const std::string& engine,
                      bool show_progress) {
  Progress progress(engine == "systemc" ? "simulating in SystemC" : "estimating",
                    static_cast<std::int64_t>(points.size()), show_progress);
  return runner.run(points, engine, [&](std::int64_t settled) { progress.update(settled); });
}

SweepCounts run_search_stage(const DesignSpace& space, SweepRunner& runner, const std::string& engine,
                             bool show_progress) {
  Progress progress("searching", space.spec().sampling.points, show_progress);
  return run_search(space, runner, engine, [&](std::int64_t settled) { progress.update(settled); });
}

std::vector<std::string> worker_command() {
  return {fs::read_symlink("/proc/self/exe").string(), "sweep-worker"};
}

std::unique_ptr<WorkerPool> start_workers(const SweepExecution& options, MpiSession* mpi) {
  if (mpi != nullptr) return mpi->pool(worker_command());
  return std::make_unique<ProcessPool>(worker_command(), options.jobs);
}

/// `mpi`: null without mpirun.
int coordinate(const SweepJob& job, MpiSession* mpi) {
  const SweepExecution& options = job.execution;
  const DesignSpace space = make_space(job.specification());
  const SweepSpec& spec = space.spec();
  const bool searches = spec.sampling.method == SamplingMethod::kSearch;
  const auto points = searches ? std::vector<std::int64_t>() : sample_points(space);
  const SweepContext context = context_of(spec);
  require_writable_folder(options.out);
  ResultStore store(
      options.store.empty() ? fs::path(options.out) / "results.sqlite" : fs::path(options.store),
      Database::Access::kReadWrite);
  require_fresh_or_resumed(store, spec, options.resume);
  const auto pool = start_workers(options, mpi);
  SweepRunner runner(space, context, store, *pool);

  SweepFindings findings;
  findings.space_size = space.size();
  const Stopwatch watch;
  run_accuracy_stage(runner, points, !options.quiet);
  findings.counts = searches ? run_search_stage(space, runner, options.engine, !options.quiet)
                             : run_stage(runner, points, options.engine, !options.quiet);
  findings.seconds = watch.seconds();
  const SweepCounts& counts = findings.counts;
  if (counts.excluded > 0 && counts.evaluated + counts.known + counts.refused == 0) {
    throw ConfigError(spec.file, "/constraints",
                      fmt::format("no point of {} that meets them", counts.excluded),
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

int coordinate_all(const std::vector<SweepJob>& jobs, MpiSession* mpi) {
  int worst = kExitOk;
  for (const SweepJob& job : jobs) {
    worst = std::max(worst, coordinate(job, mpi));
    if (job.finished) job.finished();
  }
  return worst;
}

}  // namespace

int execute_sweeps(const std::vector<SweepJob>& jobs) {
  if (ranks_of_job([](const char* name) { return std::getenv(name); }) < 2)
    return coordinate_all(jobs, nullptr);
  MpiSession mpi;
  if (mpi.rank() == 0) return coordinate_all(jobs, &mpi);
  mpi.serve(worker_command());
  return kExitOk;
}

void add_execution_options(CLI::App& command, SweepExecution& options) {
  command
      .add_option("--out", options.out,
                  "Folder for results.sqlite, points.csv, points.json, summary.json, pictures")
      ->required();
  command.add_option("--store", options.store,
                     "Keep the results in this file, perhaps with those of other sweeps");
  command
      .add_option("--engine", options.engine, "estimate: thousands of points; systemc: every point simulated")
      ->check(CLI::IsMember({"estimate", "systemc"}))
      ->capture_default_str();
  command
      .add_option("--jobs", options.jobs,
                  "Worker processes (under mpirun: one for each rank); results do not depend on it")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command.add_flag("--resume", options.resume, "Continue a sweep that was stopped");
  command.add_flag("--no-confirm", options.no_confirm,
                   "Leave out the SystemC runs of the front and the sample");
  command.add_flag("--quiet", options.quiet, "Print nothing");
}

}  // namespace npu::sim
