// Every supported operator in every form: what it becomes in the float graph.
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <set>

#include "compiler/import/onnx_import.h"
#include "tests/compiler/graph/graph_maker.h"
#include "tests/compiler/graph/naive_evaluator.h"
#include "tests/compiler/import/model_maker.h"

using namespace npu::compiler;
using namespace npu::tests;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// Imports a model with one node of interest and returns the operator that makes the output.
template <typename Op>
Op import_last(ModelMaker& model, const std::string& output) {
  model.output(output);
  const Graph graph = model.import();
  const Node& last = graph.nodes.back();
  REQUIRE(last.output == output);
  INFO("found operator " << operator_name(last.op));
  REQUIRE(std::holds_alternative<Op>(last.op));
  return std::get<Op>(last.op);
}

Window conv_window(const Dims& input, const std::function<void(NodeMaker&)>& attributes,
                   std::int64_t kernel_height, std::int64_t kernel_width) {
  ModelMaker model(input);
  model.floats("w", {4, 2, kernel_height, kernel_width}, {1});
  NodeMaker node = model.node("Conv", {"x", "w"}, "y");
  attributes(node);
  return import_last<ConvOp>(model, "y").window;
}

Activation activation_of(ModelMaker& model) { return import_last<ActivationOp>(model, "y").activation; }

/// Output of a model whose output is "y" on the input 0, 1, 2, ...
std::vector<double> run(ModelMaker& model) {
  model.output("y");
  const Graph graph = model.import();
  std::vector<double> input;
  for (std::int64_t index = 0; index < graph.input_shape.elements(); ++index) {
    input.push_back(static_cast<double>(index));
  }
  return evaluate(graph, input);
}

}  // namespace

TEST_CASE("Conv: asymmetric pads, strides, groups and bias arrive as they are") {
  ModelMaker model({1, 4, 9, 8});
  model.floats("w", {6, 2, 3, 5}, {1, 2, 3});
  model.floats("b", {6}, {1, 2, 3, 4, 5, 6});
  model.node("Conv", {"x", "w", "b"}, "y")
      .with("kernel_shape", Dims{3, 5})
      .with("pads", Dims{0, 1, 2, 3})
      .with("strides", Dims{2, 1})
      .with("dilations", Dims{1, 1})
      .with("group", 2);
  const ConvOp conv = import_last<ConvOp>(model, "y");
  CHECK(conv.window == Window{3, 5, 2, 1, 0, 1, 2, 3, false});
  CHECK(conv.groups == 2);
  CHECK(conv.out_channels == 6);
  CHECK(conv.weights->size() == 6 * 2 * 15);
  CHECK((*conv.weights)[1] == 2.0F);
  CHECK(*conv.bias == std::vector<float>{1, 2, 3, 4, 5, 6});
  CHECK(conv.activation.kind == Activation::Kind::kNone);
}

TEST_CASE(
    "Conv: the kernel comes from the weights where kernel_shape is absent, dilation of a 1-wide kernel is "
    "nothing") {
  CHECK(conv_window(
            {1, 2, 8, 8}, [](NodeMaker&) {}, 3, 2) == Window{3, 2, 1, 1, 0, 0, 0, 0, false});
  CHECK(conv_window(
            {1, 2, 8, 8},
            [](NodeMaker& n) {
              n.with("dilations", Dims{1, 2});
            },
            3, 1) == Window{3, 1, 1, 1, 0, 0, 0, 0, false});
}

TEST_CASE("Conv: auto_pad puts an odd pixel of padding at the end or at the beginning") {
  const auto automatic = [](const char* mode, const Dims& input, std::int64_t stride) {
    return conv_window(
        input,
        [&](NodeMaker& n) {
          n.with_text("auto_pad", mode).with("strides", Dims{stride, stride});
        },
        3, 4);
  };
  // Height 7, kernel 3, stride 2: 4 outputs, (4 - 1) * 2 + 3 - 7 = 2. Width 8, kernel 4: 4 outputs, 2 pixels.
  CHECK(automatic("SAME_UPPER", {1, 2, 7, 8}, 2) == Window{3, 4, 2, 2, 1, 1, 1, 1, false});
  // Height 8, kernel 3, stride 2: 4 outputs, 1 pixel. Width 7, kernel 4: 4 outputs, 3 pixels.
  CHECK(automatic("SAME_UPPER", {1, 2, 8, 7}, 2) == Window{3, 4, 2, 2, 0, 1, 1, 2, false});
  CHECK(automatic("SAME_LOWER", {1, 2, 8, 7}, 2) == Window{3, 4, 2, 2, 1, 2, 0, 1, false});
  CHECK(automatic("VALID", {1, 2, 8, 7}, 2) == Window{3, 4, 2, 2, 0, 0, 0, 0, false});
  CHECK(automatic("NOTSET", {1, 2, 8, 7}, 2) == Window{3, 4, 2, 2, 0, 0, 0, 0, false});
  // A stride larger than the kernel needs no padding at all.
  CHECK(automatic("SAME_UPPER", {1, 2, 10, 10}, 5) == Window{3, 4, 5, 5, 0, 0, 0, 0, false});
}

