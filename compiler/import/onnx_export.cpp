// Algorithm:
//  1. Declare the input [1, channels, height, width]; it has rank 4.
//  2. For each node in order: an ONNX node of the same name and output, an initialiser for each array, the
//  output's shape as value_info. Flatten and Gemm make values of rank 2, convolutions and pools need rank 4.
//  3. Declare the output, behind a Softmax where one was cut off.
// Of a quantised network (export_qdq) every value passes through a QuantizeLinear and a DequantizeLinear,
// weights are int8 and biases int32 behind a DequantizeLinear.
#include "compiler/import/onnx_export.h"

#include <fmt/core.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <set>

#include "compiler/import/onnx_model.h"
#include "hw/common/error.h"
#include "hw/common/file.h"

namespace npu::compiler {
namespace {

static_assert(std::endian::native == std::endian::little, "raw tensor data is little-endian");

constexpr std::int64_t kOpset = 13;
constexpr std::int64_t kIrVersion = 7;  // the one that came with opset 13
constexpr int kQdqBits = 8;
constexpr std::int64_t kProtobufOverheadBytes = std::int64_t{1} << 24;

using Ints = std::vector<std::int64_t>;

onnx::AttributeProto* add_attribute(onnx::NodeProto& node, const char* name,
                                    onnx::AttributeProto::AttributeType type) {
  onnx::AttributeProto* attribute = node.add_attribute();
  attribute->set_name(name);
  attribute->set_type(type);
  return attribute;
}

void set_integer(onnx::NodeProto& node, const char* name, std::int64_t value) {
  add_attribute(node, name, onnx::AttributeProto::INT)->set_i(value);
}

void set_real(onnx::NodeProto& node, const char* name, float value) {
  add_attribute(node, name, onnx::AttributeProto::FLOAT)->set_f(value);
}

void set_integers(onnx::NodeProto& node, const char* name, const Ints& values) {
  auto* attribute = add_attribute(node, name, onnx::AttributeProto::INTS);
  attribute->mutable_ints()->Add(values.begin(), values.end());
}

void set_window(onnx::NodeProto& node, const Window& window) {
  set_integers(node, "kernel_shape", {window.kernel_height, window.kernel_width});
  set_integers(node, "strides", {window.stride_height, window.stride_width});
  set_integers(node, "pads", {window.pad_top, window.pad_left, window.pad_bottom, window.pad_right});
  if (window.ceil_mode) {
    set_integer(node, "ceil_mode", 1);
  }
}

class Exporter {
 public:
  Exporter(const Graph& graph, bool quantized)
      : graph_(graph), shapes_(infer_shapes(graph)), quantized_(quantized) {
    for (const Node& node : graph.nodes) {
      names_.insert(node.name);
      names_.insert(node.output);
    }
    names_.insert(graph.input);
  }

  onnx::ModelProto run() {
    check_size();
    model_.set_ir_version(kIrVersion);
    model_.set_producer_name("npusim");
    model_.add_opset_import()->set_version(kOpset);
    onnx::StringStringEntryProto* name = model_.add_metadata_props();
    name->set_key(kNetworkNameKey);
    name->set_value(graph_.name);
    proto().set_name(graph_.name);
    ranks_[graph_.input] = 4;
    describe(graph_.input, graph_.input_shape, *proto().add_input());
    quantize(graph_.input);
    for (const Node& node : graph_.nodes) {
      node_ = &node;
      std::visit([&](const auto& op) { add(op); }, node.op);
      quantize(node.output);
    }
    finish();
    return std::move(model_);
  }

 private:
  onnx::GraphProto& proto() { return *model_.mutable_graph(); }

  void check_size() const {
    std::int64_t bytes = kProtobufOverheadBytes;
    for (const Node& node : graph_.nodes) {
      bytes += node_parameters(node) * static_cast<std::int64_t>(sizeof(float));
    }
    if (bytes > kLargestModelBytes) {
      throw InputError(graph_.name,
                       fmt::format("its weights take about {} bytes, an ONNX file holds up to {}", bytes,
                                   kLargestModelBytes));
    }
  }

