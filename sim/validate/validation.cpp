#include "sim/validate/validation.h"

#include <algorithm>
#include <cmath>

#include "hw/common/error.h"
#include "sim/validate/paper_machine.h"
#include "sim/validate/published.h"

namespace npu::sim {
namespace {

constexpr const char* kMachine = "squeezelerator_16x16";
constexpr const char* kBaseline = "sqnxt_23v5_1.0";
constexpr double kDecisive = 1.1;  ///< dataflows that differ by less are a tie

double error_of(const Comparison& row) { return std::abs(row.ratio() - 1); }

template <class Value>
double counted_mean(const std::vector<Comparison>& rows, Value&& value) {
  double sum = 0;
  double count = 0;
  for (const auto& row : rows) {
    if (!row.counted) continue;
    sum += value(row);
    ++count;
  }
  return count == 0 ? 0 : sum / count;
}

void add_table3(PaperMachine& machine, Validation& result) {
  const auto table = published_table("squeezenext_table3");
  ComparisonGroup time{"time relative to 1.0-SqNxt-23v5", "", table.source, 7, 3.5, {}};
  ComparisonGroup energy{"energy", "MACs", table.source, 10, 4, {}};
  ComparisonGroup headline{"1.0-SqNxt-23v5 over AlexNet and SqueezeNet v1.0", "", table.source, 7, 0, {}};
  const PaperRun& baseline = machine.run(kBaseline);
  double baseline_energy = 0;
  for (std::size_t index = 0; index < table.rows.size(); ++index) {
    const auto row = table.row(index);
    if (row.text("network") == kBaseline) baseline_energy = row.number("energy_macs");
  }
  for (std::size_t index = 0; index < table.rows.size(); ++index) {
    const auto row = table.row(index);
    const auto& network = row.text("network");
    const PaperRun& run = machine.run(network);
    const double relative = run.kcycles / baseline.kcycles;
    time.rows.push_back({network, relative, row.number("relative_time"), network != kBaseline});
    energy.rows.push_back({network, run.energy, row.number("energy_macs")});
    if (network != "alexnet" && network != "squeezenet_1.0") continue;
    headline.rows.push_back({network + ", faster", relative, row.number("relative_time")});
    headline.rows.push_back({network + ", less energy", run.energy / baseline.energy,
                             row.number("energy_macs") / baseline_energy});
  }
  result.groups.insert(result.groups.end(), {time, energy, headline});
}

void add_absolute(PaperMachine& machine, Validation& result) {
  // Sums of the bars of Fig. 6 of arXiv 1803.10615 and what its text says of v5.
  ComparisonGroup group{"absolute time",
                        "K cycles",
                        "SqueezeNext (arXiv 1803.10615v2), Fig. 6: sum of its bars, and 1.25 M cycles of v5",
                        7,
                        0,
                        {}};
  group.rows.push_back({kBaseline, machine.run(kBaseline).kcycles, 1250});
  const auto table = published_table("sqnxt_23_1.0_layers");
  double sum = 0;
  for (std::size_t index = 0; index < table.rows.size(); ++index) sum += table.row(index).number("kcycles");
  group.rows.push_back({"sqnxt_23_1.0", machine.run("sqnxt_23_1.0").kcycles, sum});
  result.groups.push_back(group);
}

void add_table2(PaperMachine& machine, Validation& result) {
  const auto table = published_table("squeezelerator_table2");
  ComparisonGroup speed{"speed-up of choosing the dataflow by layer", "", table.source, 10, 0, {}};
  ComparisonGroup energy{"energy with one dataflow over energy with the choice", "", table.source, 0, 0, {}};
  for (std::size_t index = 0; index < table.rows.size(); ++index) {
    const auto row = table.row(index);
    const auto& network = row.text("network");
    const auto add = [&](const char* flow, Dataflows dataflows) {
      const PaperRun& best = machine.run(network);
      const PaperRun& fixed = machine.run(network, dataflows);
      const std::string over = std::string("_over_") + flow;
      const std::string item = network + ", over " + flow + " only";
      speed.rows.push_back({item, fixed.kcycles / best.kcycles, row.number("speedup" + over)});
      energy.rows.push_back({item, fixed.energy / best.energy,
                             1 / (1 - row.number("energy_reduction" + over + "_percent") / 100)});
    };
    add("os", Dataflows::kOutputStationaryOnly);
    add("ws", Dataflows::kWeightStationaryOnly);
  }
  result.groups.insert(result.groups.end(), {speed, energy});
}

void add_squeezenet_layers(PaperMachine& machine, Validation& result) {
  constexpr double kSmallestWs = 20;  // K cycles; the figure's reading error is 2
  const std::string network = "squeezenet_1.0";
  const auto table = published_table("squeezenet_1.0_layers");
  const PaperRun& ws = machine.run(network, Dataflows::kWeightStationaryOnly);
  const PaperRun& os = machine.run(network, Dataflows::kOutputStationaryOnly);
  const PaperRun& best = machine.run(network);
  NPU_CHECK(table.rows.size() == best.layers.size(), "a published value for every convolution");
  ComparisonGroup ws_group{"SqueezeNet v1.0 by layer, weight stationary", "K cycles", table.source, 9, 0, {}};
  ComparisonGroup os_group{
      "SqueezeNet v1.0 by layer, output stationary", "K cycles", table.source, 14, 5, {}};
  ComparisonGroup totals{"SqueezeNet v1.0, whole network", "K cycles", table.source, 5, 0, {}};
  DataflowAgreement choice{"SqueezeNet v1.0", table.source, {}};
  double sums[3] = {};
  for (std::size_t index = 0; index < table.rows.size(); ++index) {
    const auto row = table.row(index);
    const auto& item = row.text("layer");
    const double ws_published = row.number("ws_kcycles");
    const double os_published = row.number("os_kcycles");
    ws_group.rows.push_back({item, ws.layers[index].kcycles, ws_published, ws_published > kSmallestWs});
    os_group.rows.push_back({item, os.layers[index].kcycles, os_published});
    const double gap = std::max(ws_published, os_published) / std::min(ws_published, os_published);
    choice.rows.push_back(
        {item, best.layers[index].dataflow, ws_published <= os_published ? "ws" : "os", gap > kDecisive});
    sums[0] += ws_published;
    sums[1] += os_published;
    sums[2] += row.number("best_kcycles");
  }
  totals.rows = {{"weight stationary only", ws.kcycles, sums[0]},
                 {"output stationary only", os.kcycles, sums[1]},
                 {"better of both", best.kcycles, sums[2]}};
  result.groups.insert(result.groups.end(), {ws_group, os_group, totals});
  result.dataflows.push_back(choice);
}

void add_squeezenext_layers(PaperMachine& machine, Validation& result) {
  constexpr double kSmallest = 15;    // K cycles
  constexpr std::size_t kRepeat = 5;  // convolutions of a module
  const auto table = published_table("sqnxt_23_1.0_layers");
  const PaperRun& run = machine.run("sqnxt_23_1.0");
  ComparisonGroup group{"1.0-SqNxt-23 by layer", "K cycles", table.source, 0, 7, {}};
  DataflowAgreement choice{"1.0-SqNxt-23", table.source, {}};
  for (std::size_t index = 0; index < table.rows.size(); ++index) {
    const auto row = table.row(index);
    const auto first = static_cast<std::size_t>(row.number("first")) - 1;
    const auto layers = static_cast<std::size_t>(row.number("layers"));
    double kcycles = 0;
    for (std::size_t layer = 0; layer < layers; ++layer) {
      kcycles += run.layers.at(first + layer * kRepeat).kcycles;
    }
    const double published = row.number("kcycles");
    group.rows.push_back({row.text("layer"), kcycles, published, published > kSmallest});
    choice.rows.push_back({row.text("layer"), run.layers.at(first).dataflow, row.text("dataflow"), true});
  }
  result.groups.push_back(group);
  result.dataflows.push_back(choice);
}

}  // namespace

double ComparisonGroup::geometric_mean_error_percent() const {
  return 100 *
         (std::exp(counted_mean(rows, [](const auto& row) { return std::abs(std::log(row.ratio())); })) - 1);
}

double ComparisonGroup::mean_error_percent() const { return 100 * counted_mean(rows, error_of); }

const Comparison& ComparisonGroup::worst() const {
  NPU_CHECK(!rows.empty(), "a group has rows");
  return *std::max_element(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    return (a.counted ? error_of(a) : -1) < (b.counted ? error_of(b) : -1);
  });
}

std::vector<Comparison> ComparisonGroup::misses() const {
  std::vector<Comparison> found;
  if (goal_each_percent == 0) return found;
  std::copy_if(rows.begin(), rows.end(), std::back_inserter(found),
               [&](const auto& row) { return row.counted && 100 * error_of(row) > goal_each_percent; });
  return found;
}

std::size_t DataflowAgreement::agreeing(bool decisive_only) const {
  return static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(), [&](const auto& row) {
    return (row.decisive || !decisive_only) && row.ours == row.published;
  }));
}

std::size_t DataflowAgreement::considered(bool decisive_only) const {
  return static_cast<std::size_t>(std::count_if(
      rows.begin(), rows.end(), [&](const auto& row) { return row.decisive || !decisive_only; }));
}

Validation validate_against_published(const std::filesystem::path& config_root,
                                      compiler::MapperEffort effort) {
  PaperMachine machine(kMachine, config_root, effort);
  Validation result;
  result.machine = kMachine;
  add_table3(machine, result);
  add_absolute(machine, result);
  add_table2(machine, result);
  add_squeezenet_layers(machine, result);
  add_squeezenext_layers(machine, result);
  return result;
}

}  // namespace npu::sim
