// Every refusal of the importer: the message names the node, the operator, the attribute, found and
// supported.
#include <algorithm>
#include <functional>
#include <limits>
#include <sstream>

#include "compiler/import/converters.h"
#include "compiler/import/onnx_import.h"
#include "hw/common/error.h"
#include "hw/common/file.h"
#include "tests/compiler/graph/graph_maker.h"
#include "tests/compiler/import/model_maker.h"

using namespace npu::compiler;
using namespace npu::tests;

namespace {

using Parts = std::initializer_list<const char*>;

/// A model with input [1, 2, 8, 8] whose only output "y" is made by what `build` adds.
void expect_refused(const std::function<void(ModelMaker&)>& build, Parts parts,
                    const std::string& node = "y_node", std::int64_t opset = 13) {
  ModelMaker model({1, 2, 8, 8}, opset);
  build(model);
  model.output("y");
  expect_graph_error([&] { model.import(); }, node, parts);
}

void expect_input_error(const std::function<void()>& action, Parts parts) {
  try {
    action();
  } catch (const npu::InputError& error) {
    INFO("message: " << error.what());
    for (const char* part : parts) {
      INFO("expected part: " << part);
      CHECK(std::string(error.what()).find(part) != std::string::npos);
    }
    return;
  }
  FAIL("no InputError");
}

/// Conv with weights [4, 2, 3, 3] and one more attribute.
void expect_conv_refused(const std::function<void(NodeMaker&)>& attribute, Parts parts) {
  expect_refused(
      [&](ModelMaker& m) {
        m.floats("w", {4, 2, 3, 3}, {1});
        NodeMaker node = m.node("Conv", {"x", "w"}, "y");
        attribute(node);
      },
      parts);
}

void expect_pool_refused(const std::function<void(NodeMaker&)>& attribute, Parts parts) {
  expect_refused(
      [&](ModelMaker& m) {
        NodeMaker node = m.node("AveragePool", {"x"}, "y");
        attribute(node);
      },
      parts);
}

}  // namespace

TEST_CASE("Files that are no ONNX models are refused with the path and the reason") {
  const TemporaryFolder folder;
  expect_input_error([&] { import_onnx(folder.path() / "absent.onnx"); }, {"absent.onnx"});
  npu::write_file(folder.path() / "text.onnx", std::string_view("this is not a model"));
  expect_input_error([&] { import_onnx(folder.path() / "text.onnx"); }, {"text.onnx", "not an ONNX model"});
  npu::write_file(folder.path() / "empty.onnx", std::string_view(""));
  expect_input_error([&] { import_onnx(folder.path() / "empty.onnx"); },
                     {"empty.onnx", "no graph in its 0 bytes"});
  expect_input_error([&] { import_onnx(folder.path()); }, {folder.path().c_str()});
}

TEST_CASE("Opsets outside 7 to 17, or none, are refused") {
  ModelMaker model = small_network();
  for (const std::int64_t opset : {-1, 0, 6, 18}) {
    model.proto().mutable_opset_import(0)->set_version(opset);
    expect_input_error([&] { model.import(); },
                       {"model", std::to_string(opset).c_str(), "supported 7 to 17"});
  }
  model.proto().clear_opset_import();
  expect_input_error([&] { model.import(); }, {"no version of the standard ONNX operator set"});
  model.proto().add_opset_import()->set_domain("com.example");
  expect_input_error([&] { model.import(); }, {"no version of the standard ONNX operator set"});
}

TEST_CASE("Unsupported operators are refused with a list of the supported ones") {
  expect_refused([](ModelMaker& m) { m.node("ConvTranspose", {"x"}, "y"); },
                 {"'ConvTranspose' is not supported", "Add, AveragePool, BatchNormalization", "Softmax"});
  expect_refused([](ModelMaker& m) { m.node("Conv", {"x"}, "y").proto().set_domain("com.example"); },
                 {"'com.example.Conv' is not supported"});
}

