// Algorithm:
//  1. Declare the input [1, channels, height, width]; it has rank 4.
//  2. For each node in order: an ONNX node of the same name and output, an initialiser for each array, the
//  output's shape as value_info. Flatten and Gemm make values of rank 2, convolutions and pools need rank 4.
//  3. Declare the output, behind a Softmax where one was cut off.
// What a quantised network (export_qdq) has in addition is qdq_export's.
#include "compiler/import/onnx_export.h"

#include <fmt/core.h>

#include <cmath>
#include <map>
#include <set>

#include "compiler/import/onnx_model.h"
#include "compiler/import/onnx_writer.h"
#include "compiler/import/qdq_export.h"
#include "hw/common/error.h"
#include "hw/common/file.h"

namespace npu::compiler {
namespace {

constexpr std::int64_t kOpset = 13;
constexpr std::int64_t kIrVersion = 7;  // the one that came with opset 13
constexpr int kQdqBits = 8;
constexpr std::int64_t kProtobufOverheadBytes = std::int64_t{1} << 24;

using Ints = std::vector<std::int64_t>;

std::set<std::string> names_of(const Graph& graph) {
  std::set<std::string> names{graph.input};
  for (const Node& node : graph.nodes) names.insert({node.name, node.output});
  return names;
}

class Exporter {
 public:
  Exporter(const Graph& graph, bool quantized)
      : graph_(graph), shapes_(infer_shapes(graph)), quantized_(quantized) {}

  onnx::ModelProto run() {
    check_size();
    model_.set_ir_version(kIrVersion);
    model_.set_producer_name("npusim");
    model_.add_opset_import()->set_version(kOpset);
    onnx::StringStringEntryProto* name = model_.add_metadata_props();
    name->set_key(kNetworkNameKey);
    name->set_value(graph_.name);
    writer_.graph().set_name(graph_.name);
    ranks_[graph_.input] = 4;
    describe(graph_.input, graph_.input_shape, *writer_.graph().add_input());
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
    onnx::NodeProto& node = *writer_.graph().add_node();
    node.set_name(name);
    node.set_op_type(op_type);
    for (const std::string& input : inputs) {
      const auto dequantized = dequantized_.find(input);
      node.add_input(dequantized == dequantized_.end() ? input : dequantized->second);
    }
    node.add_output(output);
    ranks_[output] = rank;
    if (output != graph_.output || graph_.ends_in_softmax || quantized_) {
      describe(output, shapes_.at(node_->output), *writer_.graph().add_value_info());
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
    const std::string raw = apart ? sum : writer_.fresh(node_->output + ".raw");
    const int index = writer_.graph().node_size();
    append(op_type, node_->name, node_->inputs, raw, rank);
    if (apart) quantize(sum);
    append_activation(activation, apart ? node_->name + "/leaky" : writer_.fresh(node_->name + ".activation"),
                      raw, rank);
    return *writer_.graph().mutable_node(index);
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
      clip.add_input(std::isinf(activation.low) ? "" : writer_.add_real(name + ".min", activation.low));
    }
    if (bounded_above) {
      clip.add_input(writer_.add_real(name + ".max", activation.high));
    }
  }

  std::string array(const char* suffix, const Ints& dims, const FloatArray& values) {
    return writer_.add_tensor(node_->name + suffix, dims, onnx::TensorProto::FLOAT, values->data(),
                              values->size() * sizeof(float));
  }

  /// Readers of `value` read its dequantised form from now on.
  void quantize(const std::string& value) {
    if (!quantized_) return;
    const std::string floats = qdq_.quantize(value);
    ranks_[floats] = ranks_.at(value);
    dequantized_[value] = floats;
  }

  void add(const ConvOp& op) {
    need_map();
    const std::int64_t group_inputs = shapes_.at(node_->inputs.at(0)).channels / op.groups;
    const Ints dims{op.out_channels, group_inputs, op.window.kernel_height, op.window.kernel_width};
    std::vector<std::string> constants;
    if (quantized_) constants = qdq_.add_constants(*node_, op, dims);
    onnx::NodeProto& node = append_activated("Conv", op.activation, 4);
    set_window(node, op.window);
    set_integer(node, "group", op.groups);
    if (!quantized_) {
      constants = {array(".weight", dims, op.weights)};
      if (!op.bias->empty()) constants.push_back(array(".bias", {op.out_channels}, op.bias));
    }
    for (const std::string& constant : constants) node.add_input(constant);
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
    append("Pad", 4).add_input(writer_.add_tensor(node_->name + ".pads", {8}, onnx::TensorProto::INT64,
                                                  pads.data(), pads.size() * sizeof(std::int64_t)));
  }
  void add(const IdentityOp&) { append("Identity", input_rank()); }
  void add(const SoftmaxOp&) { set_integer(append("Softmax", input_rank()), "axis", 1); }

  void finish() {
    std::string output = quantized_ ? dequantized_.at(graph_.output) : graph_.output;
    if (graph_.ends_in_softmax) {
      const std::string scores = output;
      output = writer_.fresh("probabilities");
      ranks_[output] = ranks_.at(graph_.output);
      onnx::NodeProto& softmax = *writer_.graph().add_node();
      softmax.set_name(writer_.fresh("softmax"));
      softmax.set_op_type("Softmax");
      softmax.add_input(scores);
      softmax.add_output(output);
      set_integer(softmax, "axis", 1);
    }
    describe(output, shapes_.at(graph_.output), *writer_.graph().add_output());
  }

  const Graph& graph_;
  ShapeMap shapes_;
  bool quantized_ = false;
  std::map<std::string, std::string> dequantized_;  ///< value -> its name behind the DequantizeLinear
  onnx::ModelProto model_;
  const Node* node_ = nullptr;
  std::map<std::string, int> ranks_;
  OnnxWriter writer_{*model_.mutable_graph(), names_of(graph_)};
  QdqExporter qdq_{graph_.given, writer_};
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
