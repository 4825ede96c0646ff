// Keys: schema_version, network, weight_bits, activation_bits; tensors {name, scale, zero_point}; ranges
// {name, minimum, maximum}; layers {name, weight_bits, weight_scale, channel_scale, weight_zero_point,
// channel_shift, bias, weights}. All but schema_version and names may be left out. Weights are base64 of
// 8-bit or little-endian 16-bit integers, [out_channel][in_channel / groups][kernel_h][kernel_w].
#include "compiler/quant/quantization_file.h"

#include <fmt/core.h>

#include <limits>
#include <set>

#include "compiler/quant/base64.h"
#include "hw/common/file.h"
#include "hw/common/json_reader.h"

namespace npu::compiler {
namespace {

constexpr int kSchemaVersion = 1;
constexpr double kLargest = std::numeric_limits<float>::max();
constexpr double kSmallestScale = std::numeric_limits<float>::min();
constexpr int kMostBits = 16;
constexpr std::int64_t kLargestShift = 31;
constexpr std::int64_t kTypeLow = -32768;
constexpr std::int64_t kTypeHigh = 32767;

nlohmann::ordered_json layer_json(const std::string& name, const GivenLayer& layer, int weight_bits) {
  nlohmann::ordered_json json{{"name", name}};
  if (layer.weight_bits) json["weight_bits"] = *layer.weight_bits;
  if (layer.weight_scale.size() == 1) json["weight_scale"] = layer.weight_scale.front();
  if (layer.weight_scale.size() > 1) json["channel_scale"] = layer.weight_scale;
  if (layer.weight_zero_point) json["weight_zero_point"] = *layer.weight_zero_point;
  if (layer.channel_shift) json["channel_shift"] = *layer.channel_shift;
  if (layer.bias) json["bias"] = *layer.bias;
  if (!layer.weights.empty()) json["weights"] = base64_of_integers(layer.weights, weight_bits > 8 ? 2 : 1);
  return json;
}

/// The convolutions of a graph and the values that may have a scale.
struct Names {
  std::set<std::string> tensors;
  std::map<std::string, const ConvOp*> layers;

  explicit Names(const Graph& graph) : tensors{graph.input} {
    for (const Node& node : graph.nodes) {
      tensors.insert(node.output);
      const auto* conv = std::get_if<ConvOp>(&node.op);
      if (conv != nullptr) layers[node.name] = conv;
      const auto* add = std::get_if<AddOp>(&node.op);
      const Activation::Kind leaky = Activation::Kind::kLeaky;
      if ((conv != nullptr && conv->activation.kind == leaky) ||
          (add != nullptr && add->activation.kind == leaky)) {
        tensors.insert(node.output + "/sum");
      }
    }
  }
};

class Reader {
 public:
  Reader(const nlohmann::json& json, const std::string& file, const Graph& graph)
      : top_(file, json), network_(graph.name), names_(graph) {
    result_.source = file;
  }

  GivenQuantization read() {
    top_.integer("schema_version", kSchemaVersion, kSchemaVersion);
    top_.string_or("network", "");
    result_.weight_bits = static_cast<int>(top_.integer_or("weight_bits", 0, 2, kMostBits));
    result_.activation_bits = static_cast<int>(top_.integer_or("activation_bits", 0, 2, kMostBits));
    if (top_.has("tensors")) {
      for (JsonReader& tensor : top_.children("tensors")) read_tensor(tensor);
    }
    if (top_.has("ranges")) {
      for (JsonReader& range : top_.children("ranges")) read_range(range);
    }
    if (top_.has("layers")) {
      for (JsonReader& layer : top_.children("layers")) read_layer(layer);
    }
    top_.finish();
    return std::move(result_);
  }

 private:
  GivenTensor& add_tensor(JsonReader& entry) {
    const std::string name = entry.string("name");
    if (!names_.tensors.contains(name)) {
      entry.fail("name", "'" + name + "'", "a tensor of network '" + network_ + "'");
    }
    if (result_.tensors.contains(name)) {
      entry.fail("name", "'" + name + "' a second time", "each tensor once, with a scale or a range");
    }
    return result_.tensors[name];
  }

  void read_tensor(JsonReader& entry) {
    GivenTensor& tensor = add_tensor(entry);
    AffineScale scale;
    scale.scale = static_cast<float>(entry.number("scale", kSmallestScale, kLargest));
    scale.zero_point = static_cast<std::int32_t>(entry.integer("zero_point", kTypeLow, kTypeHigh));
    tensor.scale = scale;
    entry.finish();
  }

  void read_range(JsonReader& entry) {
    GivenTensor& tensor = add_tensor(entry);
    Range range;
    range.low = entry.number("minimum", -kLargest, kLargest);
    range.high = entry.number("maximum", -kLargest, kLargest);
    if (range.low > range.high) {
      entry.fail("maximum", fmt::format("{}", range.high),
                 fmt::format("at least the minimum, {}", range.low));
    }
    tensor.range = range;
    entry.finish();
  }

