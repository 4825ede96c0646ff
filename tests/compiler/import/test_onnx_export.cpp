// Export is the inverse of import: the same graph comes back, name by name and bit by bit.
#include <filesystem>

#include "compiler/import/onnx_export.h"
#include "compiler/import/onnx_import.h"
#include "compiler/passes/pipeline.h"
#include "hw/common/error.h"
#include "tests/compiler/graph/graph_maker.h"
#include "tests/compiler/graph/naive_evaluator.h"
#include "tests/compiler/import/model_maker.h"
#include "tests/support.h"
#include "workloads/networks.h"

using namespace npu::compiler;
using namespace npu::tests;

namespace {

std::vector<FloatArray> arrays_of(const Node& node) {
  if (const auto* conv = std::get_if<ConvOp>(&node.op)) {
    return {conv->weights, conv->bias};
  }
  if (const auto* norm = std::get_if<BatchNormOp>(&node.op)) {
    return {norm->scale, norm->bias, norm->mean, norm->variance, make_array({norm->epsilon})};
  }
  if (const auto* gemm = std::get_if<GemmOp>(&node.op)) {
    return {gemm->weights, gemm->bias};
  }
  return {};
}

Window window_of(const Node& node) {
  if (const auto* conv = std::get_if<ConvOp>(&node.op)) {
    return conv->window;
  }
  if (const auto* pool = std::get_if<MaxPoolOp>(&node.op)) {
    return pool->window;
  }
  const auto* pool = std::get_if<AveragePoolOp>(&node.op);
  return pool != nullptr ? pool->window : Window{};
}

Activation activation_of(const Node& node) {
  const auto* op = std::get_if<ActivationOp>(&node.op);
  return op != nullptr ? op->activation : Activation{};
}

void check_equal(const Graph& found, const Graph& expected) {
  CHECK(found.name == expected.name);
  CHECK(found.input == expected.input);
  CHECK(found.input_shape == expected.input_shape);
  CHECK(found.output == expected.output);
  REQUIRE(found.nodes.size() == expected.nodes.size());
  for (std::size_t index = 0; index < found.nodes.size(); ++index) {
    const Node& a = found.nodes[index];
    const Node& b = expected.nodes[index];
    INFO(expected.name << ", node " << b.name);
    CHECK(a.name == b.name);
    CHECK(a.output == b.output);
    CHECK(a.inputs == b.inputs);
    REQUIRE(a.op.index() == b.op.index());
    CHECK(window_of(a) == window_of(b));
    CHECK(activation_of(a) == activation_of(b));
    const std::vector<FloatArray> a_arrays = arrays_of(a);
    const std::vector<FloatArray> b_arrays = arrays_of(b);
    for (std::size_t array = 0; array < a_arrays.size(); ++array) {
      CHECK((*a_arrays[array] == *b_arrays[array]));
    }
  }
}

Graph there_and_back(const Graph& graph) { return import_onnx(export_onnx(graph), "from a file"); }

}  // namespace

TEST_CASE("Every built-in network's outline comes back from ONNX as it was") {
  for (const std::string& name : npu::workloads::network_names()) {
    if (name != "vgg19") {  // 1 GB of zeros in all
      const Graph graph = npu::workloads::outline_network(name);
      check_equal(there_and_back(graph), graph);
    }
  }
}

TEST_CASE("The weights of a network come back to the last bit") {
  for (const char* name : {"sqnxt_23v5_1.0_cifar", "mobilenet_v2_1.0_cifar", "squeezenet_1.1"}) {
    const Graph graph = npu::workloads::build_network(name);
    check_equal(there_and_back(graph), graph);
  }
}

TEST_CASE("Operators that no built-in network has come back too") {
  GraphMaker maker({4, 9, 9});
  maker.add("pad", PadOp{1, 0, 2, 1}, {"input"});
  ConvOp conv;
  conv.window = {3, 2, 2, 1, 0, 0, 0, 0, false};
  conv.groups = 2;
  conv.out_channels = 6;
  TestRandom random(7);
  conv.weights = random_array(6 * 2 * 6, random);
  maker.add("conv", conv, {"pad"});
  maker.add("clip", make_clamp(-1.5F, 2.0F), {"conv"});
  maker.add("upper", make_clamp(-std::numeric_limits<float>::infinity(), 1.0F), {"clip"});
  maker.add("lower", make_clamp(-0.5F, std::numeric_limits<float>::infinity()), {"upper"});
  maker.add("leaky", make_leaky(0.2F), {"lower"});
  maker.add("max", MaxPoolOp{{2, 2, 2, 2, 0, 1, 1, 0, true}}, {"leaky"});
  maker.add("average", AveragePoolOp{{3, 3, 1, 1, 1, 1, 1, 1, false}, true}, {"max"});
  maker.add("same", IdentityOp{}, {"average"});
  maker.add("joined", ConcatOp{}, {"same", "average"});
  const Graph graph = maker.graph;
  const Graph found = there_and_back(graph);
  check_equal(found, graph);
  CHECK(std::get<AveragePoolOp>(found.nodes[7].op).count_include_pad);
  CHECK(std::get<ConvOp>(found.nodes[1].op).groups == 2);
}

TEST_CASE(
    "A canonical graph computes the same after export: fused activations and the softmax are spelled out") {
  const Graph canonical = canonicalise(small_network().import());
  REQUIRE(canonical.ends_in_softmax);
  const Graph again = canonicalise(there_and_back(canonical));
  CHECK(again.ends_in_softmax);
  TestRandom random(8);
  const std::vector<double> input = random_input(canonical.input_shape, random);
  CHECK(evaluate(canonical, input) == evaluate(again, input));
}

TEST_CASE("An exported network keeps its name in a file of another name") {
  const TemporaryFolder folder;
  const Graph graph = npu::workloads::outline_network("mobilenet_v1_0.25_cifar");
  export_onnx(graph, folder.path() / "net.onnx");
  CHECK(import_onnx(folder.path() / "net.onnx").name == "mobilenet_v1_0.25_cifar");
  CHECK(import_onnx(small_network().bytes(), "bytes").name == "bytes");
}

TEST_CASE("What ONNX cannot hold is refused at export") {
  GraphMaker flat({3, 1, 1});
  flat.add("flat", FlattenOp{}, {"input"});
  flat.add("pool", MaxPoolOp{{1, 1, 1, 1, 0, 0, 0, 0, false}}, {"flat"});
  CHECK_THROWS_WITH(export_onnx(flat.graph), Catch::Contains("pool") && Catch::Contains("flattened"));
  CHECK_THROWS_AS(export_onnx(flat.graph), npu::GraphError);
  GraphMaker unflat({3, 1, 1});
  unflat.add("fc", GemmOp{2, make_array(std::vector<float>(6, 1.0F)), empty_array()}, {"input"});
  CHECK_THROWS_WITH(export_onnx(unflat.graph), Catch::Contains("fc") && Catch::Contains("not flattened"));
}