TEST_CASE("Network inputs other than one float map of fixed size are refused") {
  const auto expect = [](const std::function<void(onnx::ValueInfoProto&)>& spoil, Parts parts) {
    ModelMaker model = small_network();
    spoil(*model.proto().mutable_graph()->mutable_input(0));
    expect_graph_error([&] { model.import(); }, "x", parts);
  };
  const auto dim = [](onnx::ValueInfoProto& input, int axis) {
    return input.mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim(axis);
  };
  expect([&](auto& input) { dim(input, 0)->set_dim_value(4); },
         {"batch 4", "supported 1 or a dynamic batch"});
  expect([&](auto& input) { dim(input, 2)->set_dim_param("height"); }, {"dimension 2 is dynamic ('height')"});
  expect([&](auto& input) { dim(input, 1)->set_dim_value(0); }, {"found 0 for dimension 1", "1 to 65535"});
  expect([&](auto& input) { dim(input, 3)->set_dim_value(-7); }, {"found -7 for dimension 3"});
  expect([&](auto& input) { dim(input, 3)->set_dim_value(std::int64_t{1} << 31); }, {"found 2147483648"});
  expect(
      [&](auto& input) {
        input.mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::UINT8);
      },
      {"element type 2", "supported float32"});
  expect([&](auto& input) { input.mutable_type()->mutable_tensor_type()->mutable_shape()->add_dim(); },
         {"5 dimensions", "4 dimensions"});
  expect([&](auto& input) { input.mutable_type()->mutable_tensor_type()->clear_shape(); }, {"no shape"});
  expect([&](auto& input) { input.clear_type(); }, {"element type 0"});

  ModelMaker two = small_network();
  *two.proto().mutable_graph()->add_input() = two.proto().graph().input(0);
  two.proto().mutable_graph()->mutable_input(1)->set_name("second");
  expect_graph_error([&] { two.import(); }, "second", {"second network input beside 'x'"});
  ModelMaker none = small_network();
  none.proto().mutable_graph()->clear_input();
  expect_input_error([&] { none.import(); }, {"no network input"});
}

TEST_CASE("Network outputs other than one computed value are refused") {
  ModelMaker none = small_network();
  none.proto().mutable_graph()->clear_output();
  expect_input_error([&] { none.import(); }, {"found 0 network outputs"});
  ModelMaker two = small_network();
  two.output("clip");
  expect_input_error([&] { two.import(); }, {"found 2 network outputs"});
  ModelMaker absent({1, 2, 8, 8});
  absent.node("Relu", {"x"}, "y");
  absent.output("z");
  expect_graph_error([&] { absent.import(); }, "graph output", {"'z'", "neither"});
  ModelMaker constant({1, 2, 8, 8});
  constant.node("Constant", {}, "y").with_real("value_float", 1);
  constant.output("y");
  CHECK_THROWS_AS(constant.import(), npu::GraphError);
  ModelMaker input_only({1, 2, 8, 8});
  input_only.output("x");
  CHECK_THROWS_AS(input_only.import(), npu::GraphError);
}

TEST_CASE("Names that occur twice are refused") {
  const auto expect = [](const std::function<void(onnx::GraphProto&)>& spoil, const char* node, Parts parts) {
    ModelMaker model = small_network();
    spoil(*model.proto().mutable_graph());
    expect_graph_error([&] { model.import(); }, node, parts);
  };
  expect([](auto& g) { g.mutable_node(1)->set_name("conv1_node"); }, "conv1_node",
         {"several nodes of this name"});
  expect([](auto& g) { g.mutable_node(3)->set_output(0, "conv1"); }, "pool_node",
         {"'conv1'", "another node makes"});
  expect([](auto& g) { g.mutable_initializer(1)->set_name("w1"); }, "w1",
         {"repeated name of an initialiser"});
  expect([](auto& g) { g.mutable_initializer(1)->clear_name(); }, "", {"empty or repeated name"});
  expect([](auto& g) { g.mutable_node(0)->set_output(0, "w1"); }, "w1",
         {"both an initialiser and made by a node"});
  expect([](auto& g) { g.mutable_node(0)->set_output(0, "x"); }, "x", {"network's input and made by a node"});
}

