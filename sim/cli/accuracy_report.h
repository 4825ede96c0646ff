// What npusim accuracy found, as text, JSON and pictures. Filled by accuracy_command.cpp; nothing is measured
// here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "compiler/refine/layer_comparison.h"
#include "compiler/refine/recipe.h"
#include "sim/cli/accuracy_schemes.h"
#include "sim/report/run_report.h"

namespace npu::sim {

/// Constants of the network in this scheme, in bytes.
struct SchemeBytes {
  std::int64_t weights = 0;
  std::int64_t biases = 0;
  std::int64_t scales =
      0;  ///< shifts, or multipliers and shifts, of channels, and each layer's multiplier and shift
};

/// Shifts, steps and ranges of one convolution.
struct LayerScales {
  std::string name;
  double weight_scale = 0;
  std::int32_t weight_zero_point = 0;
  std::vector<std::int64_t> shift_histogram;  ///< channels with e_c = index; empty but for shift schemes
  std::vector<double> channel_maxima;         ///< largest |W| of each channel in the float network, as scaled
  std::vector<int> channel_shifts;
  std::int32_t input_zero_point = 0;
  double input_scale = 0;
  double output_scale = 0;
  std::int32_t output_zero_point = 0;
};

struct SchemeResult {
  AccuracyScheme scheme;
  Accuracy accuracy;
  SchemeBytes bytes;
  std::vector<compiler::LayerComparison> layers;
  std::vector<LayerScales> scales;
  std::vector<compiler::BalanceTrial> trials;  ///< of recipes that try how far to balance channels
  double quantise_seconds = 0;
  double measure_seconds = 0;
  EngineCheck interpreter;  ///< outputs of the functional engine against the reference interpreter
  EngineCheck systemc;      ///< against the SystemC machine
};

struct AccuracyReport {
  std::string network;
  std::string arch;
  std::string calibration;
  std::string images;
  std::int64_t image_count = 0;
  std::optional<double> float_top1;
  std::optional<double> float_top5;
  std::int64_t float_parameter_bytes = 0;  ///< 4 bytes each
  std::vector<SchemeResult> schemes;
};

SchemeBytes scheme_bytes(const compiler::QuantizedGraph& graph);
std::vector<LayerScales> layer_scales(const compiler::Graph& scaled, const compiler::QuantizedGraph& graph);

std::string accuracy_table(const AccuracyReport& report, std::size_t width);
nlohmann::ordered_json accuracy_json(const AccuracyReport& report);

/// top1_by_scheme and weight_ranges (.svg and .png) in `folder`; the second for the layer of the last shift
/// scheme whose channels differ most. Throws InputError if gnuplot is missing.
void draw_accuracy(const AccuracyReport& report, const std::filesystem::path& folder);

}  // namespace npu::sim
