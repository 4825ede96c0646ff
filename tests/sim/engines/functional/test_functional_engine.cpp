// Does the functional engine execute a whole program as worked out by hand?
#include "hw/common/error.h"
#include "hw/isa/verifier.h"
#include "sim/engines/functional/functional_engine.h"
#include "tests/support.h"

namespace npu::sim {
namespace {

constexpr std::int64_t kConstantBase = 384;
constexpr std::int64_t kInputAddress = 448;
constexpr std::int64_t kOutputAddress = 512;

void add_token(hw::Program& program, std::size_t from, std::size_t to) {
  program.instructions[from].tokens.signal[static_cast<std::size_t>(hw::unit_of(program.instructions[to]))] =
      true;
  program.instructions[to].tokens.wait[static_cast<std::size_t>(hw::unit_of(program.instructions[from]))] = 1;
}

// Input 2 x 2 x 1 -> 1x1 convolution to 2 channels -> 2x2 maximum pool -> output 1 x 1 x 2.
// Weights 100 and 125, biases 24 and 0, shifts e_c 0 and 3, M = 40000, n = 20, z_y = -10.
hw::Program small_program() {
  hw::Program program;
  program.network = "by hand";
  program.format.array_rows = 16;
  program.format.array_columns = 16;
  program.format.weight_sram_bytes = 64;
  program.format.global_buffer_bytes = 64;
  program.format.accumulator_entries = 64;
  program.format.dram_bytes = 4096;
  program.dram = {0, kConstantBase, kInputAddress, 576};
  program.constants = {100, 125, 24, 0, 0, 0, 0, 0, 0, 0, 0x30};

  hw::Transfer weights;
  weights.dram_address = kConstantBase;
  weights.run_bytes = 11;
  hw::Transfer input;
  input.dram_address = kInputAddress;
  input.run_bytes = 4;
  hw::Conv conv;
  conv.in_height = conv.in_width = conv.out_height = conv.out_width = 2;
  conv.in_channels = 1;
  conv.in_row_stride = 2;
  conv.in_pixel_stride = 1;
  conv.out_channels = 2;
  conv.out_address = 8;
  conv.out_row_stride = 4;
  conv.out_pixel_stride = 2;
  conv.parameter_address = 2;
  conv.multiplier = 40000;
  conv.shift = 20;
  conv.out_zero_point = -10;
  hw::Vector pool;
  pool.operation = static_cast<std::int64_t>(hw::VectorOp::kMaxPool);
  pool.a_address = 8;
  pool.a_row_stride = 4;
  pool.a_pixel_stride = 2;
  pool.in_height = pool.in_width = pool.kernel_height = pool.kernel_width = 2;
  pool.out_height = pool.out_width = 1;
  pool.channels = 2;
  pool.out_address = 32;
  pool.out_row_stride = pool.out_pixel_stride = 2;
  hw::Transfer output;
  output.dram_address = kOutputAddress;
  output.sram_address = 32;
  output.run_bytes = 2;
  program.instructions = {{hw::Opcode::kLoadWeights, {}, weights}, {hw::Opcode::kLoadActivations, {}, input},
                          {hw::Opcode::kConv, {}, conv},           {hw::Opcode::kVector, {}, pool},
                          {hw::Opcode::kStore, {}, output},        {hw::Opcode::kHalt, {}, hw::Halt{}}};
  add_token(program, 0, 2);
  add_token(program, 1, 2);
  add_token(program, 2, 3);
  add_token(program, 3, 4);

  hw::LayerSymbol conv_layer;
  conv_layer.first_pc = 0;
  conv_layer.last_pc = 3;
  hw::LayerSymbol pool_layer;
  pool_layer.first_pc = 3;
  pool_layer.last_pc = 5;
  program.layers = {conv_layer, pool_layer};
  hw::TensorSymbol in;
  in.name = program.input = "in";
  in.dram_address = kInputAddress;
  in.height = in.width = 2;
  in.channels = 1;
  in.row_stride_bytes = 2;
  in.pixel_stride_bytes = 1;
  hw::TensorSymbol out;
  out.name = program.output = "out";
  out.dram_address = kOutputAddress;
  out.height = out.width = 1;
  out.channels = 2;
  out.row_stride_bytes = out.pixel_stride_bytes = 2;
  program.tensors = {in, out};
  return program;
}

}  // namespace

TEST_CASE("A program worked out by hand gives the same outputs and saturations on every path") {
  const hw::Program program = small_program();
  for (const auto path : {hw::KernelPath::kScalar, hw::KernelPath::kAvx2, hw::KernelPath::kAvx512Vnni}) {
    if (!hw::supports_kernel_path(path)) continue;
    INFO(hw::kernel_path_name(path));
    FunctionalEngine engine(program, path);
    // x = -8: channel 0: (-776 * 40000 + 2^19) >> 20 = -30, y = -40; channel 1: the worked example of docs, y
    // = -15. x = 0: 1 - 10 = -9 and 0 - 10 = -10. Maximum over pixels -8, 0, 0, -8:
    CHECK(engine.run(std::vector<std::int32_t>{-8, 0, 0, -8}) == std::vector<std::int32_t>{-9, -10});
    CHECK(engine.run(std::vector<std::int32_t>{-8, -8, -8, -8}) == std::vector<std::int32_t>{-40, -15});
    CHECK(engine.saturated() == std::vector<std::int64_t>{0, 0});
    // x = 1: 5 - 10 and 1 - 10.
    CHECK(engine.run(std::vector<std::int32_t>{1, -8, 0, 0}) == std::vector<std::int32_t>{-5, -9});
    // x = 127: channel 0: 485 - 10 is cut to 127; channel 1: 76 - 10.
    CHECK(engine.run(std::vector<std::int32_t>{0, 0, 0, 127}) == std::vector<std::int32_t>{127, 66});
    CHECK(engine.run(std::vector<std::int32_t>{127, 0, 127, 0}) == std::vector<std::int32_t>{127, 66});
    CHECK(engine.saturated() == std::vector<std::int64_t>{3, 0});
    CHECK(engine.dram().size() == 576);
    CHECK(engine.dram()[kOutputAddress + 1] == 66);
  }
}

TEST_CASE("The hand-made program is hazard-free, so that program order stands for every order") {
  CHECK(hw::verify(small_program()).empty());
}

TEST_CASE("An input of the wrong size is refused") {
  const hw::Program program = small_program();
  FunctionalEngine engine(program);
  CHECK_THROWS_AS(engine.run(std::vector<std::int32_t>{1, 2, 3}), ProgramError);
}

}  // namespace npu::sim