TEST_CASE("Names that cannot be printed are refused") {
  for (const std::string& name :
       {std::string("a\0b", 3), std::string("\xC3("), std::string("\xE2\x82"), std::string("\x7F"),
        std::string("\xED\xA0\x80"), std::string("\xF4\x90\x80\x80"), std::string("\xC0\x80")}) {
    ModelMaker model = small_network();
    model.proto().mutable_graph()->mutable_node(0)->set_name(name);
    CHECK_THROWS_WITH(model.import(), Catch::Contains("not printable UTF-8"));
  }
  ModelMaker long_name = small_network();
  long_name.proto().mutable_graph()->mutable_node(0)->set_name(std::string(1001, 'n'));
  CHECK_THROWS_WITH(long_name.import(), Catch::Contains("nnn...") && Catch::Contains("1000 bytes"));
  ModelMaker foreign = small_network();
  foreign.proto().mutable_graph()->mutable_node(0)->set_name("Größe \xE5\xB1\xA4 \xF0\x9F\x98\x80");
  CHECK_NOTHROW(foreign.import());
}

TEST_CASE("Cycles and missing values are refused") {
  ModelMaker cycle = small_network();
  cycle.proto().mutable_graph()->mutable_node(0)->set_input(0, "conv2");
  expect_graph_error([&] { cycle.import(); }, "conv1_node", {"cycle"});
  ModelMaker self({1, 2, 8, 8});
  self.node("Relu", {"y"}, "y");
  self.output("y");
  expect_graph_error([&] { self.import(); }, "y_node", {"depends on its own output"});
  ModelMaker behind({1, 2, 8, 8});  // the cycle lies in front of the node that waits for it
  behind.node("Add", {"b", "x"}, "a");
  behind.node("Relu", {"a"}, "b");
  behind.node("Relu", {"b"}, "y");
  behind.output("y");
  try {
    behind.import();
    FAIL("no error");
  } catch (const npu::GraphError& error) {
    CHECK((error.node() == "a_node" || error.node() == "b_node"));
  }
  expect_refused(
      [](ModelMaker& m) {
        m.node("Conv", {"x", "weights"}, "y");
      },
      {"'weights'", "nor an initialiser"});
  expect_refused([](ModelMaker& m) { m.node("Conv", {"x"}, "y"); },
                 {"Conv", "found 1 inputs, expected 2 to 3"});
  expect_refused([](ModelMaker& m) { m.node("Conv", {"x", ""}, "y"); }, {"Conv", "input 1 is missing"});
  expect_refused(
      [](ModelMaker& m) {
        m.node("Relu", {"x", "x"}, "y");
      },
      {"Relu", "found 2 inputs, expected 1"});
}

TEST_CASE("Outputs that we do not make are refused where they are used") {
  expect_refused(
      [](ModelMaker& m) {
        m.node("Dropout", {"x"}, std::vector<std::string>{"d", "mask"});
        m.node("Add", {"d", "mask"}, "y");
      },
      {"'mask'", "output 1 of Dropout 'd_node'"});
  expect_refused(
      [](ModelMaker& m) {
        m.node("MaxPool", {"x"}, std::vector<std::string>{"p", "indices"}).with("kernel_shape", Dims{2, 2});
        m.node("Add", {"p", "indices"}, "y");
      },
      {"'indices'", "only output 0 is supported"});
}

TEST_CASE("Attributes of another type, unknown or repeated ones are refused") {
  expect_conv_refused([](NodeMaker& n) { n.with_real("group", 1); },
                      {"Conv", "'group'", "type FLOAT, expected INT"});
  expect_conv_refused([](NodeMaker& n) { n.with("pads", 1); }, {"'pads'", "type INT, expected INTS"});
  expect_conv_refused([](NodeMaker& n) { n.with("auto_pad", 1); },
                      {"'auto_pad'", "type INT, expected STRING"});
  expect_conv_refused([](NodeMaker& n) { n.with("colour", 1); },
                      {"Conv", "'colour'", "auto_pad, dilations, group, kernel_shape, pads, strides"});
  expect_conv_refused([](NodeMaker& n) { n.with("group", 1).with("group", 1); }, {"'group'", "found twice"});
  expect_conv_refused([](NodeMaker& n) { n.with("pads", Dims(17, 0)); },
                      {"'pads'", "17 values, supported up to 16"});
  expect_conv_refused(
      [](NodeMaker& n) {
        n.with("group", 1);
        n.proto().mutable_attribute(0)->set_ref_attr_name("outer");
      },
      {"'group'", "reference to a function's attribute"});
}