TEST_CASE("BatchNormalization: arrays and epsilon, with unused training outputs ignored") {
  ModelMaker model({1, 2, 3, 3});
  model.floats("s", {2}, {1, 2});
  model.floats("b", {2}, {3, 4});
  model.floats("m", {2}, {5, 6});
  model.floats("v", {2}, {7, 8});
  model.node("BatchNormalization", {"x", "s", "b", "m", "v"}, std::vector<std::string>{"y", "m2", "v2"})
      .with_real("epsilon", 0.125F)
      .with_real("momentum", 0.9F);
  const BatchNormOp norm = import_last<BatchNormOp>(model, "y");
  CHECK(*norm.scale == std::vector<float>{1, 2});
  CHECK(*norm.bias == std::vector<float>{3, 4});
  CHECK(*norm.mean == std::vector<float>{5, 6});
  CHECK(*norm.variance == std::vector<float>{7, 8});
  CHECK(norm.epsilon == 0.125F);
}

TEST_CASE("Relu, LeakyRelu and Clip in both forms") {
  ModelMaker relu({1, 2, 3, 3});
  relu.node("Relu", {"x"}, "y");
  CHECK(activation_of(relu) == Activation{Activation::Kind::kClamp, 0, kInfinity, 0});

  ModelMaker leaky({1, 2, 3, 3});
  leaky.node("LeakyRelu", {"x"}, "y").with_real("alpha", 0.25F);
  CHECK(activation_of(leaky) == Activation{Activation::Kind::kLeaky, 0, 0, 0.25F});
  ModelMaker leaky_default({1, 2, 3, 3});
  leaky_default.node("LeakyRelu", {"x"}, "y");
  CHECK(activation_of(leaky_default).alpha == 0.01F);

  ModelMaker attributes({1, 2, 3, 3}, 10);
  attributes.node("Clip", {"x"}, "y").with_real("min", -1).with_real("max", 6);
  CHECK(activation_of(attributes) == Activation{Activation::Kind::kClamp, -1, 6, 0});
  ModelMaker limits({1, 2, 3, 3}, 7);
  limits.node("Clip", {"x"}, "y").with_real("min", 0).with_real("max", std::numeric_limits<float>::max());
  CHECK(activation_of(limits) == Activation{Activation::Kind::kClamp, 0, kInfinity, 0});

  ModelMaker inputs({1, 2, 3, 3}, 11);
  inputs.floats("high", {1}, {6});
  inputs.node("Clip", {"x", "", "high"}, "y");
  CHECK(activation_of(inputs) == Activation{Activation::Kind::kClamp, -kInfinity, 6, 0});
  ModelMaker none({1, 2, 3, 3}, 11);
  none.node("Clip", {"x"}, "y");
  CHECK(activation_of(none) == Activation{Activation::Kind::kClamp, -kInfinity, kInfinity, 0});
}

TEST_CASE("Add, Sub, Mul and Div with a constant compute what they say, with the constant on either side") {
  const auto with_constant = [](const char* op, bool first, const Dims& dims) {
    ModelMaker model({1, 2, 1, 2});
    model.floats("c", dims, {2, 4});
    model.node(op, first ? std::vector<std::string>{"c", "x"} : std::vector<std::string>{"x", "c"}, "y");
    return run(model);
  };
  using Numbers = std::vector<double>;
  CHECK(with_constant("Add", false, {2, 1, 1}) == Numbers{2, 3, 6, 7});
  CHECK(with_constant("Add", true, {1, 2, 1, 1}) == Numbers{2, 3, 6, 7});
  CHECK(with_constant("Add", false, {}) == Numbers{2, 3, 4, 5});
  CHECK(with_constant("Add", false, {1}) == Numbers{2, 3, 4, 5});
  CHECK(with_constant("Sub", false, {2, 1, 1}) == Numbers{-2, -1, -2, -1});
  CHECK(with_constant("Sub", true, {2, 1, 1}) == Numbers{2, 1, 2, 1});
  CHECK(with_constant("Mul", true, {2, 1, 1}) == Numbers{0, 2, 8, 12});
  CHECK(with_constant("Div", false, {2, 1, 1}) == Numbers{0, 0.5, 0.5, 0.75});
}

