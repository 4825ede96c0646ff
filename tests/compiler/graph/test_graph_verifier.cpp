// One test for each fault that the verifier looks for: a correct graph is spoilt in one way at a time.
#include <cmath>
#include <limits>

#include "compiler/graph/graph.h"
#include "tests/compiler/graph/graph_maker.h"

using namespace npu::compiler;
using namespace npu::tests;

namespace {

FloatArray ones(std::size_t count) { return make_array(std::vector<float>(count, 1.0F)); }

BatchNormOp plain_norm(std::size_t channels) {
  BatchNormOp norm;
  norm.scale = norm.bias = norm.mean = norm.variance = ones(channels);
  return norm;
}

/// conv -> norm -> relu -> flatten -> gemm on [2, 4, 4]
Graph correct_graph() {
  GraphMaker maker({2, 4, 4});
  maker.then("conv", make_conv(3, 3, 1, 1, ones(3 * 2 * 9)));
  maker.then("norm", plain_norm(3));
  maker.then("relu", make_clamp(0, std::numeric_limits<float>::infinity()));
  maker.then("flatten", FlattenOp{});
  maker.then("gemm", GemmOp{5, ones(5 * 48), ones(5)});
  return maker.graph;
}

/// Applies a change to the correct graph and expects an error.
void expect_error(const std::function<void(Graph&)>& spoil, const std::string& node,
                  std::initializer_list<const char*> parts) {
  Graph graph = correct_graph();
  spoil(graph);
  expect_graph_error([&] { verify_graph(graph); }, node, parts);
}

template <typename Op>
Op& op_at(Graph& graph, std::size_t index) {
  return std::get<Op>(graph.nodes[index].op);
}

}  // namespace

TEST_CASE("A correct graph passes the verifier") { CHECK_NOTHROW(verify_graph(correct_graph())); }

TEST_CASE("The verifier finds every fault of names and order") {
  expect_error([](Graph& g) { g.nodes[1].name = "conv"; }, "conv", {"repeated"});
  expect_error([](Graph& g) { g.nodes[1].name.clear(); }, "", {"empty"});
  expect_error([](Graph& g) { g.nodes[1].output = "conv"; }, "norm", {"'conv'", "made twice"});
  expect_error([](Graph& g) { g.nodes[0].output = "input"; }, "conv", {"'input'", "made twice"});
  expect_error([](Graph& g) { g.output = "nothing"; }, "test", {"'nothing'", "no node"});
  expect_error([](Graph& g) { g.input.clear(); }, "test", {"input value has no name"});
  expect_error([](Graph& g) { g.nodes.clear(); }, "test", {"no operators"});
  expect_error([](Graph& g) { std::swap(g.nodes[0], g.nodes[1]); }, "norm", {"no earlier node"});
  expect_error([](Graph& g) { g.output = "relu"; }, "gemm", {"does not lead to the network's output 'relu'"});
  expect_error(
      [](Graph& g) {
        g.nodes.insert(g.nodes.begin() + 4, Node{"softmax", SoftmaxOp{}, {"flatten"}, "s"});
        g.nodes[5].inputs = {"s"};
      },
      "softmax", {"middle of the network"});
}

TEST_CASE("The verifier finds every fault of arrays and attributes") {
  expect_error([](Graph& g) { op_at<ConvOp>(g, 0).weights = ones(53); }, "conv",
               {"53 values of weights", "54"});
  expect_error([](Graph& g) { op_at<ConvOp>(g, 0).weights = nullptr; }, "conv", {"no array of weights"});
  expect_error([](Graph& g) { op_at<ConvOp>(g, 0).bias = nullptr; }, "conv", {"no array of bias"});
  expect_error([](Graph& g) { op_at<ConvOp>(g, 0).bias = ones(2); }, "conv", {"2 values of bias", "3"});
  expect_error([](Graph& g) { op_at<ConvOp>(g, 0).output_mean = ones(3); }, "conv",
               {"only one of output mean"});
  expect_error([](Graph& g) { op_at<BatchNormOp>(g, 1).mean = ones(4); }, "norm", {"4 values of mean", "3"});
  expect_error(
      [](Graph& g) {
        op_at<BatchNormOp>(g, 1).variance = make_array({1, -1, 1});
      },
      "norm", {"variance -1", "channel 1"});
  expect_error(
      [](Graph& g) {
        op_at<BatchNormOp>(g, 1).variance = make_array({1, 0, 1});
        op_at<BatchNormOp>(g, 1).epsilon = 0;
      },
      "norm", {"variance 0", "epsilon 0"});
  expect_error([](Graph& g) { op_at<BatchNormOp>(g, 1).epsilon = std::nanf(""); }, "norm", {"epsilon nan"});
  expect_error(
      [](Graph& g) {
        op_at<BatchNormOp>(g, 1).scale = make_array({1, std::nanf(""), 1});
      },
      "norm", {"nan", "index 1 of scale", "finite"});
  expect_error([](Graph& g) { op_at<GemmOp>(g, 4).weights = ones(239); }, "gemm", {"239", "240"});
  expect_error(
      [](Graph& g) {
        op_at<GemmOp>(g, 4).bias = make_array({1, 2, 3, 4, HUGE_VALF});
      },
      "gemm", {"inf", "index 4 of bias"});
  expect_error([](Graph& g) { g.nodes[2].op = make_clamp(2, 1); }, "relu", {"2 and 1", "low <= high"});
  expect_error([](Graph& g) { g.nodes[2].op = make_clamp(std::nanf(""), 1); }, "relu", {"nan"});
  expect_error([](Graph& g) { g.nodes[2].op = make_leaky(HUGE_VALF); }, "relu", {"alpha inf"});
  expect_error([](Graph& g) { op_at<ConvOp>(g, 0).activation = make_clamp(2, 1).activation; }, "conv",
               {"2 and 1"});
}

TEST_CASE("A network whose output does not depend on its input is an error") {
  GraphMaker maker({2, 4, 4});
  maker.then("conv", make_conv(3, 3, 1, 1, ones(54)));
  maker.graph.output = "input";
  expect_graph_error([&] { verify_graph(maker.graph); }, "conv", {"does not lead"});
}