TEST_CASE("Conv: wrong geometry, groups, weights and bias are refused") {
  expect_conv_refused(
      [](NodeMaker& n) {
        n.with("strides", Dims{0, 1});
      },
      {"'strides'", "[0, 1]", "1 to 65535"});
  expect_conv_refused(
      [](NodeMaker& n) {
        n.with("strides", Dims{1, std::int64_t{1} << 31});
      },
      {"2147483648"});
  expect_conv_refused([](NodeMaker& n) { n.with("strides", Dims{1}); },
                      {"'strides'", "[1]", "expected 2 integers"});
  expect_conv_refused(
      [](NodeMaker& n) {
        n.with("pads", Dims{0, 0, -1, 0});
      },
      {"'pads'", "[0, 0, -1, 0]", "0 to"});
  expect_conv_refused(
      [](NodeMaker& n) {
        n.with("dilations", Dims{2, 2});
      },
      {"'dilations'", "[2, 2]", "supported [1, 1]"});
  expect_conv_refused(
      [](NodeMaker& n) {
        n.with("kernel_shape", Dims{3, 5});
      },
      {"'kernel_shape'", "[3, 5]", "[3, 3]"});
  expect_conv_refused([](NodeMaker& n) { n.with("group", 3); }, {"'group'", "found 3", "2 input channels"});
  expect_conv_refused([](NodeMaker& n) { n.with("group", std::numeric_limits<std::int64_t>::max()); },
                      {"'group'"});
  expect_conv_refused([](NodeMaker& n) { n.with("group", 0); }, {"'group'", "found 0"});
  expect_conv_refused([](NodeMaker& n) { n.with_text("auto_pad", "SAME"); },
                      {"'auto_pad'", "'SAME'", "SAME_UPPER"});
  expect_conv_refused(
      [](NodeMaker& n) {
        n.with_text("auto_pad", "VALID").with("pads", Dims{1, 1, 1, 1});
      },
      {"'pads'", "together with auto_pad 'VALID'"});
  expect_refused(
      [](ModelMaker& m) {
        m.floats("w", {4, 2, 9, 9}, {1});
        m.node("Conv", {"x", "w"}, "y");
      },
      {"conv", "9 x 9 kernel gives no output", "[2, 8, 8]"});
  expect_refused(
      [](ModelMaker& m) {
        m.floats("w", {4, 2, 3}, {1});
        m.node("Conv", {"x", "w"}, "y");
      },
      {"Conv", "[4, 2, 3]", "rank 4"});
  expect_refused(
      [](ModelMaker& m) {
        m.floats("w", {4, 2, 0, 3}, {1});
        m.node("Conv", {"x", "w"}, "y");
      },
      {"Conv", "[4, 2, 0, 3]", "1 to 65535"});
  expect_refused(
      [](ModelMaker& m) {
        m.floats("w", {4, 2, 1, 1}, {1});
        m.floats("b", {3}, {1});
        m.node("Conv", {"x", "w", "b"}, "y");
      },
      {"Conv", "bias", "[3]", "expected [4]"});
  expect_refused(
      [](ModelMaker& m) {
        m.node("Relu", {"x"}, "w");
        m.node("Conv", {"x", "w"}, "y");
      },
      {"Conv", "computed value for weights", "constant floats"});
  expect_refused(
      [](ModelMaker& m) {
        m.floats("w", {4, 2, 1, 1}, {1, std::numeric_limits<float>::quiet_NaN()});
        m.node("Conv", {"x", "w"}, "y");
      },
      {"conv", "nan at index 1 of weights"});
  expect_refused(
      [](ModelMaker& m) {
        m.floats("c", {4}, {1});
        m.floats("w", {4, 2, 1, 1}, {1});
        m.node("Conv", {"c", "w"}, "y");
      },
      {"Conv", "input 0 ('c') is a constant"});
}

