// Refusals of the importer concerning activations, arithmetic, batch norms and matrix products: the message
// names the node, the operator, the attribute, found and supported.
#include <algorithm>
#include <functional>
#include <limits>
#include <sstream>

#include "compiler/import/converters.h"
#include "compiler/import/onnx_import.h"
#include "hw/common/error.h"
#include "hw/common/file.h"
#include "tests/compiler/graph/graph_maker.h"
#include "tests/compiler/import/refusals.h"

using namespace npu::compiler;
using namespace npu::tests;

TEST_CASE("Activations and softmax: bounds and places that we cannot run are refused") {
  expect_refused([](ModelMaker& m) { m.node("Clip", {"x"}, "y").with_real("min", 2).with_real("max", 1); },
                 {"Clip", "min 2 and max 1"}, "y_node", 10);
  expect_refused(
      [](ModelMaker& m) {
        m.floats("low", {1}, {std::numeric_limits<float>::quiet_NaN()});
        m.node("Clip", {"x", "low"}, "y");
      },
      {"Clip", "min nan"});
  expect_refused(
      [](ModelMaker& m) {
        m.floats("low", {2}, {0});
        m.node("Clip", {"x", "low"}, "y");
      },
      {"Clip", "min", "one number"});
  expect_refused([](ModelMaker& m) { m.node("Clip", {"x", "x"}, "y"); }, {"Clip", "computed value for min"});
  expect_refused(
      [](ModelMaker& m) {
        m.node("LeakyRelu", {"x"}, "y").with_real("alpha", std::numeric_limits<float>::infinity());
      },
      {"LeakyRelu", "'alpha'", "inf"});
  expect_refused([](ModelMaker& m) { m.node("Softmax", {"x"}, "y").with("axis", 1); },
                 {"Softmax", "'axis'", "[2, 8, 8]", "over the channels"});
  expect_refused(
      [](ModelMaker& m) {
        m.node("GlobalAveragePool", {"x"}, "g");
        m.node("Softmax", {"g"}, "s").with("axis", 1);
        m.node("Relu", {"s"}, "y");
      },
      {"softmax", "middle of the network"}, "s_node");
}

TEST_CASE("Arithmetic that is not per channel, and concats along other axes, are refused") {
  expect_refused(
      [](ModelMaker& m) {
        m.floats("c", {8}, {1});
        m.node("Add", {"x", "c"}, "y");
      },
      {"Add", "constant floats [8]", "[1, 2, 1, 1]"});
  expect_refused(
      [](ModelMaker& m) {
        m.floats("c", {1, 1, 2, 1, 1}, {1});
        m.node("Mul", {"x", "c"}, "y");
      },
      {"Mul", "[1, 1, 2, 1, 1]"});
  expect_refused([](ModelMaker& m) { m.node("Mul", {"x", "x"}, "y"); }, {"Mul", "two computed values"});
  expect_refused(
      [](ModelMaker& m) {
        m.floats("c", {}, {1});
        m.node("Add", {"c", "c"}, "y");
      },
      {"Add", "two constants"});
  expect_refused(
      [](ModelMaker& m) {
        m.floats("c", {2, 1, 1}, {1, 0});
        m.node("Div", {"x", "c"}, "y");
      },
      {"Div", "division by zero"});
  expect_refused(
      [](ModelMaker& m) {
        m.floats("c", {}, {1});
        m.node("Div", {"c", "x"}, "y");
      },
      {"Div", "constant divisor"});
  expect_refused(
      [](ModelMaker& m) {
        m.node("GlobalAveragePool", {"x"}, "g");
        m.node("Add", {"x", "g"}, "y");
      },
      {"add", "[2, 8, 8]", "[2, 1, 1]", "equal shapes"});
  expect_refused(
      [](ModelMaker& m) {
        m.node("Concat", {"x", "x"}, "y").with("axis", 2);
      },
      {"Concat", "'axis'", "found 2", "supported 1"});
  expect_refused([](ModelMaker& m) { m.node("Concat", {"x", "x"}, "y"); }, {"Concat", "'axis'", "missing"});
  expect_refused([](ModelMaker& m) { m.node("Concat", {"x"}, "y").with("axis", 9); }, {"axis 9", "rank 4"});
  expect_refused(
      [](ModelMaker& m) {
        m.node("Flatten", {"x"}, "f");
        m.node("Concat", {"x", "f"}, "y").with("axis", 1);
      },
      {"Concat", "rank 4 and 2"});
}

TEST_CASE("BatchNormalization, Gemm and MatMul: wrong sizes and modes are refused") {
  const auto norm = [](const std::function<void(NodeMaker&)>& attribute, std::int64_t channels, Parts parts) {
    expect_refused(
        [&](ModelMaker& m) {
          m.floats("p", {channels}, {1});
          NodeMaker node = m.node("BatchNormalization", {"x", "p", "p", "p", "p"}, "y");
          attribute(node);
        },
        parts);
  };
  norm([](NodeMaker&) {}, 3, {"BatchNormalization", "scale", "[3]", "expected [2]"});
  norm([](NodeMaker& n) { n.with("training_mode", 1); }, 2, {"'training_mode'", "found 1, supported 0"});
  norm([](NodeMaker& n) { n.with("spatial", 0); }, 2, {"'spatial'", "found 0, supported 1"});
  norm([](NodeMaker& n) { n.with_real("epsilon", -2); }, 2, {"batch_norm", "epsilon -2"});

  const auto gemm = [](const std::function<void(NodeMaker&)>& attribute, const Dims& weights,
                       const Dims& bias, Parts parts) {
    expect_refused(
        [&](ModelMaker& m) {
          m.node("Flatten", {"x"}, "f");
          m.floats("w", weights, {1});
          m.floats("b", bias, {1});
          NodeMaker node = m.node("Gemm", {"f", "w", "b"}, "y");
          attribute(node);
        },
        parts);
  };
  gemm([](NodeMaker&) {}, {127, 3}, {3}, {"Gemm", "127 input features, expected 128"});
  gemm([](NodeMaker&) {}, {128, 3}, {4}, {"Gemm", "bias", "[4]", "[3]"});
  gemm([](NodeMaker&) {}, {128, 3}, {3, 1}, {"Gemm", "bias", "[3, 1]"});
  gemm([](NodeMaker&) {}, {128, 3, 1}, {3}, {"Gemm", "[128, 3, 1]", "matrix"});
  gemm([](NodeMaker& n) { n.with("transA", 1); }, {128, 3}, {3}, {"'transA'", "found 1, supported 0"});
  gemm([](NodeMaker& n) { n.with("transB", 2); }, {128, 3}, {3}, {"'transB'", "found 2"});
  expect_refused(
      [](ModelMaker& m) {
        m.floats("w", {2, 3}, {1});
        m.node("MatMul", {"x", "w"}, "y");
      },
      {"MatMul", "rank 4, expected 2"});
  expect_refused(
      [](ModelMaker& m) {
        m.node("Flatten", {"x"}, "f");
        m.node("MatMul", {"f", "f"}, "y");
      },
      {"MatMul", "computed value for weights"});
}
