#include "sim/cli/accuracy_report.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "compiler/quant/conv_quantization.h"
#include "compiler/refine/balance_trial.h"
#include "sim/plot/plot.h"
#include "sim/report/format.h"
#include "sim/report/text_table.h"

namespace npu::sim {
namespace {

using Json = nlohmann::ordered_json;
using compiler::QConv;

constexpr int kSchemaVersion = 1;
constexpr std::size_t kWorstLayers = 3;
constexpr std::int64_t kMultiplierBytes =
    4;  // of a channel, in the parameter block; of a layer, in the instruction
constexpr std::int64_t kShiftBytes = 1;

std::string percent_or_dash(const std::optional<double>& value) {
  return value ? fmt::format("{:.2f}", *value) : "-";
}

Json nullable(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

std::string difference_text(const Accuracy& accuracy) {
  if (!accuracy.top1 || !accuracy.float_top1) return "-";
  return fmt::format("{:+.2f} [{:+.2f}, {:+.2f}]", *accuracy.top1 - *accuracy.float_top1,
                     accuracy.difference_low.value_or(0), accuracy.difference_high.value_or(0));
}

std::vector<compiler::LayerComparison> worst_layers(const SchemeResult& result) {
  auto layers = result.layers;
  std::stable_sort(layers.begin(), layers.end(),
                   [](const auto& a, const auto& b) { return a.sqnr_db < b.sqnr_db; });
  layers.resize(std::min(layers.size(), kWorstLayers));
  return layers;
}

std::string worst_text(const SchemeResult& result) {
  std::string text;
  for (const auto& layer : worst_layers(result)) {
    text += fmt::format("{}{} {:.1f}", text.empty() ? "" : ", ", layer.name, layer.sqnr_db);
  }
  return text;
}

std::string check_text(const SchemeResult& result) {
  const auto one = [](const char* name, const EngineCheck& check) {
    return check.compared == 0
               ? std::string()
               : fmt::format("{} {}/{}", name, check.compared - check.different, check.compared);
  };
  const std::string systemc = one("S", result.systemc);
  return one("I", result.interpreter) + (systemc.empty() ? "" : " " + systemc);
}

Json layer_json(const compiler::LayerComparison& layer) {
  return {{"name", layer.name},
          {"tensor", layer.tensor},
          {"sqnr_db", layer.sqnr_db},
          {"float_mean", layer.float_mean},
          {"integer_mean", layer.integer_mean},
          {"saturated", layer.saturated},
          {"elements", layer.elements}};
}

Json scales_json(const LayerScales& layer) {
  return {{"name", layer.name},
          {"weight_scale", layer.weight_scale},
          {"weight_zero_point", layer.weight_zero_point},
          {"input_scale", layer.input_scale},
          {"input_zero_point", layer.input_zero_point},
          {"output_scale", layer.output_scale},
          {"output_zero_point", layer.output_zero_point},
          {"shift_histogram", layer.shift_histogram},
          {"channel_shifts", layer.channel_shifts},
          {"channel_maxima", layer.channel_maxima}};
}

Json trials_json(const std::vector<compiler::BalanceTrial>& trials) {
  Json json = Json::array();
  for (const auto& trial : trials)
    json.push_back({{"strength", trial.strength}, {"distance", trial.distance}});
  return json;
}

// What the trials decided, a line for each scheme that had any.
std::string trials_text(const AccuracyReport& report) {
  std::string text;
  for (const auto& result : report.schemes) {
    if (result.trials.empty()) continue;
    const double best = compiler::best_strength(result.trials);
    text += fmt::format(
        "{}: channels {}; distance from float on kept calibration images by strength:", result.scheme.name,
        best > 0 ? fmt::format("balanced with strength {}", best) : "left unbalanced");
    for (const auto& trial : result.trials) text += fmt::format(" {} {:.4f}", trial.strength, trial.distance);
    text += "\n";
  }
  return text.empty() ? text : "\n" + text;
}

Json scheme_json(const SchemeResult& result) {
  Json layers = Json::array();
  for (const auto& layer : result.layers) layers.push_back(layer_json(layer));
  Json scales = Json::array();
  for (const auto& layer : result.scales) scales.push_back(scales_json(layer));
  const auto& accuracy = result.accuracy;
  return {
      {"name", result.scheme.name},
      {"description", result.scheme.description},
      {"top1_percent", nullable(accuracy.top1)},
      {"top5_percent", nullable(accuracy.top5)},
      {"difference_points",
       accuracy.top1 && accuracy.float_top1 ? Json(*accuracy.top1 - *accuracy.float_top1) : Json(nullptr)},
      {"difference_low_points", nullable(accuracy.difference_low)},
      {"difference_high_points", nullable(accuracy.difference_high)},
      {"agreement_percent", nullable(accuracy.agreement)},
      {"kl_divergence_nats", nullable(accuracy.divergence)},
      {"weight_bytes", result.bytes.weights},
      {"bias_bytes", result.bytes.biases},
      {"scale_bytes", result.bytes.scales},
      {"interpreter",
       {{"compared", result.interpreter.compared}, {"different", result.interpreter.different}}},
      {"systemc", {{"compared", result.systemc.compared}, {"different", result.systemc.different}}},
      {"quantise_seconds", result.quantise_seconds},
      {"measure_seconds", result.measure_seconds},
      {"balance_trials", trials_json(result.trials)},
      {"layers", layers},
      {"scales", scales}};
}

// How far the channels of a layer lie apart.
double spread(const LayerScales& layer) {
  double smallest = INFINITY;
  double largest = 0;
  for (const double maximum : layer.channel_maxima) {
    if (maximum <= 0) continue;
    smallest = std::min(smallest, maximum);
    largest = std::max(largest, maximum);
  }
  return largest > 0 ? largest / smallest : 0;
}

XyPlot range_plot(const LayerScales& layer) {
  std::vector<std::size_t> order(layer.channel_maxima.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return layer.channel_maxima[a] > layer.channel_maxima[b];
  });
  XySeries before{"before the shift", Mark::kPoints, {}, {}, {}, {}, {}};
  XySeries after{"after the shift", Mark::kPoints, {}, {}, {}, {}, {}};
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const double maximum = layer.channel_maxima[order[rank]];
    if (maximum <= 0) continue;  // no logarithm
    before.x.push_back(static_cast<double>(rank));
    before.y.push_back(maximum);
    after.x.push_back(static_cast<double>(rank));
    after.y.push_back(std::ldexp(maximum, layer.channel_shifts[order[rank]]));
  }
  return {"Largest weight of each output channel of " + layer.name,
          {"output channel, by range", false, {}, {}},
          {"largest |weight|", true, {}, {}},
          {before, after}};
}

}  // namespace

