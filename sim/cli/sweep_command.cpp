// npusim sweep: a sweep file to a store of results, tables and pictures; npusim sweep-worker: its hidden
// other half.
#include <CLI/CLI.hpp>
#include <memory>

#include "sim/cli/command_line.h"
#include "sim/cli/exit_codes.h"
#include "sim/cli/point_evaluator.h"
#include "sim/cli/sweep_execution.h"
#include "sim/explore/dispatch.h"

namespace npu::sim {
namespace {

constexpr const char* kExamples = R"(
Examples:
  npusim sweep configs/sweeps/pe_array.json --out sweep/
      Estimates every point, confirms the Pareto front and a random sample with the SystemC machine; sweep/ gets
      results.sqlite, points.csv, points.json, machines.json, summary.json and pictures.
  npusim sweep configs/sweeps/pe_array.json --out sweep/ --resume
      Continues after a stop or a crash: finished points are not computed again.
  mpirun -n 64 npusim sweep big.json --out big/
      The same on many machines: rank 0 hands out points and writes, every rank evaluates.
  npusim sweep big.json --out big/ --store shared.sqlite
      Two sweeps that share a store share their points.)";

struct SweepOptions {
  std::string sweep;
  SweepExecution execution;
};

int run_sweep(const SweepOptions& options) {
  return execute_sweeps({{[&] { return load_sweep(options.sweep); }, options.execution, {}}});
}

}  // namespace

void add_sweep_command(CLI::App& app, int& exit_code) {
  auto* command =
      app.add_subcommand("sweep", "Explore machines and networks: a sweep file to a Pareto front");
  const auto options = std::make_shared<SweepOptions>();
  command->footer(kExamples);
  command->add_option("sweep", options->sweep, "The sweep file (docs/exploration.md)")->required();
  add_execution_options(*command, options->execution);
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
