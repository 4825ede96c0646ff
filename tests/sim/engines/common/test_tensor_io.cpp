// Do feature maps survive the way into a DRAM image and back, in strided views, and are misfits refused?
#include <algorithm>

#include "hw/common/error.h"
#include "hw/isa/encoding.h"
#include "sim/engines/common/tensor_io.h"
#include "tests/support.h"

namespace npu::sim {
namespace {

hw::MachineFormat format_of(int activation_bits) {
  hw::MachineFormat format;
  format.activation_bits = activation_bits;
  return format;
}

// Three channels of a map whose pixels hold five: a view into a concatenation.
hw::TensorSymbol strided_view(std::int64_t element_bytes) {
  hw::TensorSymbol tensor;
  tensor.name = "view";
  tensor.dram_address = 7;
  tensor.height = 4;
  tensor.width = 5;
  tensor.channels = 3;
  tensor.pixel_stride_bytes = 5 * element_bytes;
  tensor.row_stride_bytes = 5 * tensor.pixel_stride_bytes + 11;
  return tensor;
}

std::vector<std::int32_t> ascending(std::size_t count, std::int32_t first) {
  std::vector<std::int32_t> values(count);
  for (auto& value : values) value = first++;
  return values;
}

}  // namespace

TEST_CASE("A strided view reads back what was written and leaves every other byte alone") {
  for (const int bits : {8, 16}) {
    INFO(bits << " bits");
    const hw::MachineFormat format = format_of(bits);
    const hw::TensorSymbol tensor = strided_view(bits / 8);
    const std::vector<std::int32_t> values = ascending(4 * 5 * 3, bits == 8 ? -30 : -32768);
    std::vector<std::uint8_t> dram(600, 0x5A);
    write_tensor(dram, tensor, format, values);
    CHECK(read_tensor(dram, tensor, format) == values);
    // Channel 2 of pixel (3, 4), by hand, little-endian.
    const auto at = static_cast<std::size_t>(7 + 3 * tensor.row_stride_bytes + 4 * tensor.pixel_stride_bytes +
                                             2 * bits / 8);
    CHECK(dram[at] == (static_cast<std::uint32_t>(values.back()) & 0xFF));
    if (bits == 16) CHECK(dram[at + 1] == (static_cast<std::uint32_t>(values.back()) >> 8 & 0xFF));
    const auto written =
        std::count_if(dram.begin(), dram.end(), [](std::uint8_t byte) { return byte != 0x5A; });
    CHECK(written <= std::ssize(values) * bits / 8);
    CHECK(dram[6] == 0x5A);
    CHECK(dram[at + static_cast<std::size_t>(bits / 8)] == 0x5A);
  }
}

TEST_CASE("A tensor of another size, or outside the image, is refused by name") {
  const hw::MachineFormat format = format_of(8);
  const hw::TensorSymbol tensor = strided_view(1);
  std::vector<std::uint8_t> dram(600);
  CHECK_THROWS_AS(write_tensor(dram, tensor, format, ascending(59, 0)), ProgramError);
  CHECK_THROWS_WITH(write_tensor(dram, tensor, format, ascending(61, 0)), Catch::Contains("'view'"));
  dram.resize(7 + 3 * 36 + 4 * 5 + 3 - 1);
  CHECK_THROWS_AS(write_tensor(dram, tensor, format, ascending(60, 0)), ProgramError);
  CHECK_THROWS_WITH(read_tensor(dram, tensor, format), Catch::Contains("'view'"));
  dram.push_back(0);
  CHECK_NOTHROW(read_tensor(dram, tensor, format));
}

TEST_CASE("A fresh DRAM image holds instructions and constants where the map says, zeros elsewhere") {
  hw::Program program;
  program.instructions = {{hw::Opcode::kSync, {}, hw::Sync{2}}, {hw::Opcode::kHalt, {}, hw::Halt{}}};
  program.constants = {1, 2, 3};
  program.dram = {0, 128, 192, 256};
  const std::vector<std::uint8_t> dram = initial_dram(program);
  REQUIRE(dram.size() == 256);
  for (std::size_t pc = 0; pc < 2; ++pc) {
    const hw::InstructionWord word = hw::encode(program.instructions[pc], static_cast<std::int64_t>(pc));
    CHECK(std::equal(word.begin(), word.end(),
                     dram.begin() + static_cast<std::ptrdiff_t>(pc) * hw::kInstructionBytes));
  }
  CHECK(std::vector<std::uint8_t>(dram.begin() + 128, dram.begin() + 131) == program.constants);
  CHECK(std::all_of(dram.begin() + 131, dram.end(), [](std::uint8_t byte) { return byte == 0; }));
  program.dram.end = 130;
  CHECK_THROWS_AS(initial_dram(program), ProgramError);
}

TEST_CASE("elements are little-endian two's complement of the activation width") {
  const std::vector<std::int32_t> values{-2, 258};
  REQUIRE(element_bytes_of(values, 1) == std::vector<std::uint8_t>{0xFE, 0x02});
  REQUIRE(element_bytes_of(values, 2) == std::vector<std::uint8_t>{0xFE, 0xFF, 0x02, 0x01});
}

}  // namespace npu::sim
