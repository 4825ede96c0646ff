#include "sim/cli/host_data.h"

#include <algorithm>
#include <numeric>

#include "compiler/data/image_set.h"
#include "compiler/quant/quantizer.h"
#include "hw/common/json_reader.h"

namespace npu::sim {

compiler::QTensor host_tensor(const hw::TensorSymbol& symbol) {
  compiler::QTensor tensor;
  tensor.name = symbol.name;
  tensor.shape = {symbol.channels, symbol.height, symbol.width};
  tensor.scale = symbol.scale;
  tensor.zero_point = symbol.zero_point;
  return tensor;
}

std::vector<std::int32_t> quantized_input(const hw::Program& program, std::span<const float> input) {
  return compiler::quantize_input(input, host_tensor(program.tensor(program.input)),
                                  program.format.activation_bits);
}

template <class Value>
std::vector<int> top_classes(std::span<const Value> values, int count) {
  std::vector<int> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  const auto kept = std::min<std::size_t>(static_cast<std::size_t>(count), order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(kept), order.end(),
                    [&](int a, int b) {
                      const auto value_a = values[static_cast<std::size_t>(a)];
                      const auto value_b = values[static_cast<std::size_t>(b)];
                      return value_a != value_b ? value_a > value_b : a < b;
                    });
  order.resize(kept);
  return order;
}
template std::vector<int> top_classes(std::span<const std::int32_t>, int);
template std::vector<int> top_classes(std::span<const float>, int);

std::uint64_t synthetic_seed(std::uint64_t run_seed, std::int64_t index) {
  constexpr std::uint64_t kSeedsPerRun = 1'000'000;
  return run_seed * kSeedsPerRun + static_cast<std::uint64_t>(index);
}

std::vector<std::int32_t> synthetic_codes(const hw::Program& program, std::uint64_t run_seed) {
  constexpr std::int64_t kBatchSeeds = 100'000;  // behind those of a calibration, which are small
  const hw::TensorSymbol& symbol = program.tensor(program.input);
  std::vector<std::int32_t> batch;
  for (std::int64_t image = 0; image < program.images(); ++image) {
    const auto field =
        compiler::synthetic_input({symbol.channels, symbol.height, symbol.width},
                                  synthetic_seed(run_seed, image == 0 ? 0 : kBatchSeeds + image));
    const auto codes = quantized_input(program, field);
    batch.insert(batch.end(), codes.begin(), codes.end());
  }
  return batch;
}

std::string normalisation_json(const std::optional<compiler::InputNormalisation>& normalisation) {
  if (!normalisation) return "";
  return nlohmann::json{{"mean", normalisation->mean},
                        {"std", normalisation->deviation},
                        {"channel_order", normalisation->bgr ? "BGR" : "RGB"}}
      .dump();
}

std::optional<compiler::InputNormalisation> normalisation_from_json(const std::string& text,
                                                                    const std::string& file) {
  if (text.empty()) return std::nullopt;
  const auto json = parse_json(text, file);
  JsonReader reader(file, json);
  compiler::InputNormalisation normalisation;
  const auto mean = reader.numbers("mean", 3, -1e6, 1e6);
  const auto deviation = reader.numbers("std", 3, 1e-6, 1e6);
  for (std::size_t channel = 0; channel < 3; ++channel) {
    normalisation.mean[channel] = static_cast<float>(mean[channel]);
    normalisation.deviation[channel] = static_cast<float>(deviation[channel]);
  }
  normalisation.bgr = reader.choice<bool>("channel_order", {{"RGB", false}, {"BGR", true}});
  reader.finish();
  return normalisation;
}

}  // namespace npu::sim