  void read_layer(JsonReader& entry) {
    const std::string name = entry.string("name");
    const auto found = names_.layers.find(name);
    if (found == names_.layers.end()) {
      entry.fail("name", "'" + name + "'",
                 "a convolution or fully connected layer of network '" + network_ + "'");
    }
    if (result_.layers.contains(name)) entry.fail("name", "'" + name + "' a second time", "each layer once");
    GivenLayer& layer = result_.layers[name];
    const ConvOp& op = *found->second;
    const auto channels = static_cast<std::size_t>(op.out_channels);
    if (entry.has("weight_bits"))
      layer.weight_bits = static_cast<int>(entry.integer("weight_bits", 2, kMostBits));
    if (entry.has("weight_scale")) {
      layer.weight_scale = {entry.number("weight_scale", kSmallestScale, kLargest)};
    }
    if (entry.has("channel_scale")) {
      if (!layer.weight_scale.empty()) {
        entry.fail("channel_scale", "a scale for each channel beside weight_scale", "one of them");
      }
      layer.weight_scale = entry.numbers("channel_scale", channels, kSmallestScale, kLargest);
    }
    if (entry.has("weight_zero_point")) {
      layer.weight_zero_point =
          static_cast<std::int32_t>(entry.integer("weight_zero_point", kTypeLow, kTypeHigh));
      if (layer.weight_scale.size() != 1) {
        entry.fail("weight_zero_point", "a zero point without weight_scale", "both or none");
      }
    }
    if (entry.has("channel_shift")) read_shifts(entry, channels, layer);
    if (entry.has("bias")) layer.bias = entry.numbers("bias", channels, -kLargest, kLargest);
    if (entry.has("weights")) read_weights(entry, op, layer);
    entry.finish();
  }

  static void read_shifts(JsonReader& entry, std::size_t channels, GivenLayer& layer) {
    const std::string expected = fmt::format("an array of {} integers from 0 to {}", channels, kLargestShift);
    const nlohmann::json& array = entry.raw("channel_shift", expected);
    if (!array.is_array() || array.size() != channels) {
      entry.fail("channel_shift", array.is_array() ? fmt::format("{} values", array.size()) : array.dump(),
                 expected);
    }
    layer.channel_shift.emplace();
    for (const auto& value : array) {
      if (!value.is_number_integer() || value < 0 || value > kLargestShift) {
        entry.fail("channel_shift", value.dump(), expected);
      }
      layer.channel_shift->push_back(value.get<std::uint8_t>());
    }
  }

  static void read_weights(JsonReader& entry, const ConvOp& op, GivenLayer& layer) {
    const auto integers = integers_of_base64(entry.string("weights"), op.weights->size());
    if (!integers) {
      entry.fail("weights", "other text",
                 fmt::format("base64 of {} integers of 8 or 16 bits", op.weights->size()));
    }
    layer.weights = *integers;
  }

  JsonReader top_;
  std::string network_;
  Names names_;
  GivenQuantization result_;
};

}  // namespace

void save_quantization(const GivenQuantization& given, const std::string& network,
                       const std::filesystem::path& path) {
  nlohmann::ordered_json json{{"schema_version", kSchemaVersion}, {"network", network}};
  if (given.weight_bits != 0) json["weight_bits"] = given.weight_bits;
  if (given.activation_bits != 0) json["activation_bits"] = given.activation_bits;
  auto tensors = nlohmann::ordered_json::array();
  auto ranges = nlohmann::ordered_json::array();
  for (const auto& [name, tensor] : given.tensors) {
    if (tensor.scale) {
      tensors.push_back(
          {{"name", name}, {"scale", tensor.scale->scale}, {"zero_point", tensor.scale->zero_point}});
    } else if (tensor.range) {
      ranges.push_back({{"name", name}, {"minimum", tensor.range->low}, {"maximum", tensor.range->high}});
    }
  }
  json["tensors"] = tensors;
  if (!ranges.empty()) json["ranges"] = ranges;
  json["layers"] = nlohmann::ordered_json::array();
  for (const auto& [name, layer] : given.layers) {
    json["layers"].push_back(layer_json(name, layer, given.weight_bits));
  }
  write_file(path, json.dump(1) + "\n");
}

GivenQuantization quantization_from_json(const nlohmann::json& json, const std::string& file,
                                         const Graph& canonical) {
  return Reader(json, file, canonical).read();
}

GivenQuantization load_quantization(const std::filesystem::path& path, const Graph& canonical) {
  return quantization_from_json(read_json_file(path), path.string(), canonical);
}

}  // namespace npu::compiler
