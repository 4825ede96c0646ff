// npusim plot: pictures (SVG and PNG) of finished runs and sweeps.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "hw/common/error.h"
#include "sim/cli/command_line.h"
#include "sim/cli/exit_codes.h"
#include "sim/cli/run_plots.h"
#include "sim/cli/sweep_plots.h"

namespace npu::sim {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExamples = R"(
Examples:
  npusim plot layers results/ -o layers
      layers.svg and layers.png: cycles of each layer by dataflow, with the utilisation of the array.
  npusim plot networks v1/ v2/ v3/ -o variants        time bars and energy of several runs
  npusim plot energy v1/ v2/ v3/ -o energy            energy by component, stacked
  npusim plot roofline results/ -o roofline           what limits each layer
  npusim plot memory results/ -o memory               fill of the on-chip memories over time
  npusim plot accuracy v1/ v2/ v3/ -o accuracy        accuracy_time and accuracy_energy of runs with accuracy
  npusim plot accuracy --table results.csv --energy-unit mJ -o accuracy
      The same from columns name,top1_percent,seconds,energy.
  npusim plot front sweep/ --network sqnxt_23v5_1.0 --x latency_seconds --y energy -o front
  npusim plot curve sweep/ --axis pe --metric cycles -o pe_size
      The best cycles at each value of an axis, one curve for each network.
Kinds: layers, roofline, memory (one run); networks, energy, accuracy (runs); front, curve (a sweep).)";

struct PlotOptions {
  std::string kind;
  std::vector<std::string> folders;
  std::string output;
  std::string network;
  std::string x;
  std::string y;
  std::string axis;
  std::string by;
  std::string metric = "cycles";
  std::string table;
  std::string energy_unit = "as in the table";
};

const MetricInfo& metric_named(const std::string& name, const std::string& option) {
  if (const MetricInfo* info = find_metric(name)) return *info;
  std::string known;
  for (const std::string& each : metric_names()) known += (known.empty() ? "" : ", ") + each;
  throw InputError(option, fmt::format("found '{}', expected one of {}", name, known));
}

const RunFolder& only_run(const ResultFolders& results, const PlotOptions& options) {
  if (results.runs.size() == 1) return results.runs.front();
  throw InputError("plot " + options.kind,
                   fmt::format("found {} runs, expected the folder of one", results.runs.size()));
}

const std::vector<RunFolder>& some_runs(const ResultFolders& results, const PlotOptions& options) {
  if (results.runs.empty())
    throw InputError("plot " + options.kind, "found no run; expected folders of 'npusim run --out'");
  return results.runs;
}

const SweepFolder& only_sweep(const ResultFolders& results, const PlotOptions& options) {
  if (results.sweeps.size() == 1) return results.sweeps.front();
  throw InputError(
      "plot " + options.kind,
      fmt::format("found {} sweeps, expected the folder of one 'npusim sweep --out'", results.sweeps.size()));
}

XyPlot front_of(const SweepFolder& sweep, const PlotOptions& options) {
  XyPlot plot;
  with_result_errors(sweep.folder, [&] {
    const auto& spec = sweep.summary.at("sweep");
    const auto objectives = spec.at("objectives").get<std::vector<std::string>>();
    const auto& x = metric_named(options.x.empty() ? objectives.front() : options.x, "--x");
    const auto& y = metric_named(options.y.empty() ? objectives.back() : options.y, "--y");
    const auto networks = spec.at("networks").get<std::vector<std::string>>();
    std::string network = options.network;
    if (network.empty() && networks.size() == 1) network = networks.front();
    const bool of_all = network.empty() && spec.value("front_of", "each_network") == "all_networks";
    if (!of_all && std::find(networks.begin(), networks.end(), network) == networks.end()) {
      std::string known;
      for (const std::string& name : networks) known += (known.empty() ? "" : ", ") + name;
      throw InputError("--network", fmt::format("found '{}', expected one of {}", network, known));
    }
    plot = front_plot(sweep.points, spec.at("name").get<std::string>(), network, x, y);
  });
  if (plot.series.empty()) throw InputError(sweep.folder.string(), "has no front for this network");
  return plot;
}

