#include "compiler/refine/calibration_run.h"

#include <algorithm>

#include "compiler/quant/quantizer.h"
#include "compiler/reference/interpreter.h"
#include "compiler/refine/parallel_for.h"
#include "compiler/refine/tap_covariance.h"
#include "hw/common/error.h"

namespace npu::compiler {
namespace {

constexpr std::int64_t kWindowsPerMap = 128;

std::vector<std::int16_t> narrowed(const std::vector<std::int32_t>& values) {
  return {values.begin(), values.end()};
}

const QTensor& tensor_of(const QuantizedGraph& graph, TensorId id) {
  return graph.tensors[static_cast<std::size_t>(id)];
}

/// Mean of measure(q) over all maps and pixels, [channel].
template <class Measure>
std::vector<double> channel_means(const std::vector<MapElements>& maps, std::int64_t channel_count,
                                  int threads, const Measure& measure) {
  const auto channels = static_cast<std::size_t>(channel_count);
  std::vector<std::vector<std::int64_t>> sums(maps.size());
  parallel_for(maps.size(), threads, [&](std::size_t map) {
    auto& sum = sums[map];
    sum.assign(channels, 0);
    for (std::size_t i = 0; i < maps[map].size(); i += channels) {
      for (std::size_t channel = 0; channel < channels; ++channel)
        sum[channel] += measure(maps[map][i + channel]);
    }
  });
  std::vector<double> result(channels, 0.0);
  const double count = static_cast<double>(maps.size() * maps.front().size()) / static_cast<double>(channels);
  for (std::size_t channel = 0; channel < channels; ++channel) {
    std::int64_t total = 0;
    for (const auto& sum : sums) total += sum[channel];
    result[channel] = static_cast<double>(total) / count;
  }
  return result;
}

}  // namespace

CalibrationRun::CalibrationRun(const Graph& canonical, const Calibration& calibration,
                               const CalibrationInputs& inputs, int threads)
    : graph_(canonical), calibration_(calibration), inputs_(inputs), threads_(threads) {
  NPU_CHECK(!inputs.empty() && threads > 0, "a calibration run needs inputs and threads");
  for (const Node& node : canonical.nodes) {
    for (const auto& input : node.inputs) readers_[input].insert(node.name);
  }
}

InputMeans CalibrationRun::means(const std::string& value, const QuantizedGraph& so_far, TensorId id) {
  advance(so_far);
  const QTensor& tensor = tensor_of(so_far, id);
  InputMeans result{calibration_.values.at(value).channel_mean, {}};
  for (const double mean : channel_means(tensors_.at(id), tensor.shape.channels, threads_,
                                         [](std::int16_t q) { return std::int64_t{q}; })) {
    result.quantised.push_back(static_cast<float>((mean - tensor.zero_point) * double{tensor.scale}));
  }
  return result;
}

OutputMeans CalibrationRun::output_means(const std::string& value, const QuantizedGraph& so_far,
                                         double leaky_slope) {
  const auto& conv = std::get<QConv>(so_far.nodes.back().op);
  const InputMeans output = means(value, so_far, conv.output);
  OutputMeans result{output.real, output.quantised, {}};
  const auto& maps = tensors_.at(conv.output);
  const std::int64_t channels = tensor_of(so_far, conv.output).shape.channels;
  const bool leaky = conv.stage.leaky;
  const std::int32_t low = leaky ? conv.stage.zero_point : conv.stage.low;
  const std::int32_t high = conv.stage.high;
  for (const double moving : channel_means(maps, channels, threads_, [&](std::int16_t q) {
         return std::int64_t{q > low && q < high ? 1 : 0};
       })) {
    result.slope.push_back(static_cast<float>(leaky ? moving + (1 - moving) * leaky_slope : moving));
  }
  tensors_.erase(conv.output);
  --executed_;
  return result;
}

std::vector<TapCovariance> CalibrationRun::covariances(const ConvOp& op, const QuantizedGraph& so_far,
                                                       TensorId id) {
  advance(so_far);
  const QTensor& tensor = tensor_of(so_far, id);
  return tap_covariances(op, tensors_.at(id), tensor.shape, tensor.zero_point, kWindowsPerMap, threads_);
}

void CalibrationRun::advance(const QuantizedGraph& so_far) {
  if (tensors_.empty()) quantize_inputs(so_far);
  for (; executed_ < so_far.nodes.size(); ++executed_) {
    // The last node may run again, with another bias: its inputs go when the next one runs.
    if (executed_ > 0) release(so_far, so_far.nodes[executed_ - 1].name);
    execute(so_far, so_far.nodes[executed_]);
  }
}

void CalibrationRun::quantize_inputs(const QuantizedGraph& so_far) {
  auto& maps = tensors_[so_far.input];
  maps.resize(inputs_.size());
  parallel_for(maps.size(), threads_, [&](std::size_t input) {
    maps[input] =
        narrowed(quantize_input(inputs_[input], tensor_of(so_far, so_far.input), so_far.activation_bits));
  });
}

void CalibrationRun::execute(const QuantizedGraph& so_far, const QNode& node) {
  const TensorId output = output_of(node.op);
  auto& results = tensors_[output];
  results.resize(inputs_.size());
  parallel_for(inputs_.size(), threads_, [&](std::size_t input) {
    std::vector<std::vector<std::int32_t>> values(so_far.tensors.size());
    for (const TensorId id : inputs_of(node.op)) {
      const Elements& elements = tensors_.at(id)[input];
      values[static_cast<std::size_t>(id)].assign(elements.begin(), elements.end());
    }
    interpret_node(so_far, node, values);
    results[input] = narrowed(values[static_cast<std::size_t>(output)]);
  });
}

// Drops the maps that no later layer reads, once the float graph's node of that name is done.
void CalibrationRun::release(const QuantizedGraph& so_far, const std::string& node) {
  for (auto& [value, readers] : readers_) {
    if (readers.erase(node) == 0 || !readers.empty()) continue;
    for (auto tensor = tensors_.begin(); tensor != tensors_.end();) {
      tensor = tensor_of(so_far, tensor->first).name == value ? tensors_.erase(tensor) : std::next(tensor);
    }
  }
}

}  // namespace npu::compiler
