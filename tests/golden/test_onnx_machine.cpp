// Does the machine give the integers of the ONNX project's own node tests (Debian package libonnx-testdata,
// ONNX 1.12)? Compiled, then executed by the functional engine on every kernel path and by the SystemC
// machine. How semantics are mapped, and what does not coincide:
//  - ONNX counts activations in uint8, the machine in int8: 128 is taken off values and zero points.
//  - Weights have a zero point; it is taken off beforehand, and what results (up to +-255) needs 16-bit
//  weights.
//  - ConvInteger gives the accumulator: M = 1, n = 0, and the vectors' results fit 8 bits. MatMulInteger's do
//  not
//    (down to -158): left out.
//  - QLinearConv and QLinearMatMul multiply by a float and round ties to even: rounding half_even with a
//  31-bit multiplier.
//  - A matrix product is a 1x1 convolution over rows of pixels; in the 3-D test each matrix is a network of
//  its own.

#include "compiler/codegen/compile.h"
#include "compiler/quant/window_geometry.h"
#include "hw/kernels/kernels.h"
#include "sim/engines/functional/functional_engine.h"
#include "sim/engines/systemc/systemc_engine.h"
#include "tests/onnx_node_data.h"

namespace npu {
namespace {

using namespace compiler;
using namespace tests;

/// One convolution.
struct Problem {
  MapShape shape;
  Window window;
  std::int64_t out_channels = 1;
  std::int32_t input_zero_point = 0;
  std::vector<std::int16_t> weights;  ///< [out_channel][row][column][in_channel], zero point taken off
  hw::OutputStage stage;
};

QuantizedGraph graph_of(const Problem& problem, const hw::ArchConfig& arch) {
  QuantizedGraph graph;
  graph.name = "onnx";
  graph.weight_bits = arch.data.weight_bits;
  graph.accumulator_bits = arch.data.accumulator_bits;
  graph.rounding = arch.compounding.rounding;
  QConv conv;
  conv.input = 0;
  conv.output = 1;
  conv.window = problem.window;
  conv.weights = problem.weights;
  const auto terms = std::ssize(problem.weights) / problem.out_channels;
  for (std::int64_t channel = 0; channel < problem.out_channels; ++channel) {
    std::int64_t sum = 0;
    for (std::int64_t term = 0; term < terms; ++term)
      sum += problem.weights[static_cast<std::size_t>(channel * terms + term)];
    conv.bias.push_back(-problem.input_zero_point * sum);
    conv.channel_shift.push_back(0);
  }
  conv.stage = problem.stage;
  graph.tensors = {{"x", problem.shape, 1.0F, problem.input_zero_point},
                   {"y", window_output_shape(conv.window, problem.shape, problem.out_channels), 1.0F,
                    problem.stage.zero_point}};
  graph.nodes = {{"conv", conv}};
  graph.input = 0;
  graph.output = 1;
  return graph;
}

// Input and expected output [row][column][channel].
void check_machine(const Problem& problem, const std::vector<std::int32_t>& input,
                   const std::vector<std::int32_t>& expected) {
  auto arch = hw::load_arch(tests::source_folder() / "configs/arch/shift_npu.json");
  arch.data.weight_bits = 16;
  arch.data.accumulator_bits = 48;
  arch.compounding.rounding = hw::Rounding::kHalfEven;
  arch.compounding.multiplier_bits = 31;
  const auto program = compile(graph_of(problem, arch), arch);
  for (const auto path : {hw::KernelPath::kScalar, hw::KernelPath::kAvx2, hw::KernelPath::kAvx512Vnni}) {
    if (!hw::supports_kernel_path(path)) continue;
    INFO(hw::kernel_path_name(path));
    CHECK(sim::FunctionalEngine(program, path).run(input) == expected);
  }
  const auto timed = sim::run_systemc(program, arch, input,
                                      {.executable = NPUSIM_BINARY, .random_stall_seed = 0, .dram_out = {}});
  std::vector<std::int32_t> found;
  for (const std::uint8_t byte : timed.output) found.push_back(static_cast<std::int8_t>(byte));
  CHECK(found == expected);
}

double scale(const std::string& test, const char* file) {
  return double{onnx_elements<float>(test, file).at(0)};
}

void set_scale(Problem& problem, double factor, std::int32_t zero_point) {
  const auto fixed = hw::fixed_point_scale(factor, 31, 0, "conv");
  problem.stage.multiplier = fixed.multiplier;
  problem.stage.shift = fixed.shift;
  problem.stage.zero_point = zero_point;
}

}  // namespace

TEST_CASE("The machine gives ConvInteger's accumulators, with padding and without") {
  SKIP_WITHOUT_ONNX_DATA();
  for (const char* test :
       {"test_basic_convinteger", "test_convinteger_without_padding", "test_convinteger_with_padding"}) {
    INFO(test);
    const std::int64_t pad = std::string(test) == "test_convinteger_with_padding" ? 1 : 0;
    Problem problem;
    problem.shape = {1, 3, 3};
    problem.window = {2, 2, 1, 1, pad, pad, pad, pad, false};
    problem.input_zero_point = onnx_elements<std::uint8_t>(test, "input_2").at(0) - 128;
    for (const std::uint8_t weight : onnx_elements<std::uint8_t>(test, "input_1"))
      problem.weights.push_back(weight);
    check_machine(problem, less_128(onnx_elements<std::uint8_t>(test, "input_0")),
                  onnx_elements<std::int32_t>(test, "output_0"));
  }
}

TEST_CASE("The machine gives QLinearConv's outputs") {
  SKIP_WITHOUT_ONNX_DATA();
  const std::string test = "test_qlinearconv";
  const auto zero_point = [&](const char* file) { return onnx_elements<std::uint8_t>(test, file).at(0); };
  Problem problem;
  problem.shape = {1, 7, 7};
  problem.window = {1, 1, 1, 1, 0, 0, 0, 0, false};
  problem.input_zero_point = zero_point("input_2") - 128;
  problem.weights.push_back(static_cast<std::int16_t>(zero_point("input_3") - zero_point("input_5")));
  set_scale(problem, scale(test, "input_1") * scale(test, "input_4") / scale(test, "input_6"),
            zero_point("input_7") - 128);
  check_machine(problem, less_128(onnx_elements<std::uint8_t>(test, "input_0")),
                less_128(onnx_elements<std::uint8_t>(test, "output_0")));
}

TEST_CASE("The machine gives QLinearMatMul's outputs, two and three-dimensional") {
  SKIP_WITHOUT_ONNX_DATA();
  for (const char* name : {"test_qlinearmatmul_2D", "test_qlinearmatmul_3D"}) {
    const std::string test = name;
    INFO(test);
    const auto a = onnx_tensor(test, "input_0");
    const auto b = onnx_tensor(test, "input_3");
    const int rank = a.dims_size();
    const std::int64_t rows = a.dims(rank - 2), inner = a.dims(rank - 1), columns = b.dims(b.dims_size() - 1);
    const auto values_a = less_128(onnx_elements<std::uint8_t>(test, "input_0"));
    const auto values_b = onnx_elements<std::uint8_t>(test, "input_3");
    const auto expected = less_128(onnx_elements<std::uint8_t>(test, "output_0"));
    const std::int64_t matrices = rank == 3 ? a.dims(0) : 1;
    REQUIRE(std::ssize(values_b) == matrices * inner * columns);
    for (std::int64_t matrix = 0; matrix < matrices; ++matrix) {
      Problem problem;
      problem.shape = {inner, rows, 1};
      problem.window = {1, 1, 1, 1, 0, 0, 0, 0, false};
      problem.out_channels = columns;
      problem.input_zero_point = onnx_elements<std::uint8_t>(test, "input_2").at(0) - 128;
      const int weight_zero = onnx_elements<std::uint8_t>(test, "input_5").at(0);
      for (std::int64_t column = 0; column < columns; ++column) {
        for (std::int64_t term = 0; term < inner; ++term) {
          const auto at = static_cast<std::size_t>((matrix * inner + term) * columns + column);
          problem.weights.push_back(static_cast<std::int16_t>(values_b[at] - weight_zero));
        }
      }
      set_scale(problem, scale(test, "input_1") * scale(test, "input_4") / scale(test, "input_6"),
                onnx_elements<std::uint8_t>(test, "input_7").at(0) - 128);
      const auto part = [&](const std::vector<std::int32_t>& all, std::int64_t size) {
        return std::vector<std::int32_t>(all.begin() + matrix * size, all.begin() + (matrix + 1) * size);
      };
      check_machine(problem, part(values_a, rows * inner), part(expected, rows * columns));
    }
  }
}

}  // namespace npu
