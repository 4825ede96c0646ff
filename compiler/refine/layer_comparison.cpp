#include "compiler/refine/layer_comparison.h"

#include <cmath>
#include <map>

#include "compiler/data/float_runtime.h"
#include "compiler/quant/quantizer.h"
#include "compiler/reference/interpreter.h"

namespace npu::compiler {
namespace {

constexpr double kNoNoiseDb = 400;

struct Sums {
  double signal = 0;
  double noise = 0;
  double real = 0;
  double integer = 0;
};

void add(std::span<const float> reals, const std::vector<float>& integers, Sums& sums) {
  for (std::size_t i = 0; i < reals.size(); ++i) {
    const double real = double{reals[i]};
    const double difference = real - double{integers[i]};
    sums.signal += real * real;
    sums.noise += difference * difference;
    sums.real += real;
    sums.integer += double{integers[i]};
  }
}

}  // namespace

std::vector<LayerComparison> compare_layers(const Graph& graph, const QuantizedGraph& quantized,
                                            const CalibrationInputs& inputs) {
  std::map<std::string, std::size_t> tensor_ids;
  for (std::size_t id = 0; id < quantized.tensors.size(); ++id) tensor_ids[quantized.tensors[id].name] = id;
  std::vector<Sums> sums(quantized.tensors.size());
  std::vector<std::int64_t> saturated(quantized.nodes.size(), 0);
  std::vector<bool> known(quantized.tensors.size(), false);
  FloatRuntime runtime(graph, 1);
  const QTensor& input_tensor = quantized.tensors[static_cast<std::size_t>(quantized.input)];
  for (const auto& input : inputs) {
    const auto result = interpret(quantized, quantize_input(input, input_tensor, quantized.activation_bits));
    for (std::size_t node = 0; node < saturated.size(); ++node) saturated[node] += result.saturated[node];
    runtime.run(input, [&](const std::string& value, std::span<const float> data) {
      const auto id = tensor_ids.find(value);
      if (id == tensor_ids.end()) return;
      known[id->second] = true;
      add(data, dequantize(result.tensors[id->second], quantized.tensors[id->second]), sums[id->second]);
    });
  }
  std::vector<LayerComparison> layers;
  for (std::size_t node = 0; node < quantized.nodes.size(); ++node) {
    const auto id = static_cast<std::size_t>(output_of(quantized.nodes[node].op));
    if (!known[id]) continue;
    const Sums& sum = sums[id];
    const auto count = quantized.tensors[id].shape.elements() * static_cast<std::int64_t>(inputs.size());
    layers.push_back({quantized.nodes[node].name, quantized.tensors[id].name,
                      sum.noise > 0 ? 10 * std::log10(sum.signal / sum.noise) : kNoNoiseDb,
                      sum.real / static_cast<double>(count), sum.integer / static_cast<double>(count),
                      saturated[node], count});
  }
  return layers;
}

}  // namespace npu::compiler