  std::string fresh(const std::string& base) {
    std::string name = base;
    for (int number = 2; !names_.insert(name).second; ++number) {
      name = fmt::format("{}_{}", base, number);
    }
    return name;
  }

  void describe(const std::string& name, const MapShape& shape, onnx::ValueInfoProto& info) {
    info.set_name(name);
    auto* type = info.mutable_type()->mutable_tensor_type();
    type->set_elem_type(onnx::TensorProto::FLOAT);
    Ints dims{1, shape.channels};
    if (ranks_.at(name) == 4) {
      dims.insert(dims.end(), {shape.height, shape.width});
    }
    for (const std::int64_t extent : dims) {
      type->mutable_shape()->add_dim()->set_dim_value(extent);
    }
  }

  int input_rank() const { return ranks_.at(node_->inputs.at(0)); }

  void need_map() const {
    if (input_rank() != 4) {
      throw GraphError(node_->name, fmt::format("{}: found a flattened input, which ONNX does not allow here",
                                                operator_name(node_->op)));
    }
  }

  /// The ONNX node of the current node, with its inputs; `output` as the name of its result.
  onnx::NodeProto& append(const char* op_type, const std::string& name,
                          const std::vector<std::string>& inputs, const std::string& output, int rank) {
    onnx::NodeProto& node = *proto().add_node();
    node.set_name(name);
    node.set_op_type(op_type);
    for (const std::string& input : inputs) {
      const auto dequantized = dequantized_.find(input);
      node.add_input(dequantized == dequantized_.end() ? input : dequantized->second);
    }
    node.add_output(output);
    ranks_[output] = rank;
    if (output != graph_.output || graph_.ends_in_softmax || quantized_) {
      describe(output, shapes_.at(node_->output), *proto().add_value_info());
    }
    return node;
  }

  onnx::NodeProto& append(const char* op_type, int rank) {
    return append(op_type, node_->name, node_->inputs, node_->output, rank);
  }

  /// An operator and, where one is fused, its activation as a second node.
  onnx::NodeProto& append_activated(const char* op_type, const Activation& activation, int rank) {
    if (activation.kind == Activation::Kind::kNone) {
      return append(op_type, rank);
    }
    // The sum in front of a LeakyReLU that is a layer of its own.
    const std::string sum = node_->output + "/sum";
    const bool apart = quantized_ && graph_.given.has_tensor(sum);
    const std::string raw = apart ? sum : fresh(node_->output + ".raw");
    const int index = proto().node_size();
    append(op_type, node_->name, node_->inputs, raw, rank);
    if (apart) quantize(sum);
    append_activation(activation, apart ? node_->name + "/leaky" : fresh(node_->name + ".activation"), raw,
                      rank);
    return *proto().mutable_node(index);
  }

  void append_activation(const Activation& activation, const std::string& name, const std::string& input,
                         int rank) {
    if (activation.kind == Activation::Kind::kLeaky) {
      set_real(append("LeakyRelu", name, {input}, node_->output, rank), "alpha", activation.alpha);
      return;
    }
    NPU_CHECK(activation.kind == Activation::Kind::kClamp, "an activation node without activation");
    if (activation.low == 0.0F && std::isinf(activation.high)) {
      append("Relu", name, {input}, node_->output, rank);
      return;
    }
    onnx::NodeProto& clip = append("Clip", name, {input}, node_->output, rank);
    const bool bounded_above = !std::isinf(activation.high);
    if (!std::isinf(activation.low) || bounded_above) {
      clip.add_input(std::isinf(activation.low) ? "" : scalar(name + ".min", activation.low));
    }
    if (bounded_above) {
      clip.add_input(scalar(name + ".max", activation.high));
    }
  }

