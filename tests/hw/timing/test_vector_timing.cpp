#include <algorithm>

#include "hw/timing/vector_timing.h"
#include "tests/support.h"

namespace {

using namespace npu;
using namespace npu::tests;

hw::ArchConfig machine() { return hw::load_arch(source_folder() / "configs/arch/shift_npu.json"); }

hw::Vector element_wise(hw::VectorOp operation, std::int64_t height, std::int64_t width,
                        std::int64_t channels) {
  hw::Vector vector;
  vector.operation = static_cast<std::int64_t>(operation);
  vector.in_height = vector.out_height = height;
  vector.in_width = vector.out_width = width;
  vector.channels = channels;
  return vector;
}

hw::Vector pool(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride, std::int64_t pad,
                std::int64_t channels) {
  hw::Vector vector = element_wise(hw::VectorOp::kMaxPool, out, out, channels);
  vector.in_height = vector.in_width = in;
  vector.kernel_height = vector.kernel_width = kernel;
  vector.stride_height = vector.stride_width = stride;
  vector.pad_top = vector.pad_left = pad;
  return vector;
}

constexpr Cycles kFill = 5;

}  // namespace

TEST_CASE("an add reads two operands through one port: two cycles per sixteen elements") {
  CHECK(hw::vector_cycles(element_wise(hw::VectorOp::kAdd, 14, 14, 96), machine()) ==
        2 * 14 * 14 * 6 + kFill);
  CHECK(hw::vector_cycles(element_wise(hw::VectorOp::kRescale, 14, 14, 96), machine()) ==
        14 * 14 * 6 + kFill);
}

TEST_CASE("lanes limit where the port does not") {
  auto arch = machine();
  arch.vector_unit.lanes = 4;
  arch.global_buffer.width_bytes = 64;
  CHECK(hw::vector_cycles(element_wise(hw::VectorOp::kAdd, 4, 4, 16), arch) == 64 + kFill);
}

TEST_CASE("a pool takes one operand per lane and cycle, and never reads padding") {
  // 3x3 windows, stride 2, no padding, 4 outputs from 9 inputs: every window is whole.
  CHECK(hw::vector_cycles(pool(9, 4, 3, 2, 0, 16), machine()) == 16 * 9 + kFill);
  CHECK(hw::vector_operations(pool(9, 4, 3, 2, 0, 16)) == 16 * 9 * 16);
  // With one row of padding on each side: windows along an axis cover 2, 3, 3, ... of their 3 positions.
  CHECK(hw::vector_operations(pool(8, 4, 3, 2, 1, 1)) == (2 + 3 + 3 + 3) * (2 + 3 + 3 + 3));
}

TEST_CASE("operations: an add is three, a rescale one, an average one per pixel and one per output") {
  CHECK(hw::vector_operations(element_wise(hw::VectorOp::kAdd, 2, 3, 5)) == 90);
  CHECK(hw::vector_operations(element_wise(hw::VectorOp::kRescale, 2, 3, 5)) == 30);
  auto average = pool(7, 1, 7, 1, 0, 10);
  average.operation = static_cast<std::int64_t>(hw::VectorOp::kAveragePool);
  CHECK(hw::vector_operations(average) == 490 + 10);
}

TEST_CASE("16-bit activations take the port twice as long") {
  auto arch = machine();
  arch.data.activation_bits = 16;
  CHECK(hw::vector_cycles(element_wise(hw::VectorOp::kAdd, 4, 4, 16), arch) == 64 + kFill);
}