SchemeBytes scheme_bytes(const compiler::QuantizedGraph& graph) {
  SchemeBytes bytes;
  for (const auto& node : graph.nodes) {
    const auto* conv = std::get_if<QConv>(&node.op);
    if (conv == nullptr) continue;
    const auto channels = static_cast<std::int64_t>(conv->bias.size());
    bytes.weights += static_cast<std::int64_t>(conv->weights.size()) * ((graph.weight_bits + 7) / 8);
    bytes.biases += channels * ((graph.accumulator_bits + 7) / 8);
    bytes.scales += conv->channel_multiplier.empty()
                        ? kMultiplierBytes + kShiftBytes + (channels * graph.shift_bits + 7) / 8
                        : channels * (kMultiplierBytes + kShiftBytes);
  }
  return bytes;
}

std::vector<LayerScales> layer_scales(const compiler::Graph& scaled, const compiler::QuantizedGraph& graph) {
  std::map<std::string, const compiler::ConvOp*> float_layers;
  for (const auto& node : scaled.nodes) {
    if (const auto* op = std::get_if<compiler::ConvOp>(&node.op)) float_layers[node.name] = op;
  }
  std::vector<LayerScales> result;
  for (const auto& node : graph.nodes) {
    const auto* conv = std::get_if<QConv>(&node.op);
    const auto layer = float_layers.find(node.name);
    if (conv == nullptr || layer == float_layers.end()) continue;
    const auto& input = graph.tensors[static_cast<std::size_t>(conv->input)];
    const auto& output = graph.tensors[static_cast<std::size_t>(conv->output)];
    LayerScales scales;
    scales.name = node.name;
    scales.weight_scale = double{conv->weight_scale};
    scales.weight_zero_point = conv->weight_zero_point;
    scales.input_scale = double{input.scale};
    scales.input_zero_point = input.zero_point;
    scales.output_scale = double{output.scale};
    scales.output_zero_point = output.zero_point;
    for (const float maximum : compiler::channel_maxima(*layer->second)) {
      scales.channel_maxima.push_back(double{maximum});
    }
    scales.channel_shifts.assign(conv->channel_shift.begin(), conv->channel_shift.end());
    if (conv->channel_multiplier.empty() && graph.shift_bits > 0) {
      scales.shift_histogram.assign(std::size_t{1} << graph.shift_bits, 0);
      for (const auto shift : conv->channel_shift) ++scales.shift_histogram[shift];
    }
    result.push_back(std::move(scales));
  }
  return result;
}

