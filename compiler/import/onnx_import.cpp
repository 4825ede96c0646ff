// From a parsed model to the float graph.
//
// Algorithm:
//  1. Read and parse the file; check the opset.
//  2. Check names: nodes, values and initialisers are unique and printable.
//  3. Find the one input that is no initialiser, check its type and shape, set the batch to 1; find the
//  one output.
//  4. Order the nodes that lead to the output.
//  5. Convert each by the table of converters; initialisers are read when a node first uses them.
//  6. Verify the result.
#include "compiler/import/onnx_import.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

#include "compiler/import/converters.h"
#include "compiler/import/node_order.h"
#include "compiler/import/onnx_model.h"
#include "hw/common/error.h"
#include "hw/common/file.h"

namespace npu::compiler {
namespace {

constexpr int kQuantizedBits = 8;  ///< of QuantizeLinear up to opset 17

class ModelImporter {
 public:
  ModelImporter(const onnx::ModelProto& model, const std::string& where)
      : where_(where), proto_(model.graph()), context_(model, graph_, standard_opset(model, where)) {}

  Graph run(const std::string& name) {
    graph_.name = name;
    check_node_names();
    index_initialisers();
    define_input();
    const std::string output = only_output();
    for (const int index : order_nodes(proto_, output)) {
      convert(index);
    }
    graph_.output = output_value(output).name;
    if (graph_.given.tensors.empty()) {
      graph_.given.layers.clear();  // a float model that stores its weights in few bytes
    } else {
      graph_.given.source = graph_.name;
      graph_.given.weight_bits = kQuantizedBits;
      graph_.given.activation_bits = kQuantizedBits;
    }
    verify_graph(graph_);
    return std::move(graph_);
  }

 private:
  void check_name(const std::string& name, const char* what) const {
    if (!is_usable_name(name)) {
      throw GraphError(printable_name(name),
                       fmt::format("the name of this {} is not printable UTF-8 text of at most "
                                   "1000 bytes",
                                   what));
    }
  }

  void check_node_names() const {
    std::set<std::string> names;
    for (const onnx::NodeProto& node : proto_.node()) {
      check_name(node.name(), "node");
      if (!node.name().empty() && !names.insert(node.name()).second) {
        throw GraphError(node.name(), "found several nodes of this name, expected unique names");
      }
      for (const std::string& output : node.output()) {
        check_name(output, "value");
      }
    }
  }

  void index_initialisers() {
    for (const onnx::TensorProto& tensor : proto_.initializer()) {
      check_name(tensor.name(), "initialiser");
      if (tensor.name().empty() || !initialisers_.emplace(tensor.name(), &tensor).second) {
        throw GraphError(tensor.name(),
                         "found an empty or repeated name of an initialiser, expected unique names");
      }
    }
    for (const onnx::SparseTensorProto& tensor : proto_.sparse_initializer()) {
      context_.define_unusable(tensor.values().name(), "is a sparse initialiser, which is not supported");
    }
    for (const onnx::NodeProto& node : proto_.node()) {
      for (const std::string& output : node.output()) {
        if (initialisers_.contains(output)) {
          throw GraphError(
              output, "found a value that is both an initialiser and made by a node, expected one of them");
        }
      }
    }
  }

  void define_input() {
    const onnx::ValueInfoProto* input = nullptr;
    for (const onnx::ValueInfoProto& candidate : proto_.input()) {
      if (initialisers_.contains(candidate.name())) {
        continue;  // before IR version 4 initialisers are listed as inputs, too
      }
      if (input != nullptr) {
        throw GraphError(candidate.name(),
                         fmt::format("found a second network input beside '{}', supported is 1",
                                     printable_name(input->name())));
      }
      input = &candidate;
    }
    if (input == nullptr || input->name().empty()) {
      throw InputError(where_, "found no network input, expected 1");
    }
    check_name(input->name(), "network input");
    for (const onnx::NodeProto& node : proto_.node()) {
      for (const std::string& output : node.output()) {
        if (output == input->name()) {
          throw GraphError(output, "found a value that is both the network's input and made by a node");
        }
      }
    }
    const MapShape shape = input_shape(*input);  // checks that there are dimensions
    context_.define_input(input->name(), shape, input_batch(*input));
  }

  static MapShape input_shape(const onnx::ValueInfoProto& input) {
    const onnx::TypeProto::Tensor& type = input.type().tensor_type();
    if (type.elem_type() != onnx::TensorProto::FLOAT) {
      throw GraphError(
          input.name(),
          fmt::format("network input: found element type {}, supported float32 (1)", type.elem_type()));
    }
    if (!type.has_shape() || type.shape().dim_size() != 4) {
      throw GraphError(
          input.name(),
          fmt::format("network input: found {}, supported is a shape of 4 dimensions (batch, "
                      "channels, height, width)",
                      type.has_shape() ? fmt::format("{} dimensions", type.shape().dim_size()) : "no shape"));
    }
    return {fixed_extent(input, 1), fixed_extent(input, 2), fixed_extent(input, 3)};
  }