  std::string add_tensor(const std::string& base, const Ints& dims, std::int32_t type, const void* data,
                         std::size_t bytes) {
    onnx::TensorProto& tensor = *proto().add_initializer();
    tensor.set_name(fresh(base));
    tensor.set_data_type(type);
    tensor.mutable_dims()->Add(dims.begin(), dims.end());
    tensor.mutable_raw_data()->resize(bytes);
    std::memcpy(tensor.mutable_raw_data()->data(), data, bytes);
    return tensor.name();
  }

  std::string array(const char* suffix, const Ints& dims, const FloatArray& values) {
    return add_tensor(node_->name + suffix, dims, onnx::TensorProto::FLOAT, values->data(),
                      values->size() * sizeof(float));
  }

  std::string scalar(const std::string& base, float value) {
    return add_tensor(base, {}, onnx::TensorProto::FLOAT, &value, sizeof(value));
  }

  std::string element(const std::string& base, std::int8_t value) {
    return add_tensor(base, {}, onnx::TensorProto::INT8, &value, sizeof(value));
  }

  /// A node whose name is its output's.
  std::string append_named(const char* op_type, const std::string& name,
                           const std::vector<std::string>& inputs) {
    onnx::NodeProto& node = *proto().add_node();
    node.set_name(name);
    node.set_op_type(op_type);
    for (const std::string& input : inputs) {
      node.add_input(input);
    }
    node.add_output(name);
    return name;
  }

  /// QuantizeLinear and DequantizeLinear behind `value`, whose readers read the latter's output from now on.
  void quantize(const std::string& value) {
    if (!quantized_) {
      return;
    }
    const auto given = graph_.given.tensors.find(value);
    if (given == graph_.given.tensors.end() || !given->second.scale) {
      throw GraphError(value, "has no scale");
    }
    const AffineScale& affine = *given->second.scale;
    const std::string scale = scalar(value + ".scale", affine.scale);
    const std::string zero = element(value + ".zero_point", static_cast<std::int8_t>(affine.zero_point));
    const std::string integers =
        append_named("QuantizeLinear", fresh(value + ".quantized"), {value, scale, zero});
    const std::string floats =
        append_named("DequantizeLinear", fresh(value + ".dequantized"), {integers, scale, zero});
    ranks_[floats] = ranks_.at(value);
    dequantized_[value] = floats;
  }

  /// Scale of each output channel, or one for all.
  static std::vector<float> weight_scales(const GivenLayer& layer) {
    std::vector<float> scales(layer.weight_scale.begin(), layer.weight_scale.end());
    if (layer.channel_shift) {
      const float whole = scales.front();
      scales.clear();
      for (const std::uint8_t shift : *layer.channel_shift) {
        scales.push_back(std::ldexp(whole, -shift));
      }
    }
    const bool uniform =
        std::all_of(scales.begin(), scales.end(), [&](float s) { return s == scales.front(); });
    scales.resize(uniform ? 1 : scales.size());
    return scales;
  }

  std::string append_dequantize(const std::string& base, const std::string& integers,
                                std::vector<float> scales, const std::string& zero) {
    const Ints dims = scales.size() == 1 ? Ints{} : Ints{static_cast<std::int64_t>(scales.size())};
    std::vector<std::string> inputs{integers, add_tensor(base + ".scale", dims, onnx::TensorProto::FLOAT,
                                                         scales.data(), scales.size() * sizeof(float))};
    if (!zero.empty()) {
      inputs.push_back(zero);
    }
    const std::string name = append_named("DequantizeLinear", fresh(base + ".dequantized"), inputs);
    if (scales.size() > 1) {
      set_integer(*proto().mutable_node(proto().node_size() - 1), "axis", 0);
    }
    return name;
  }