std::string accuracy_table(const AccuracyReport& report, std::size_t width) {
  TextTable table({{"scheme"},
                   {"top-1 %", true},
                   {"top-5 %", true},
                   {"against float, points [95 %]", true},
                   {"agree %", true},
                   {"KL nats", true},
                   {"weights", true},
                   {"biases", true},
                   {"scales", true},
                   {"equal"},
                   {"worst layers, SQNR dB", false, true}});
  table.add_row({"float", percent_or_dash(report.float_top1), percent_or_dash(report.float_top5), "", "", "",
                 bytes_text(report.float_parameter_bytes), "", "", "", ""});
  for (const auto& result : report.schemes) {
    const auto& accuracy = result.accuracy;
    table.add_row({result.scheme.name, percent_or_dash(accuracy.top1), percent_or_dash(accuracy.top5),
                   difference_text(accuracy), percent_or_dash(accuracy.agreement),
                   accuracy.divergence ? fmt::format("{:.4f}", *accuracy.divergence) : "-",
                   bytes_text(result.bytes.weights), bytes_text(result.bytes.biases),
                   bytes_text(result.bytes.scales), check_text(result), worst_text(result)});
  }
  return fmt::format("{} on {}, {} images of {}\ncalibration: {}\n\n{}", report.network, report.arch,
                     with_separators(report.image_count), report.images, report.calibration,
                     table.render(width)) +
         trials_text(report);
}

Json accuracy_json(const AccuracyReport& report) {
  Json schemes = Json::array();
  for (const auto& result : report.schemes) schemes.push_back(scheme_json(result));
  return {{"schema_version", kSchemaVersion},
          {"network", report.network},
          {"arch", report.arch},
          {"calibration", report.calibration},
          {"images", report.images},
          {"image_count", report.image_count},
          {"float",
           {{"top1_percent", nullable(report.float_top1)}, {"top5_percent", nullable(report.float_top5)}}},
          {"schemes", schemes}};
}

void draw_accuracy(const AccuracyReport& report, const std::filesystem::path& folder) {
  BarPlot bars;
  const bool labelled = report.float_top1.has_value();
  bars.title = fmt::format("{}, {} images", report.network, report.image_count);
  bars.y = {labelled ? "top-1, %" : "agreement with float, %", false, 0.0, 100.0};
  BarSeries values{labelled ? "top-1" : "agreement", {}, {}, {}};
  const auto add = [&](const std::string& name, double value, double low, double high) {
    bars.categories.push_back(name);
    values.values.push_back(value);
    values.low.push_back(low);
    values.high.push_back(high);
  };
  if (labelled) add("float", *report.float_top1, *report.float_top1, *report.float_top1);
  for (const auto& result : report.schemes) {
    const auto& accuracy = result.accuracy;
    const double value = labelled ? *accuracy.top1 : accuracy.agreement.value_or(0);
    // The interval of the difference, set on the float network's own value.
    add(result.scheme.name, value,
        labelled ? std::clamp(*report.float_top1 + accuracy.difference_low.value_or(0), 0.0, 100.0) : value,
        labelled ? std::clamp(*report.float_top1 + accuracy.difference_high.value_or(0), 0.0, 100.0) : value);
  }
  bars.bars = {values};
  draw(bars, folder / "top1_by_scheme");
  const LayerScales* widest = nullptr;
  for (const auto& result : report.schemes) {
    for (const auto& layer : result.scales) {
      if (layer.shift_histogram.empty()) continue;
      if (widest == nullptr || spread(layer) > spread(*widest)) widest = &layer;
    }
  }
  if (widest != nullptr) draw(range_plot(*widest), folder / "weight_ranges");
}

}  // namespace npu::sim