TEST_CASE("Add of two maps and Concat along the channels, also counted from the end") {
  ModelMaker add({1, 2, 1, 2});
  add.node("Relu", {"x"}, "r");
  add.node("Add", {"r", "x"}, "y");
  CHECK(run(add) == std::vector<double>{0, 2, 4, 6});
  for (const std::int64_t axis : {1, -3}) {
    ModelMaker concat({1, 2, 1, 2});
    concat.node("Relu", {"x"}, "r");
    concat.node("Concat", {"r", "x", "r"}, "y").with("axis", axis);
    CHECK(run(concat).size() == 12);
  }
}

TEST_CASE("Pools: windows, ceil_mode, count_include_pad, auto_pad") {
  ModelMaker max({1, 2, 7, 7});
  max.node("MaxPool", {"x"}, std::vector<std::string>{"y", ""})
      .with("kernel_shape", Dims{3, 2})
      .with("strides", Dims{2, 2})
      .with("pads", Dims{1, 0, 0, 1})
      .with("ceil_mode", 1)
      .with("storage_order", 0)
      .with("dilations", Dims{1, 1});
  CHECK(import_last<MaxPoolOp>(max, "y").window == Window{3, 2, 2, 2, 1, 0, 0, 1, true});

  ModelMaker average({1, 2, 7, 7});
  average.node("AveragePool", {"x"}, "y")
      .with("kernel_shape", Dims{3, 3})
      .with("pads", Dims{1, 1, 1, 1})
      .with("count_include_pad", 1);
  const AveragePoolOp pool = import_last<AveragePoolOp>(average, "y");
  CHECK(pool.count_include_pad);
  CHECK(pool.window == Window{3, 3, 1, 1, 1, 1, 1, 1, false});

  ModelMaker same({1, 2, 7, 8});
  same.node("AveragePool", {"x"}, "y").with("kernel_shape", Dims{2, 2}).with_text("auto_pad", "SAME_LOWER");
  const AveragePoolOp same_pool = import_last<AveragePoolOp>(same, "y");
  CHECK_FALSE(same_pool.count_include_pad);
  CHECK(same_pool.window == Window{2, 2, 1, 1, 1, 1, 0, 0, false});
}

TEST_CASE("GlobalAveragePool and ReduceMean over height and width") {
  using Numbers = std::vector<double>;
  ModelMaker global({1, 2, 1, 2});
  global.node("GlobalAveragePool", {"x"}, "y");
  CHECK(run(global) == Numbers{0.5, 2.5});
  for (const Dims& axes : {Dims{2, 3}, Dims{-1, 2}, Dims{-2, -1}}) {
    for (const std::int64_t keep : {0, 1}) {
      ModelMaker mean({1, 2, 1, 2});
      mean.node("ReduceMean", {"x"}, "m").with("axes", axes).with("keepdims", keep);
      mean.node("Flatten", {"m"}, "y");  // valid for rank 4 and rank 2
      CHECK(run(mean) == Numbers{0.5, 2.5});
    }
  }
}

TEST_CASE("Gemm: transB, alpha, beta and every form of bias, MatMul") {
  using Numbers = std::vector<double>;
  const auto gemm = [](const Dims& bias_dims, bool transposed, float alpha, float beta) {
    ModelMaker model({1, 2, 1, 1});
    model.node("Flatten", {"x"}, "f");  // [0, 1]
    model.floats("w", transposed ? Dims{3, 2} : Dims{2, 3}, {1, 2, 3, 4, 5, 6});
    model.floats("b", bias_dims, {10, 20, 30});
    model.node("Gemm", {"f", "w", "b"}, "y")
        .with("transB", transposed ? 1 : 0)
        .with_real("alpha", alpha)
        .with_real("beta", beta);
    return run(model);
  };
  CHECK(gemm({3}, true, 1, 1) == Numbers{12, 24, 36});
  CHECK(gemm({1, 3}, false, 1, 1) == Numbers{14, 25, 36});
  CHECK(gemm({3}, true, 2, 0.5F) == Numbers{9, 18, 27});
  CHECK(gemm({}, false, 1, 1) == Numbers{14, 15, 16});
  CHECK(gemm({1}, false, 0.5F, 1) == Numbers{12, 12.5, 13});

  ModelMaker plain({1, 2, 1, 1});
  plain.node("Flatten", {"x"}, "f");
  plain.floats("w", {2, 3}, {1, 2, 3, 4, 5, 6});
  plain.node("MatMul", {"f", "w"}, "m");
  plain.floats("c", {3}, {1, 1, 2});
  plain.node("Add", {"m", "c"}, "y");
  CHECK(run(plain) == Numbers{5, 6, 8});
}