  /// A program runs as many images as the user says (--batch), whatever the file was exported for.
  static std::int64_t input_batch(const onnx::ValueInfoProto& input) {
    const bool fixed = input.type().tensor_type().shape().dim(0).has_dim_value();
    return fixed ? fixed_extent(input, 0) : 1;
  }

  static std::int64_t fixed_extent(const onnx::ValueInfoProto& input, int axis) {
    const auto& dim = input.type().tensor_type().shape().dim(axis);
    if (!dim.has_dim_value()) {
      throw GraphError(input.name(),
                       fmt::format("network input: dimension {} is dynamic ('{}'), supported is a dynamic "
                                   "batch (dimension 0) only",
                                   axis, printable_name(dim.dim_param())));
    }
    if (dim.dim_value() < 1 || dim.dim_value() > kMaximumExtent) {
      throw GraphError(input.name(), fmt::format("network input: found {} for dimension {}, expected 1 to {}",
                                                 dim.dim_value(), axis, kMaximumExtent));
    }
    return dim.dim_value();
  }

  std::string only_output() const {
    if (proto_.output_size() != 1 || proto_.output(0).name().empty()) {
      throw InputError(
          where_, fmt::format("found {} network outputs, supported 1 with a name", proto_.output_size()));
    }
    return proto_.output(0).name();
  }

  const ImportedValue& output_value(const std::string& name) const {
    const ImportedValue& value = context_.value(name, "graph output");
    if (value.integers) {
      throw GraphError(
          name, "the network's output is quantised integers, supported is a DequantizeLinear at the end");
    }
    return value;
  }

  void convert(int index) {
    const onnx::NodeProto& proto = proto_.node(index);
    const std::string name =
        proto.name().empty()
            ? context_.fresh_name(fmt::format("{}_{}", printable_name(proto.op_type()), index))
            : proto.name();
    for (const std::string& input : proto.input()) {
      define_initialiser(input);
    }
    converter_of(proto, name)(ImportNode(context_, proto, name));
  }

  Convert converter_of(const onnx::NodeProto& proto, const std::string& name) const {
    const bool standard = proto.domain().empty() || proto.domain() == "ai.onnx";
    const Convert folder = standard ? find_folder(proto.op_type()) : nullptr;
    if (folder != nullptr && reads_constants_only(proto)) {
      return folder;
    }
    const Convert converter = standard ? find_converter(proto.op_type()) : nullptr;
    if (converter == nullptr) {
      throw GraphError(
          name,
          fmt::format("operator '{}{}{}' is not supported{}; supported: {}", printable_name(proto.domain()),
                      proto.domain().empty() ? "" : ".", printable_name(proto.op_type()),
                      refusal_reason(proto.op_type(), folder != nullptr), supported_operators()));
    }
    return converter;
  }

  bool reads_constants_only(const onnx::NodeProto& proto) const {
    const auto is_constant = [&](const std::string& input) {
      return input.empty() || (context_.is_defined(input) && context_.value(input, "").is_constant());
    };
    return proto.input_size() > 0 && std::all_of(proto.input().begin(), proto.input().end(), is_constant);
  }

  static std::string refusal_reason(const std::string& op_type, bool folds) {
    constexpr std::string_view kQuantised[] = {"QLinearConv", "QLinearMatMul", "ConvInteger", "MatMulInteger",
                                               "DynamicQuantizeLinear"};
    if (std::find(std::begin(kQuantised), std::end(kQuantised), op_type) != std::end(kQuantised)) {
      return " (a model in integer operators: export it with QuantizeLinear and DequantizeLinear around "
             "float "
             "operators, whose scales are read, or as a float model, which is quantised here)";
    }
    return folds ? " on computed values, only on constants" : "";
  }

  void define_initialiser(const std::string& name) {
    const auto found = initialisers_.find(name);
    if (found == initialisers_.end() || context_.is_defined(name)) {
      return;
    }
    auto tensor = std::make_shared<const ConstantTensor>(read_tensor(*found->second, name));
    context_.define(name, {name, {}, 0, std::move(tensor), std::nullopt});
  }

  const std::string& where_;
  const onnx::GraphProto& proto_;
  Graph graph_;
  ImportContext context_;
  std::map<std::string, const onnx::TensorProto*> initialisers_;
};

}  // namespace

Graph import_onnx(const std::filesystem::path& path) {
  const std::vector<std::uint8_t> bytes = read_file(path, kLargestModelBytes);
  const onnx::ModelProto model = parse_model(bytes, path.string());
  return ModelImporter(model, path.string()).run(network_name(model, path.stem().string()));
}

Graph import_onnx(std::span<const std::uint8_t> bytes, const std::string& name) {
  const onnx::ModelProto model = parse_model(bytes, name);
  return ModelImporter(model, name).run(network_name(model, name));
}

}  // namespace npu::compiler