TEST_CASE("Pools: wrong windows are refused") {
  expect_pool_refused([](NodeMaker&) {}, {"AveragePool", "'kernel_shape'", "missing"});
  expect_pool_refused(
      [](NodeMaker& n) {
        n.with("kernel_shape", Dims{2, 2}).with("pads", Dims{2, 0, 0, 0});
      },
      {"average_pool", "pads [2, 0, 0, 0]", "smaller than the kernel"});
  expect_pool_refused([](NodeMaker& n) { n.with("kernel_shape", Dims{2}); },
                      {"'kernel_shape'", "expected 2 integers"});
  expect_pool_refused([](NodeMaker& n) { n.with("kernel_shape", Dims{0, 2}); }, {"'kernel_shape'", "[0, 2]"});
  expect_pool_refused(
      [](NodeMaker& n) {
        n.with("kernel_shape", Dims{2, 2}).with("ceil_mode", 2);
      },
      {"'ceil_mode'", "found 2"});
  expect_pool_refused(
      [](NodeMaker& n) {
        n.with("kernel_shape", Dims{2, 2}).with("count_include_pad", -1);
      },
      {"'count_include_pad'", "found -1"});
  expect_pool_refused(
      [](NodeMaker& n) {
        n.with("kernel_shape", Dims{2, 2}).with("dilations", Dims{1, 1});
      },
      {"'dilations'"});
  expect_refused([](ModelMaker& m) { m.node("ReduceMean", {"x"}, "y").with("axes", Dims{1}); },
                 {"ReduceMean", "'axes'", "[1]", "supported [2, 3]"});
  expect_refused([](ModelMaker& m) { m.node("ReduceMean", {"x"}, "y"); }, {"'axes'", "supported [2, 3]"});
  expect_refused(
      [](ModelMaker& m) {
        m.node("ReduceMean", {"x"}, "y").with("axes", Dims{2, 4});
      },
      {"axis 4", "rank 4"});
  expect_refused(
      [](ModelMaker& m) {
        m.node("ReduceMean", {"x"}, "y").with("axes", Dims{2, 3}).with("keepdims", 2);
      },
      {"'keepdims'", "found 2"});
}

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

TEST_CASE("A node without output is refused, and so are too many weights") {
  ModelMaker silent({1, 2, 8, 8});
  silent.node("Relu", {"x"}, std::vector<std::string>{"", "y"});
  silent.output("y");
  CHECK_THROWS_WITH(silent.import(), Catch::Contains("no output"));

  // 260 uses of one array of 2^21 floats are more than 2 GiB of weights for the passes, from a file of 8 MiB.
  ModelMaker shared({1, 1024, 1, 1});
  shared.floats("w", {1024, 1024, 1, 2}, {1});
  std::string value = "x";
  for (int index = 0; index < 260; ++index) {
    const std::string next = "v" + std::to_string(index);
    shared.node("Conv", {value, "w"}, next).with("pads", Dims{0, 0, 0, 1});
    value = next;
  }
  shared.output(value);
  expect_graph_error([&] { shared.import(); }, "v256_node", {"2147483648"});
}

TEST_CASE("Arithmetic on a huge flattened map is refused before an array is made for it") {
  ModelMaker model({1, 64, 4096, 4096});
  model.floats("c", {}, {1});
  model.node("Flatten", {"x"}, "f");
  model.node("Add", {"f", "c"}, "y");
  model.output("y");
  expect_graph_error([&] { model.import(); }, "y_node", {"Add", "1073741824 features", "1048576"});
}

TEST_CASE("The document lists every operator that the importer knows") {
  const std::string document = npu::read_text_file(source_folder() / "docs" / "importing_networks.md");
  std::istringstream names(supported_operators());
  int count = 0;
  for (std::string name; names >> name; ++count) {
    name.erase(std::remove(name.begin(), name.end(), ','), name.end());
    INFO(name);
    const std::string table =
        document.substr(document.find("| operator |"), document.find("A last, partial"));
    CHECK(table.find(name) != std::string::npos);
  }
  CHECK(count == 25);
}
