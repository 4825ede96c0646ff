// The ONNX project's own vectors for integer convolutions (Debian package libonnx-testdata,
// /usr/share/libonnx-testdata, ONNX 1.12) through the interpreter. Where semantics differ, and how they are
// mapped:
//  - ONNX counts in uint8, the machine in int8: 128 is taken off activations and their zero points.
//  - ConvInteger gives the accumulator: multiplier 1, shift 0; the vectors' results fit 8 bits, so nothing is
//  clamped.
//  - QLinearConv's weight has a zero point: it is taken off beforehand, and the -255 that results needs
//  16-bit weights.
//    It multiplies by a float and rounds ties to even; a 31-bit multiplier is as good, and the vector has no
//    tie.

#include "compiler/quant/window_geometry.h"
#include "compiler/reference/interpreter.h"
#include "tests/onnx_node_data.h"

using namespace npu;
using namespace npu::compiler;
using namespace npu::tests;

namespace {

/// One channel in and out, one filter of the given size.
struct Problem {
  std::int64_t size = 0;  ///< of the square input
  std::int64_t kernel = 0;
  std::int64_t pad = 0;
  std::int32_t input_zero_point = 0;
  std::vector<std::int16_t> weights;
  hw::OutputStage stage;
};

std::vector<std::int32_t> run(const Problem& problem, const std::vector<std::int32_t>& input) {
  QuantizedGraph graph;
  graph.name = "onnx";
  graph.weight_bits = 16;
  QConv conv;
  conv.input = 0;
  conv.output = 1;
  conv.window = {problem.kernel, problem.kernel, 1,           1,    problem.pad,
                 problem.pad,    problem.pad,    problem.pad, false};
  conv.weights = problem.weights;
  conv.bias = {0};
  for (const std::int16_t weight : problem.weights) conv.bias[0] -= problem.input_zero_point * weight;
  conv.channel_shift = {0};
  conv.stage = problem.stage;
  const MapShape shape{1, problem.size, problem.size};
  graph.tensors = {{"x", shape, 1.0F, problem.input_zero_point},
                   {"y", window_output_shape(conv.window, shape, 1), 1.0F, problem.stage.zero_point}};
  graph.nodes = {{"conv", conv}};
  graph.input = 0;
  graph.output = 1;
  return interpret(graph, input).tensors[1];
}

}  // namespace

TEST_CASE("ConvInteger of the ONNX project equals the interpreter's accumulator, with padding and without") {
  SKIP_WITHOUT_ONNX_DATA();
  for (const std::int64_t pad : {0, 1}) {
    const std::string test = pad == 0 ? "test_convinteger_without_padding" : "test_convinteger_with_padding";
    INFO(test);
    Problem problem{3, 2, pad, onnx_elements<std::uint8_t>(test, "input_2").at(0) - 128, {}, {}};
    for (const std::uint8_t weight : onnx_elements<std::uint8_t>(test, "input_1"))
      problem.weights.push_back(weight);
    CHECK(run(problem, less_128(onnx_elements<std::uint8_t>(test, "input_0"))) ==
          onnx_elements<std::int32_t>(test, "output_0"));
  }
}

TEST_CASE("QLinearConv of the ONNX project equals the interpreter's output") {
  SKIP_WITHOUT_ONNX_DATA();
  const std::string test = "test_qlinearconv";
  const auto scale = [&](const char* file) { return double{onnx_elements<float>(test, file).at(0)}; };
  const auto zero_point = [&](const char* file) { return onnx_elements<std::uint8_t>(test, file).at(0); };
  Problem problem{7, 1, 0, zero_point("input_2") - 128, {}, {}};
  problem.weights.push_back(static_cast<std::int16_t>(zero_point("input_3") - zero_point("input_5")));
  const auto factor =
      hw::fixed_point_scale(scale("input_1") * scale("input_4") / scale("input_6"), 31, 0, "conv");
  problem.stage.multiplier = factor.multiplier;
  problem.stage.shift = factor.shift;
  problem.stage.zero_point = zero_point("input_7") - 128;
  CHECK(run(problem, less_128(onnx_elements<std::uint8_t>(test, "input_0"))) ==
        less_128(onnx_elements<std::uint8_t>(test, "output_0")));
}