XyPlot curve_of(const SweepFolder& sweep, const PlotOptions& options) {
  if (options.axis.empty()) throw InputError("plot curve", "needs --axis, the name of an axis of the sweep");
  XyPlot plot;
  with_result_errors(sweep.folder, [&] {
    plot = curve_plot(
        sweep.points, sweep.folder.string(), sweep.summary.at("sweep").at("name").get<std::string>(),
        CurveChoice{options.axis, &metric_named(options.metric, "--metric"), options.by, options.network});
  });
  return plot;
}

/// BASE without an extension of the pictures, so that `-o layers.svg` does what is meant.
fs::path picture_base(const std::string& output) {
  fs::path base = output;
  if (base.extension() == ".svg" || base.extension() == ".png") base.replace_extension();
  return base;
}

template <class Plot>
void draw_and_tell(const Plot& plot, const fs::path& base) {
  draw(plot, base);
  fmt::print("{0}.svg\n{0}.png\n", base.string());
}

void plot_accuracy(const PlotOptions& options, const fs::path& base) {
  std::vector<AccuracyPoint> points;
  std::string unit = options.energy_unit;
  if (!options.table.empty()) {
    points = read_accuracy_table(options.table);
  } else {
    const ResultFolders results = read_result_folders({options.folders.begin(), options.folders.end()});
    points = accuracy_points(some_runs(results, options));
    unit = common_energy_unit(results.runs);
  }
  draw_and_tell(accuracy_time_plot(points), fs::path(base.string() + "_time"));
  draw_and_tell(accuracy_energy_plot(points, unit), fs::path(base.string() + "_energy"));
}

int plot(const PlotOptions& options) {
  const fs::path base = picture_base(options.output);
  if (options.kind == "accuracy") {
    plot_accuracy(options, base);
    return kExitOk;
  }
  const ResultFolders results = read_result_folders({options.folders.begin(), options.folders.end()});
  if (options.kind == "layers") draw_and_tell(layers_plot(only_run(results, options)), base);
  if (options.kind == "roofline") draw_and_tell(roofline_plot(only_run(results, options)), base);
  if (options.kind == "memory") draw_and_tell(memory_plot(only_run(results, options)), base);
  if (options.kind == "networks") draw_and_tell(networks_plot(some_runs(results, options)), base);
  if (options.kind == "energy") draw_and_tell(energy_plot(some_runs(results, options)), base);
  if (options.kind == "front") draw_and_tell(front_of(only_sweep(results, options), options), base);
  if (options.kind == "curve") draw_and_tell(curve_of(only_sweep(results, options), options), base);
  return kExitOk;
}

}  // namespace

void add_plot_command(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("plot", "Draw runs and sweeps as SVG and PNG");
  command->footer(kExamples);
  const auto options = std::make_shared<PlotOptions>();
  command
      ->add_option("kind", options->kind,
                   "layers, roofline, memory, networks, energy, accuracy, front or curve")
      ->required()
      ->check(CLI::IsMember(
          {"layers", "roofline", "memory", "networks", "energy", "accuracy", "front", "curve"}));
  command->add_option("folders", options->folders, "Folders of 'npusim run --out' or 'npusim sweep --out'");
  command->add_option("-o,--output", options->output, "The pictures' path without extension")->required();
  command->add_option("--network", options->network,
                      "front, curve: whose (default: front the sweep's only one, curve all)");
  command->add_option("--x", options->x, "front: metric across (default: the first objective)");
  command->add_option("--y", options->y, "front: metric up (default: the last objective)");
  command->add_option("--axis", options->axis, "curve: the sweep's axis across");
  command->add_option("--by", options->by, "curve: one curve for each value of this axis, too");
  command->add_option("--metric", options->metric, "curve: the metric up")->capture_default_str();
  command->add_option("--table", options->table, "accuracy: a CSV file instead of folders");
  command->add_option("--energy-unit", options->energy_unit, "accuracy --table: the unit of its energies");
  command->callback([options, &exit_code] { exit_code = plot(*options); });
}

}  // namespace npu::sim
