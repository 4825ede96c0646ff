// The ONNX project's own test cases of single operators (Debian package libonnx-testdata): the operator's
// constant inputs become initialisers, and the first sample of the batch is compared. Origin:
// /usr/share/libonnx-testdata, ONNX 1.12.
#include <filesystem>
#include <fstream>

#include "compiler/import/onnx_import.h"
#include "compiler/import/tensors.h"
#include "compiler/passes/pipeline.h"
#include "hw/common/error.h"
#include "tests/compiler/graph/naive_evaluator.h"
#include "tests/compiler/import/model_maker.h"

using namespace npu::compiler;
using namespace npu::tests;

namespace {

const std::filesystem::path kNodeTests = "/usr/share/libonnx-testdata/data/node";

template <typename Message>
Message read_message(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  Message message;
  REQUIRE(message.ParseFromIstream(&file));
  return message;
}

/// One test case as a network with one input.
class NodeTest {
 public:
  explicit NodeTest(const std::string& name)
      : model_(read_message<onnx::ModelProto>(kNodeTests / name / "model.onnx")),
        data_(kNodeTests / name / "test_data_set_0") {
    onnx::GraphProto& graph = *model_.mutable_graph();
    for (int index = 1; index < graph.input_size(); ++index) {
      onnx::TensorProto* tensor = graph.add_initializer();
      *tensor = read_message<onnx::TensorProto>(data_ / ("input_" + std::to_string(index) + ".pb"));
      tensor->set_name(graph.input(index).name());
    }
    while (graph.input_size() > 1) {
      graph.mutable_input()->RemoveLast();
    }
    while (graph.output_size() > 1) {
      graph.mutable_output()->RemoveLast();
    }
    make_map(graph);
  }

  Graph import() const {
    const std::string text = model_.SerializeAsString();
    return import_onnx(std::vector<std::uint8_t>(text.begin(), text.end()), "node test");
  }

  /// First sample of the first input, and of the first output.
  std::vector<double> input() const { return first_sample(data_ / "input_0.pb"); }
  std::vector<double> output() const { return first_sample(data_ / "output_0.pb"); }

 private:
  static std::vector<double> first_sample(const std::filesystem::path& path) {
    const ConstantTensor tensor = read_tensor(read_message<onnx::TensorProto>(path), "data");
    REQUIRE(tensor.dims.size() >= 2);
    const auto sample = static_cast<std::ptrdiff_t>(tensor.floats->size()) / tensor.dims[0];
    return {tensor.floats->begin(), tensor.floats->begin() + sample};
  }

  /// Batch 1; a matrix becomes a map of height and width 1 that is flattened first.
  static void make_map(onnx::GraphProto& graph) {
    auto* shape = graph.mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape();
    shape->mutable_dim(0)->set_dim_value(1);
    if (shape->dim_size() != 2) {
      return;
    }
    const std::string matrix = graph.input(0).name();
    graph.mutable_input(0)->set_name(matrix + "_map");
    shape->add_dim()->set_dim_value(1);
    shape->add_dim()->set_dim_value(1);
    onnx::NodeProto* flatten = graph.add_node();
    flatten->set_op_type("Flatten");
    flatten->add_input(matrix + "_map");
    flatten->add_output(matrix);
  }

  onnx::ModelProto model_;
  std::filesystem::path data_;
};

bool data_is_absent() {
  if (std::filesystem::exists(kNodeTests)) {
    return false;
  }
  std::puts("SKIPPED: the Debian package libonnx-testdata is not installed");
  return true;
}

}  // namespace

TEST_CASE("The ONNX project's test cases of supported operators give the expected numbers") {
  if (data_is_absent()) {
    return;
  }
  for (const std::string name : {"test_basic_conv_with_padding",
                                 "test_basic_conv_without_padding",
                                 "test_conv_with_autopad_same",
                                 "test_conv_with_strides_and_asymmetric_padding",
                                 "test_conv_with_strides_no_padding",
                                 "test_conv_with_strides_padding",
                                 "test_batchnorm_epsilon",
                                 "test_batchnorm_example",
                                 "test_averagepool_2d_ceil",
                                 "test_averagepool_2d_default",
                                 "test_averagepool_2d_pads",
                                 "test_averagepool_2d_pads_count_include_pad",
                                 "test_averagepool_2d_precomputed_pads",
                                 "test_averagepool_2d_precomputed_pads_count_include_pad",
                                 "test_averagepool_2d_precomputed_same_upper",
                                 "test_averagepool_2d_precomputed_strides",
                                 "test_averagepool_2d_same_lower",
                                 "test_averagepool_2d_same_upper",
                                 "test_averagepool_2d_strides",
                                 "test_maxpool_2d_ceil",
                                 "test_maxpool_2d_default",
                                 "test_maxpool_2d_pads",
                                 "test_maxpool_2d_precomputed_pads",
                                 "test_maxpool_2d_precomputed_same_upper",
                                 "test_maxpool_2d_precomputed_strides",
                                 "test_maxpool_2d_same_lower",
                                 "test_maxpool_2d_same_upper",
                                 "test_maxpool_2d_strides",
                                 "test_maxpool_with_argmax_2d_precomputed_pads",
                                 "test_gemm_alpha",
                                 "test_gemm_default_no_bias",
                                 "test_gemm_default_scalar_bias",
                                 "test_gemm_default_single_elem_vector_bias",
                                 "test_gemm_default_vector_bias",
                                 "test_gemm_default_zero_bias",
                                 "test_gemm_beta",
                                 "test_matmul_2d",
                                 "test_flatten_axis1",
                                 "test_flatten_default_axis",
                                 "test_flatten_negative_axis3"}) {
    INFO(name);
    const NodeTest test(name);
    const Graph graph = test.import();
    const std::vector<double> expected = test.output();
    CHECK(relative_difference(expected, evaluate(graph, test.input())) < 1e-5);
    if (!std::holds_alternative<FlattenOp>(
            graph.nodes.back().op)) {  // a network of one flatten computes nothing
      CHECK(relative_difference(expected, evaluate(canonicalise(graph), test.input())) < 1e-5);
    }
  }
}

TEST_CASE("The ONNX project's test cases of unsupported forms are refused by name") {
  if (data_is_absent()) {
    return;
  }
  for (const std::string name :
       {"test_maxpool_2d_dilations", "test_maxpool_2d_uint8", "test_convtranspose", "test_gemm_transposeA",
        "test_gemm_all_attributes", "test_batchnorm_epsilon_training_mode", "test_flatten_axis0",
        "test_flatten_axis2", "test_flatten_axis3", "test_averagepool_1d_default",
        "test_averagepool_3d_default", "test_edge_pad", "test_reflect_pad", "test_constant_pad",
        "test_gru_defaults"}) {
    INFO(name);
    CHECK_THROWS_AS(NodeTest(name).import(), npu::GraphError);
  }
}
