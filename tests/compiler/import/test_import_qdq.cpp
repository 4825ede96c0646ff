// QDQ models: are scales, zero points and biases read as the file says them, and is everything refused that
// the machine cannot keep, by the name of the node that says it?
#include "compiler/import/onnx_import.h"
#include "compiler/passes/pipeline.h"
#include "hw/common/error.h"
#include "tests/compiler/import/refusals.h"
#include "tests/support.h"

namespace npu::tests {
namespace {

using onnx::TensorProto;

/// Appends QuantizeLinear and DequantizeLinear behind `value`; returns the latter's output.
std::string pair(ModelMaker& model, const std::string& value, float scale, std::int32_t zero,
                 TensorProto::DataType type = TensorProto::INT8) {
  const std::string scales = value + "_s";
  const std::string zeros = value + "_z";
  model.floats(scales, {}, {scale});
  model.typed_integers(zeros, {}, {zero}, type);
  model.node("QuantizeLinear", {value, scales, zeros}, value + "_q");
  model.node("DequantizeLinear", {value + "_q", scales, zeros}, value + "_d");
  return value + "_d";
}

/// int8 weights [4, 2, 3, 3] with the given scales along axis 0, dequantised as "w".
void weights(ModelMaker& model, const std::vector<float>& scales,
             const std::vector<std::int32_t>& zeros = {0}, TensorProto::DataType type = TensorProto::INT8,
             std::int64_t axis = 0) {
  model.typed_integers("wq", {4, 2, 3, 3}, {100, 3, 127, 0, 64}, type);
  const auto count = static_cast<std::int64_t>(scales.size());
  const Dims dims = count == 1 ? Dims{} : Dims{count};
  model.floats("ws", dims, scales);
  model.typed_integers("wz", dims, zeros, type);
  model.node("DequantizeLinear", {"wq", "ws", "wz"}, "w").with("axis", axis);
}

void bias(ModelMaker& model, const std::vector<float>& scales) {
  model.typed_integers("bq", {4}, {2'000'000'001, -7, 0, 5}, TensorProto::INT32);
  model.floats("bs", {4}, scales);
  model.node("DequantizeLinear", {"bq", "bs"}, "b").with("axis", 0);
}

}  // namespace

TEST_CASE("A QDQ convolution is read with its scales, zero points, shifts and the digits of its bias") {
  ModelMaker model({1, 2, 8, 8});
  const std::string x = pair(model, "x", 0.5F, 130, TensorProto::UINT8);
  weights(model, {0.01F, 0.005F, 0.01F, 0.00125F});
  bias(model, {0.005F, 0.0025F, 0.005F, 0.000625F});
  model.node("Conv", {x, "w", "b"}, "conv").named("layer");
  model.node("Relu", {"conv"}, "y");
  model.output(pair(model, "y", 0.25F, -128));
  const auto graph = compiler::canonicalise(model.import());
  REQUIRE(graph.nodes.size() == 1);
  CHECK(graph.output == "y");
  CHECK(graph.given.tensors.at("x").scale == compiler::AffineScale{0.5F, 2});
  CHECK(graph.given.tensors.at("y").scale == compiler::AffineScale{0.25F, -128});
  CHECK(graph.given.weight_bits == 8);
  const auto* layer = graph.given.layer("layer");
  REQUIRE(layer != nullptr);
  CHECK(layer->weight_scale == std::vector<double>{0.01F, 0.005F, 0.01F, 0.00125F});
  CHECK_FALSE(layer->weight_zero_point);
  REQUIRE(layer->bias);
  // More digits than a float has: 2000000001 units of s_x * s_w.
  CHECK((*layer->bias)[0] / (0.5 * double{0.01F}) == Approx(2'000'000'001.0).epsilon(1e-12));
  CHECK(layer->bias->size() == 4);
}

TEST_CASE(
    "Weights quantised in the model, fully connected layers and constant transposes keep their scales") {
  ModelMaker model({1, 2, 2, 2});
  const std::string x = pair(model, "x", 0.5F, 0);
  model.floats("f", {8, 3}, {0.1F, -0.2F, 0.75F, 0.7F});
  model.floats("ws", {3}, {0.1F, 0.2F, 0.05F});
  model.typed_integers("wz", {3}, {0}, TensorProto::INT8);
  model.node("QuantizeLinear", {"f", "ws", "wz"}, "wq").with("axis", 1);
  model.node("DequantizeLinear", {"wq", "ws", "wz"}, "w").with("axis", 1);
  model.node("Flatten", {x}, "flat");
  model.node("MatMul", {pair(model, "flat", 0.5F, 0), "w"}, "product").named("matrix");
  model.floats("offset", {3}, {1, 2, 3});
  model.node("Add", {"product", "offset"}, "sum");
  model.node("Transpose", {"w"}, "wt").with("perm", Dims{1, 0});
  model.node("Gemm", {pair(model, "sum", 0.1F, 0), "wt2"}, "y").named("gemm").with("transB", 1);
  model.typed_integers("vq", {3, 4}, {1, 2, 3}, TensorProto::INT8);
  model.floats("vs", {4}, {0.5F, 0.25F, 0.5F, 0.5F});
  model.node("DequantizeLinear", {"vq", "vs"}, "v").with("axis", 1);
  model.node("Transpose", {"v"}, "wt2").with("perm", Dims{1, 0});
  model.output(pair(model, "y", 0.1F, 0));
  const auto graph = compiler::canonicalise(model.import());
  REQUIRE(graph.nodes.size() == 2);
  CHECK(graph.given.layer("matrix")->weight_scale == std::vector<double>{0.1F, 0.2F, 0.05F});
  CHECK(*graph.given.layer("matrix")->bias == std::vector<double>{1, 2, 3});  // of the Add behind it
  CHECK(graph.given.layer("gemm")->weight_scale == std::vector<double>{0.5, 0.25, 0.5, 0.5});
  // round(-0.2 / 0.2) = -1, round(0.75 / 0.05) = 15: the float weights are what the integers stand for.
  const auto& values = *std::get<compiler::ConvOp>(graph.nodes[0].op).weights;
  CHECK(values[8] == -0.2F);
  CHECK(values[16] == Approx(0.75F));
}

TEST_CASE("Weights in integers under float feature maps leave a float model") {
  ModelMaker model({1, 2, 8, 8});
  weights(model, {0.01F});
  model.node("Conv", {"x", "w"}, "y");
  model.output("y");
  CHECK(model.import().given.empty());
}

TEST_CASE("An activation behind a quantised value stays behind it unless that changes no integer") {
  for (const bool same : {true, false}) {
    ModelMaker model({1, 2, 8, 8});
    const std::string x = pair(model, "x", 0.5F, 0);
    weights(model, {0.01F});
    model.node("Conv", {x, "w"}, "sum");
    model.node("Relu", {pair(model, "sum", 0.25F, -20)}, "y");
    model.output(pair(model, "y", same ? 0.25F : 0.125F, -20));
    const auto graph = compiler::canonicalise(model.import());
    CHECK(graph.nodes.size() == (same ? 1 : 2));
  }
}

TEST_CASE("QDQ models that the machine cannot keep are refused by the node that says so") {
  const auto refused = [](const std::function<void(ModelMaker&)>& build, Parts parts,
                          const std::string& node) { expect_refused(build, parts, node); };
  refused(
      [](ModelMaker& m) {
        m.floats("s", {2}, {1, 2});
        m.node("QuantizeLinear", {"x", "s"}, "y");
      },
      {"QuantizeLinear", "scale floats [2] for a feature map", "one scale"}, "y_node");
  refused(
      [](ModelMaker& m) {
        m.floats("s", {}, {0});
        m.node("QuantizeLinear", {"x", "s"}, "y");
      },
      {"found the scale 0", "positive"}, "y_node");
  refused(
      [](ModelMaker& m) {
        m.floats("s", {}, {1});
        m.typed_integers("z", {}, {0}, TensorProto::INT32);
        m.node("QuantizeLinear", {"x", "s", "z"}, "y");
      },
      {"zero point", "type 6", "int8 or uint8"}, "y_node");
  refused(
      [](ModelMaker& m) {
        m.floats("s", {}, {1});
        m.floats("t", {}, {2});
        m.node("QuantizeLinear", {"x", "s"}, "q");
        m.node("DequantizeLinear", {"q", "t"}, "y");
      },
      {"scale 2 and zero point -128", "'x'", "quantised with 1 and -128"}, "y_node");
  refused(
      [](ModelMaker& m) {
        m.floats("s", {}, {1});
        m.node("DequantizeLinear", {"x", "s"}, "y");
      },
      {"no QuantizeLinear made"}, "y_node");
  refused(
      [](ModelMaker& m) {
        m.floats("s", {}, {1});
        m.node("QuantizeLinear", {"x", "s"}, "q");
        m.node("Relu", {"q"}, "y");
      },
      {"Relu", "'x' in quantised integers", "DequantizeLinear in between"}, "y_node");
  refused(
      [](ModelMaker& m) {
        const std::string first = pair(m, "x", 1, 0);
        m.floats("other", {}, {3});
        m.typed_integers("zero", {}, {0}, TensorProto::INT8);
        m.node("QuantizeLinear", {"x", "other", "zero"}, "second");
        m.node("DequantizeLinear", {"second", "other", "zero"}, "third");
        m.node("Add", {first, "third"}, "y");
      },
      {"quantises 'x' with scale 3", "with 1 and 0 elsewhere"}, "second_node");
  refused(
      [](ModelMaker& m) {
        m.floats("s", {}, {1});
        m.node("QuantizeLinear", {"x", "s"}, "y");
      },
      {"output is quantised integers"}, "y");
}

TEST_CASE("QDQ layers whose weights fit no scheme of the machine are refused by the layer's name") {
  const auto refused = [](const std::function<void(ModelMaker&)>& make_weights, Parts parts) {
    expect_refused(
        [&](ModelMaker& m) {
          const std::string x = pair(m, "x", 0.5F, 0);
          make_weights(m);
          m.node("Conv", {x, "w"}, "y").named("layer");
        },
        parts, "layer");
  };
  refused(
      [](ModelMaker& m) {
        weights(m, {1, 2}, {0, 0}, TensorProto::INT8, 1);
      },
      {"along another axis", "w_node"});
  refused([](ModelMaker& m) { weights(m, {1, 2, 3, 4}, {1, 0, 0, 0}); }, {"a zero point for each channel"});
  refused([](ModelMaker& m) { weights(m, {1, 1, 1, -1}, {0, 0, 0, 0}); }, {"not a positive number"});
  refused([](ModelMaker& m) { weights(m, {1}, {0}, TensorProto::INT32); }, {"integers of type 6"});
}

}  // namespace npu::tests