  void add_quantized_constants(const ConvOp& op, const Ints& dims) {
    const GivenLayer* layer = graph_.given.layer(node_->name);
    if (layer == nullptr || layer->weight_scale.empty() || layer->weights.size() != op.weights->size() ||
        !layer->bias) {
      throw GraphError(node_->name, "has no integer weights, scales or biases");
    }
    const std::string& input = node_->inputs.at(0);
    const double input_scale = double{graph_.given.tensors.at(input).scale->scale};
    const std::vector<float> scales = weight_scales(*layer);
    const std::vector<std::int8_t> integers(layer->weights.begin(), layer->weights.end());
    const std::string weights =
        add_tensor(node_->name + ".weight", dims, onnx::TensorProto::INT8, integers.data(), integers.size());
    const std::string zero = layer->weight_zero_point.value_or(0) == 0
                                 ? ""
                                 : element(node_->name + ".weight.zero_point",
                                           static_cast<std::int8_t>(*layer->weight_zero_point));
    constants_ = {append_dequantize(node_->name + ".weight", weights, scales, zero)};
    const bool biased =
        std::any_of(layer->bias->begin(), layer->bias->end(), [](double b) { return b != 0; });
    if (biased || !op.bias->empty()) {
      constants_.push_back(append_bias(*layer->bias, scales, input_scale));
    }
  }

  std::string append_bias(const std::vector<double>& bias, const std::vector<float>& weight_scales,
                          double input_scale) {
    std::vector<std::int32_t> integers;
    std::vector<float> scales;
    for (std::size_t channel = 0; channel < bias.size(); ++channel) {
      const double unit = input_scale * double{weight_scales[weight_scales.size() == 1 ? 0 : channel]};
      const double q = std::round(bias[channel] / unit);
      if (!std::isnormal(static_cast<float>(unit)) ||
          std::abs(q) > std::numeric_limits<std::int32_t>::max()) {
        throw GraphError(node_->name,
                         fmt::format("the bias {:g} of channel {} is {:g} units of {:g}, which int32 and "
                                     "float32 cannot hold",
                                     bias[channel], channel, q, unit));
      }
      integers.push_back(static_cast<std::int32_t>(q));
      scales.push_back(static_cast<float>(unit));
    }
    scales.resize(weight_scales.size() == 1 ? 1 : scales.size());
    const std::string tensor =
        add_tensor(node_->name + ".bias", {static_cast<std::int64_t>(bias.size())}, onnx::TensorProto::INT32,
                   integers.data(), integers.size() * sizeof(std::int32_t));
    return append_dequantize(node_->name + ".bias", tensor, scales, "");
  }

