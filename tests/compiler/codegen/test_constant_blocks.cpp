#include "compiler/codegen/constant_blocks.h"
#include "tests/support.h"

namespace npu::compiler {
namespace {

// Two output channels, one tap, three input channels: weights 1..6.
QConv small_conv() {
  QConv conv;
  conv.weights = {1, 2, 3, 4, 5, -6};
  conv.bias = {258, -2};
  conv.channel_shift = {5, 12};
  return conv;
}

hw::MachineFormat format() {
  return hw::machine_format(hw::load_arch(tests::source_folder() / "configs/arch/shift_npu.json"));
}

using Bytes = std::vector<std::uint8_t>;

}  // namespace

TEST_CASE("Weights of a tile lie by output channel, then input channel") {
  CHECK(weight_bytes(small_conv(), {0, 2, 0, 3}, false, format()) == Bytes{1, 2, 3, 4, 5, 250});
  CHECK(weight_bytes(small_conv(), {1, 1, 1, 2}, false, format()) == Bytes{5, 250});
}

TEST_CASE("Depthwise weights lie by tap, then channel") {
  QConv conv;
  conv.window.kernel_width = 2;
  conv.weights = {1, 2, 3, 4, 5, 6};  // three channels of two taps
  conv.bias = {0, 0, 0};
  conv.channel_shift = {0, 0, 0};
  CHECK(weight_bytes(conv, {0, 3, 0, 1}, true, format()) == Bytes{1, 3, 5, 2, 4, 6});
  CHECK(weight_bytes(conv, {1, 2, 0, 1}, true, format()) == Bytes{3, 5, 4, 6});
}

TEST_CASE("Parameters are little-endian biases, then shifts with the even channel in the low nibble") {
  CHECK(parameter_bytes(small_conv(), 0, 2, format()) == Bytes{2, 1, 0, 0, 254, 255, 255, 255, 5 + 16 * 12});
  CHECK(parameter_bytes(small_conv(), 1, 1, format()) == Bytes{254, 255, 255, 255, 12});
}

TEST_CASE("Five-bit shifts take a byte each") {
  auto wide = format();
  wide.shift_bits = 5;
  CHECK(parameter_bytes(small_conv(), 0, 2, wide) == Bytes{2, 1, 0, 0, 254, 255, 255, 255, 5, 12});
}

TEST_CASE("Per-channel multipliers stand between biases and shifts") {
  auto conv = small_conv();
  conv.channel_multiplier = {65535, 7};
  CHECK(parameter_bytes(conv, 0, 2, format()) ==
        Bytes{2, 1, 0, 0, 254, 255, 255, 255, 255, 255, 0, 0, 7, 0, 0, 0, 5, 12});
}

}  // namespace npu::compiler