TEST_CASE("Flatten, Reshape, Squeeze and Unsqueeze in the forms that flatten or do nothing") {
  const auto reshape = [](const Dims& target) {
    ModelMaker model({1, 2, 3, 3});
    model.integers("shape", {static_cast<std::int64_t>(target.size())}, target);
    model.node("Reshape", {"x", "shape"}, "y");
    model.output("y");
    const Graph graph = model.import();
    return std::string(operator_name(graph.nodes.back().op));
  };
  CHECK(reshape({1, -1}) == "flatten");
  CHECK(reshape({-1, 18}) == "flatten");
  CHECK(reshape({0, 18}) == "flatten");
  CHECK(reshape({1, 18, 1, 1}) == "flatten");
  CHECK(reshape({0, 0, 3, -1}) == "identity");

  ModelMaker squeeze_old({1, 2, 1, 1}, 12);
  squeeze_old.node("Squeeze", {"x"}, "s").with("axes", Dims{3, 2});
  squeeze_old.node("Unsqueeze", {"s"}, "u").with("axes", Dims{2, 3});
  squeeze_old.node("Flatten", {"u"}, "y").with("axis", -3);
  CHECK(run(squeeze_old) == std::vector<double>{0, 1});

  ModelMaker squeeze_new({1, 2, 1, 1}, 13);
  squeeze_new.integers("axes", {2}, {-1, -2});
  squeeze_new.node("Squeeze", {"x", "axes"}, "s");
  squeeze_new.node("Unsqueeze", {"s", "axes"}, "u");
  squeeze_new.node("Flatten", {"u"}, "y");
  CHECK(run(squeeze_new) == std::vector<double>{0, 1});
}

TEST_CASE("Pad of height and width with zeros, in both forms") {
  ModelMaker attribute({1, 2, 3, 3}, 10);
  attribute.node("Pad", {"x"}, "y").with("pads", Dims{0, 0, 1, 2, 0, 0, 3, 4}).with_text("mode", "constant");
  const PadOp old_pad = import_last<PadOp>(attribute, "y");
  ModelMaker input({1, 2, 3, 3}, 13);
  input.integers("pads", {8}, {0, 0, 1, 2, 0, 0, 3, 4});
  input.floats("zero", {}, {0});
  input.node("Pad", {"x", "pads", "zero"}, "y");
  const PadOp new_pad = import_last<PadOp>(input, "y");
  for (const PadOp& pad : {old_pad, new_pad}) {
    CHECK(pad.top == 1);
    CHECK(pad.left == 2);
    CHECK(pad.bottom == 3);
    CHECK(pad.right == 4);
  }
}

TEST_CASE("Dropout and Identity hand on values, Constant makes them") {
  ModelMaker model({1, 2, 1, 2});
  model.node("Constant", {}, "two").with_real("value_float", 2);
  model.node("Identity", {"two"}, "same");
  model.integers("no", {}, {0});
  model.floats("ratio", {}, {0.5F});
  model.node("Dropout", {"x", "ratio", "no"}, std::vector<std::string>{"d", "mask"});
  model.node("Identity", {"d"}, "i");
  model.node("Mul", {"i", "same"}, "y");
  CHECK(run(model) == std::vector<double>{0, 2, 4, 6});

  ModelMaker tensor({1, 2, 1, 2});
  tensor.node("Constant", {}, "c").with_tensor("value", float_tensor({2, 1, 1}, {1, 10}));
  tensor.node("Add", {"x", "c"}, "y");
  CHECK(run(tensor) == std::vector<double>{1, 2, 12, 13});

  ModelMaker integers({1, 2, 1, 2});
  integers.node("Constant", {}, "shape").with("value_ints", Dims{1, -1});
  integers.node("Reshape", {"x", "shape"}, "y");
  CHECK(run(integers).size() == 4);
}