  void add(const ConvOp& op) {
    need_map();
    const std::int64_t group_inputs = shapes_.at(node_->inputs.at(0)).channels / op.groups;
    const Ints dims{op.out_channels, group_inputs, op.window.kernel_height, op.window.kernel_width};
    if (quantized_) {
      add_quantized_constants(op, dims);
    }
    onnx::NodeProto& node = append_activated("Conv", op.activation, 4);
    set_window(node, op.window);
    set_integer(node, "group", op.groups);
    if (quantized_) {
      for (const std::string& constant : constants_) {
        node.add_input(constant);
      }
      return;
    }
    node.add_input(array(".weight", dims, op.weights));
    if (!op.bias->empty()) {
      node.add_input(array(".bias", {op.out_channels}, op.bias));
    }
  }
  void add(const BatchNormOp& op) {
    onnx::NodeProto& node = append("BatchNormalization", input_rank());
    const Ints dims{static_cast<std::int64_t>(op.scale->size())};
    node.add_input(array(".scale", dims, op.scale));
    node.add_input(array(".bias", dims, op.bias));
    node.add_input(array(".mean", dims, op.mean));
    node.add_input(array(".variance", dims, op.variance));
    set_real(node, "epsilon", op.epsilon);
  }
  void add(const ActivationOp& op) {
    if (op.activation.kind == Activation::Kind::kNone) {
      append("Identity", input_rank());
    } else {
      append_activation(op.activation, node_->name, node_->inputs.at(0), input_rank());
    }
  }
  void add(const AddOp& op) { append_activated("Add", op.activation, input_rank()); }
  void add(const ConcatOp&) { set_integer(append("Concat", input_rank()), "axis", 1); }
  void add(const MaxPoolOp& op) {
    need_map();
    set_window(append("MaxPool", 4), op.window);
  }
  void add(const AveragePoolOp& op) {
    need_map();
    onnx::NodeProto& node = append("AveragePool", 4);
    set_window(node, op.window);
    set_integer(node, "count_include_pad", op.count_include_pad ? 1 : 0);
  }
  void add(const GlobalAveragePoolOp&) {
    need_map();
    append("GlobalAveragePool", 4);
  }
  void add(const FlattenOp&) { set_integer(append("Flatten", 2), "axis", 1); }
  void add(const GemmOp& op) {
    if (input_rank() != 2) {
      throw GraphError(node_->name, "gemm: found an input that is not flattened, which ONNX does not allow");
    }
    onnx::NodeProto& node = append("Gemm", 2);
    node.add_input(array(".weight", {op.out_features, shapes_.at(node_->inputs.at(0)).channels}, op.weights));
    if (!op.bias->empty()) {
      node.add_input(array(".bias", {op.out_features}, op.bias));
    }
    set_integer(node, "transB", 1);
  }
  void add(const PadOp& op) {
    need_map();
    const Ints pads{0, 0, op.top, op.left, 0, 0, op.bottom, op.right};
    append("Pad", 4).add_input(add_tensor(node_->name + ".pads", {8}, onnx::TensorProto::INT64, pads.data(),
                                          pads.size() * sizeof(std::int64_t)));
  }
  void add(const IdentityOp&) { append("Identity", input_rank()); }
  void add(const SoftmaxOp&) { set_integer(append("Softmax", input_rank()), "axis", 1); }

  void finish() {
    std::string output = quantized_ ? dequantized_.at(graph_.output) : graph_.output;
    if (graph_.ends_in_softmax) {
      const std::string scores = output;
      output = fresh("probabilities");
      ranks_[output] = ranks_.at(graph_.output);
      onnx::NodeProto& softmax = *proto().add_node();
      softmax.set_name(fresh("softmax"));
      softmax.set_op_type("Softmax");
      softmax.add_input(scores);
      softmax.add_output(output);
      set_integer(softmax, "axis", 1);
    }
    describe(output, shapes_.at(graph_.output), *proto().add_output());
  }

  const Graph& graph_;
  ShapeMap shapes_;
  bool quantized_ = false;
  std::map<std::string, std::string> dequantized_;  ///< value -> its name behind the DequantizeLinear
  onnx::ModelProto model_;
  const Node* node_ = nullptr;
  std::map<std::string, int> ranks_;
  std::set<std::string> names_;
  std::vector<std::string> constants_;  ///< of the quantised convolution at hand: weights and bias as floats
};

std::vector<std::uint8_t> bytes_of(const onnx::ModelProto& model) {
  std::vector<std::uint8_t> bytes(model.ByteSizeLong());
  NPU_CHECK(model.SerializeToArray(bytes.data(), static_cast<int>(bytes.size())), "a model must serialise");
  return bytes;
}

}  // namespace

std::vector<std::uint8_t> export_onnx(const Graph& graph) { return bytes_of(Exporter(graph, false).run()); }

void export_onnx(const Graph& graph, const std::filesystem::path& path) {
  write_file(path, std::span<const std::uint8_t>(export_onnx(graph)));
}

std::vector<std::uint8_t> export_qdq(const Graph& graph) {
  const GivenQuantization& given = graph.given;
  if (given.weight_bits > kQdqBits || given.activation_bits > kQdqBits) {
    throw InputError(graph.name,
                     fmt::format("is quantised for {}-bit weights and {}-bit activations; QuantizeLinear "
                                 "of opset {} has {} bits",
                                 given.weight_bits, given.activation_bits, kOpset, kQdqBits));
  }
  return bytes_of(Exporter(graph, true).run());
}

}  // namespace npu::compiler
