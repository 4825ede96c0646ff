// Refusals of the importer concerning the model as a whole: file, names, inputs and outputs, order,
// attributes: the message names the node, the operator, the attribute, found and supported.
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
  expect([&](auto& input) { dim(input, 0)->set_dim_value(0); }, {"found 0 for dimension 0", "1 to 65535"});
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
  CHECK(count == 28);
}