TEST_CASE("Softmax ends a network, over the channels in either numbering") {
  for (const std::int64_t axis : {1, -1}) {
    ModelMaker model({1, 3, 1, 1});
    model.node("Flatten", {"x"}, "f");
    model.node("Softmax", {"f"}, "y").with("axis", axis);
    import_last<SoftmaxOp>(model, "y");
  }
  ModelMaker map({1, 3, 1, 1}, 11);
  map.node("Softmax", {"x"}, "y");
  import_last<SoftmaxOp>(map, "y");
}

TEST_CASE("A small network of many operators computes what its formulas say") {
  const Graph graph = small_network().import();
  CHECK(graph.name == "model");
  CHECK(graph.input == "x");
  CHECK(graph.output == "probabilities");
  CHECK(graph.input_shape == MapShape{2, 8, 8});
  REQUIRE(graph.nodes.size() == 10);
  TestRandom random(1);
  const std::vector<double> out = evaluate(graph, random_input(graph.input_shape, random));
  REQUIRE(out.size() == 5);
  CHECK(std::accumulate(out.begin(), out.end(), 0.0) == Approx(1.0));
}

TEST_CASE("Nodes may stand in any order and unused ones are left out, whatever they are") {
  ModelMaker model = small_network();
  onnx::GraphProto& graph = *model.proto().mutable_graph();
  for (int index = 0; index < graph.node_size() / 2; ++index) {
    graph.mutable_node()->SwapElements(index, graph.node_size() - 1 - index);
  }
  model.node("NoSuchOperator", {"clip"}, "unused");
  const Graph reordered = model.import();
  const Graph original = small_network().import();
  REQUIRE(reordered.nodes.size() == original.nodes.size());
  for (std::size_t index = 0; index < original.nodes.size(); ++index) {
    CHECK(reordered.nodes[index].name == original.nodes[index].name);
  }
}

TEST_CASE("Nodes without names get unique ones") {
  ModelMaker model = small_network();
  onnx::GraphProto& graph = *model.proto().mutable_graph();
  for (onnx::NodeProto& node : *graph.mutable_node()) {
    node.clear_name();
  }
  graph.mutable_node(3)->set_name("Conv_0");  // what an unnamed one would have been called
  const Graph imported = model.import();
  std::set<std::string> names;
  for (const Node& node : imported.nodes) {
    CHECK_FALSE(node.name.empty());
    names.insert(node.name);
  }
  CHECK(names.size() == imported.nodes.size());
}

TEST_CASE("A dynamic batch becomes 1, whether it has a name or not") {
  ModelMaker named = small_network();
  auto* dim = named.proto()
                  .mutable_graph()
                  ->mutable_input(0)
                  ->mutable_type()
                  ->mutable_tensor_type()
                  ->mutable_shape()
                  ->mutable_dim(0);
  dim->set_dim_param("N");
  CHECK(named.import().input_shape == MapShape{2, 8, 8});
  dim->clear_dim_param();
  CHECK(named.import().input_shape == MapShape{2, 8, 8});
}

TEST_CASE("A fixed batch becomes 1, in constant shapes too") {
  ModelMaker model({4, 2, 3, 3});
  model.integers("shape", {2}, {4, 18});
  model.node("Reshape", {"x", "shape"}, "flat");
  model.floats("w", {18, 5}, {1, -2, 3});
  model.node("MatMul", {"flat", "w"}, "y");
  model.output("y");
  const Graph graph = model.import();
  CHECK(graph.input_shape == MapShape{2, 3, 3});
  CHECK(infer_shapes(graph).at("y") == MapShape{5, 1, 1});
}

TEST_CASE("Initialisers that are listed among the inputs, as old files do, are no network inputs") {
  ModelMaker model = small_network();
  onnx::ValueInfoProto* listed = model.proto().mutable_graph()->add_input();
  listed->set_name("w1");
  CHECK(model.import().input == "x");
}

TEST_CASE("Weights that two nodes share are one array") {
  ModelMaker model({1, 2, 4, 4});
  model.floats("w", {2, 2, 1, 1}, {1, 2});
  model.node("Conv", {"x", "w"}, "a");
  model.node("Conv", {"a", "w"}, "y");
  model.output("y");
  const Graph graph = model.import();
  CHECK(std::get<ConvOp>(graph.nodes[0].op).weights == std::get<ConvOp>(graph.nodes[1].op).weights);
}
