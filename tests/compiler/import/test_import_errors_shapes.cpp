// Refusals of the importer concerning reshaping, padding, constants and what is folded of them: the message
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

TEST_CASE("Reshaping that is not flattening, and padding that is not zeros around the map, are refused") {
  const auto reshape = [](const Dims& target, Parts parts) {
    expect_refused(
        [&](ModelMaker& m) {
          m.integers("s", {static_cast<std::int64_t>(target.size())}, target);
          m.node("Reshape", {"x", "s"}, "y");
        },
        parts);
  };
  reshape({1, 2, 64, 1}, {"Reshape", "[1, 2, 64, 1]", "supported is flattening to [1, 128]"});
  reshape({2, 64}, {"Reshape", "[2, 64]", "flattening"});
  reshape({-1, -1}, {"Reshape", "[-1, -1]", "same number of elements"});
  reshape({1, 127}, {"Reshape", "[1, 127]"});
  reshape({1, -2}, {"Reshape", "[1, -2]"});
  reshape({std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::max()}, {"Reshape"});
  reshape({7, -1}, {"Reshape", "[7, -1]"});
  reshape(Dims(9, 1), {"Reshape", "up to 8 integers"});
  expect_refused(
      [](ModelMaker& m) {
        m.node("Reshape", {"x", "x"}, "y");
      },
      {"Reshape", "computed value for shape"});
  expect_refused(
      [](ModelMaker& m) {
        m.floats("s", {2}, {1});
        m.node("Reshape", {"x", "s"}, "y");
      },
      {"Reshape", "floats [2] for shape", "constant integers"});
  expect_refused([](ModelMaker& m) { m.node("Flatten", {"x"}, "y").with("axis", 2); },
                 {"Flatten", "found 2, supported 1"});
  expect_refused([](ModelMaker& m) { m.node("Flatten", {"x"}, "y").with("axis", 5); },
                 {"Flatten", "axis 5", "rank 4"});
  expect_refused([](ModelMaker& m) { m.node("Squeeze", {"x"}, "y"); },
                 {"Squeeze", "axes []", "[1, 2, 8, 8]"});
  expect_refused(
      [](ModelMaker& m) {
        m.node("Squeeze", {"x"}, "y").with("axes", Dims{2, 3});
      },
      {"Squeeze", "height and width are 1"}, "y_node", 11);
  expect_refused(
      [](ModelMaker& m) {
        m.integers("a", {1}, {0});
        m.node("Unsqueeze", {"x", "a"}, "y");
      },
      {"Unsqueeze", "axes [0]", "rank 4"});

  const auto pad = [](const Dims& pads, float value, const char* mode, Parts parts) {
    expect_refused(
        [&](ModelMaker& m) {
          m.integers("p", {static_cast<std::int64_t>(pads.size())}, pads);
          m.floats("v", {}, {value});
          m.node("Pad", {"x", "p", "v"}, "y").with_text("mode", mode);
        },
        parts);
  };
  pad({0, 0, 1, 1, 0, 0, 1, 1}, 1, "constant", {"Pad", "constant_value 1", "supported 0"});
  pad({0, 0, 1, 1, 0, 0, 1, 1}, 0, "reflect", {"Pad", "'mode'", "supported 'constant'"});
  pad({0, 1, 1, 1, 0, 0, 1, 1}, 0, "constant", {"Pad", "[0, 1, 1, 1, 0, 0, 1, 1]", "channels 0"});
  pad({0, 0, -1, 1, 0, 0, 1, 1}, 0, "constant", {"Pad", "[0, 0, -1"});
  pad({0, 0, 1, 1}, 0, "constant", {"Pad", "8 pads"});
  expect_refused(
      [](ModelMaker& m) { m.node("Pad", {"x"}, "y").with("pads", Dims(8, 0)).with_real("value", 2); },
      {"Pad", "'value'", "found 2"}, "y_node", 10);
}

TEST_CASE("Dropout in training and constants without a value are refused") {
  expect_refused(
      [](ModelMaker& m) {
        m.integers("yes", {}, {1});
        m.node("Dropout", {"x", "", "yes"}, "y");
      },
      {"Dropout", "training_mode true"});
  expect_refused(
      [](ModelMaker& m) {
        m.node("Constant", {}, "c");
        m.node("Add", {"x", "c"}, "y");
      },
      {"Constant", "no value"}, "c_node");
  expect_refused(
      [](ModelMaker& m) {
        m.node("Constant", {}, "c").with_text("value_string", "text");
        m.node("Add", {"x", "c"}, "y");
      },
      {"Constant", "'value_string'"}, "c_node");
}

TEST_CASE("Arithmetic on a huge flattened map is refused before an array is made for it") {
  ModelMaker model({1, 64, 4096, 4096});
  model.floats("c", {}, {1});
  model.node("Flatten", {"x"}, "f");
  model.node("Add", {"f", "c"}, "y");
  model.output("y");
  expect_graph_error([&] { model.import(); }, "y_node", {"Add", "1073741824 features", "1048576"});
}

TEST_CASE("Constants that cannot be folded are refused") {
  const auto expect = [](const char* op, const std::function<void(NodeMaker&)>& with, Parts parts,
                         const std::vector<std::int64_t>& second = {1}) {
    expect_refused(
        [&](ModelMaker& m) {
          m.integers("a", {3}, {4, 5, 6});
          m.integers("b", {static_cast<std::int64_t>(second.size())}, second);
          NodeMaker node = m.node(op, {"a", "b"}, "c");
          with(node);
          m.node("Reshape", {"x", "c"}, "y");
        },
        parts, "c_node");
  };
  const auto nothing = [](NodeMaker&) {};
  expect("Gather", nothing, {"Gather", "index 3 for 3 values"}, {3});
  expect("Gather", [](NodeMaker& n) { n.with("axis", 1); }, {"'axis'", "found 1", "supported 0"});
  expect("Div", nothing, {"Div", "division by zero"}, {0});
  expect("Mul", nothing, {"Mul", "operands", "supported up to"}, {std::int64_t{1} << 62});
  expect("Add", nothing, {"Add", "equal lengths"}, {1, 2});
  expect("Concat", [](NodeMaker& n) { n.with("axis", 2); }, {"Concat", "axis 2"});
  expect("Reshape", nothing, {"Reshape", "integers [3]", "same number"}, {2});
  expect("Slice", nothing, {"Slice"}, {1, 2});
  expect_refused(
      [](ModelMaker& m) {
        m.integers("i", {1}, {0});
        m.node("Gather", {"x", "i"}, "y");
      },
      {"'Gather' is not supported on computed values, only on constants"});
  expect_refused([](ModelMaker& m) { m.node("Transpose", {"x"}, "y"); },
                 {"'Transpose'", "only on constants"});
  expect_refused(
      [](ModelMaker& m) {
        m.integers("q", {4}, {1, 1, 1, 1});
        m.floats("s", {3}, {1});
        m.node("DequantizeLinear", {"q", "s"}, "w").with("axis", 0);
        m.node("Add", {"x", "w"}, "y");
      },
      {"DequantizeLinear", "scale floats [3]"}, "w_node");
}
