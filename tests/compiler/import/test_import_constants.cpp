// What exporters compute from constants inside the graph, which import folds: shape chains in front of a
// classifier, weights transposed, reshaped or stored as integers.
#include "compiler/import/onnx_import.h"
#include "tests/compiler/import/model_maker.h"
#include "tests/support.h"

using namespace npu::compiler;
using namespace npu::tests;

namespace {

/// Imports a model on [1, 2, 4, 4] and expects one Flatten to 32 features.
void check_flattens(const std::function<void(ModelMaker&)>& build, std::int64_t opset = 13) {
  ModelMaker model({1, 2, 4, 4}, opset);
  build(model);
  model.output("y");
  const Graph graph = model.import();
  REQUIRE(graph.nodes.size() == 1);
  CHECK(std::holds_alternative<FlattenOp>(graph.nodes[0].op));
  CHECK(infer_shapes(graph).at("y") == MapShape{32, 1, 1});
}

const std::vector<float>& gemm_weights(const Graph& graph) {
  return *std::get<GemmOp>(graph.nodes.back().op).weights;
}

}  // namespace

TEST_CASE("The chain Shape, Gather, Unsqueeze, Concat, Reshape of torch's view is a flatten") {
  check_flattens([](ModelMaker& m) {
    m.integers("zero", {}, {0});
    m.integers("axes", {1}, {0});
    m.integers("rest", {1}, {-1});
    m.node("Shape", {"x"}, "shape");
    m.node("Gather", {"shape", "zero"}, "batch").with("axis", 0);
    m.node("Unsqueeze", {"batch", "axes"}, "batches");
    m.node("Concat", {"batches", "rest"}, "target").with("axis", 0);
    m.node("Reshape", {"x", "target"}, "y");
  });
}

TEST_CASE("Slices, casts and products of a shape make a flatten too") {
  check_flattens([](ModelMaker& m) {
    m.integers("one", {1}, {1});
    m.integers("zero", {1}, {0});
    m.integers("two", {1}, {2});
    m.integers("last", {1}, {-1});
    m.integers("channels", {1}, {1});
    m.node("Shape", {"x"}, "shape");
    m.node("Slice", {"shape", "zero", "one"}, "batch");
    m.node("Gather", {"shape", "two"}, "height");
    m.node("Gather", {"shape", "last"}, "width");
    m.node("Gather", {"shape", "channels"}, "depth");
    m.node("Mul", {"height", "width"}, "pixels");
    m.node("Mul", {"pixels", "depth"}, "features");
    m.node("Cast", {"features"}, "cast").with("to", 7);
    m.node("Concat", {"batch", "cast"}, "target").with("axis", 0);
    m.node("Reshape", {"x", "target"}, "y");
  });
}

TEST_CASE("Shape takes a range of axes, from either end") {
  check_flattens(
      [](ModelMaker& m) {
        m.integers("rest", {1}, {-1});
        m.node("Shape", {"x"}, "batch").with("start", -4).with("end", 1);
        m.node("Concat", {"batch", "rest"}, "target").with("axis", -1);
        m.node("Reshape", {"x", "target"}, "y");
      },
      15);
}

TEST_CASE("A transposed constant is a matrix like any other") {
  ModelMaker model({1, 3, 1, 1});
  model.floats("w", {2, 3}, {1, 2, 3, 4, 5, 6});
  model.node("Flatten", {"x"}, "f");
  model.node("Transpose", {"w"}, "t").with("perm", Dims{1, 0});
  model.node("MatMul", {"f", "t"}, "y");
  model.output("y");
  CHECK(gemm_weights(model.import()) == std::vector<float>{1, 2, 3, 4, 5, 6});
}

TEST_CASE("Convolution weights may be transposed on the way in") {
  ModelMaker model({1, 3, 2, 2});
  // Stored [height][width][in][out] as TensorFlow does: 1 x 2 x 3 x 2.
  model.floats("w", {1, 2, 3, 2}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  model.node("Transpose", {"w"}, "t").with("perm", Dims{3, 2, 0, 1});
  model.node("Conv", {"x", "t"}, "y");
  model.output("y");
  const Graph graph = model.import();
  CHECK(*std::get<ConvOp>(graph.nodes[0].op).weights ==
        std::vector<float>{0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11});
}

TEST_CASE("Integer weights with scales, and floats in a Constant, are weights") {
  ModelMaker model({1, 2, 1, 1});
  onnx::TensorProto* weights = model.proto().mutable_graph()->add_initializer();
  weights->set_name("q");
  weights->set_data_type(onnx::TensorProto::INT8);
  weights->add_dims(2);
  weights->add_dims(2);
  for (const int value : {-128, 127, 3, -1}) {
    weights->add_int32_data(value);
  }
  model.floats("scale", {2}, {0.5F, 2});
  model.node("DequantizeLinear", {"q", "scale"}, "w").with("axis", 0);
  onnx::AttributeProto* floats = model.node("Constant", {}, "bias").proto().add_attribute();
  floats->set_name("value_floats");
  floats->set_type(onnx::AttributeProto::FLOATS);
  floats->add_floats(0.25F);
  floats->add_floats(-1);
  model.node("Flatten", {"x"}, "f");
  model.node("Gemm", {"f", "w", "bias"}, "y").with("transB", 1);
  model.output("y");
  const Graph graph = model.import();
  CHECK(gemm_weights(graph) == std::vector<float>{-64, 63.5F, 6, -2});
  CHECK(*std::get<GemmOp>(graph.nodes.back().op).bias == std::vector<float>{0.25F, -1});
}
