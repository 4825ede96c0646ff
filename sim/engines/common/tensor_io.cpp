#include "sim/engines/common/tensor_io.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "hw/common/error.h"
#include "hw/isa/encoding.h"

namespace npu::sim {
namespace {

// Throws unless every element of the tensor lies inside a DRAM image of `dram_bytes`.
void require_inside(const hw::TensorSymbol& tensor, std::int64_t element_bytes, std::int64_t dram_bytes) {
  const std::int64_t end = tensor.dram_address + tensor.span_bytes(element_bytes);
  if (tensor.dram_address < 0 || end > dram_bytes) {
    throw ProgramError(-1, fmt::format("tensor '{}' takes DRAM bytes [{}, {}), the image has {}", tensor.name,
                                       tensor.dram_address, end, dram_bytes));
  }
}

template <class Element>
void write_elements(std::span<std::uint8_t> dram, const hw::TensorSymbol& tensor,
                    std::span<const std::int32_t> values) {
  auto next = values.begin();
  // Images follow each other like rows.
  for (std::int64_t row = 0; row < tensor.images * tensor.height; ++row) {
    for (std::int64_t column = 0; column < tensor.width; ++column) {
      std::uint8_t* pixel = dram.data() + tensor.dram_address + row * tensor.row_stride_bytes +
                            column * tensor.pixel_stride_bytes;
      for (std::int64_t channel = 0; channel < tensor.channels; ++channel) {
        const auto element = static_cast<Element>(*next++);
        std::memcpy(pixel + channel * std::int64_t{sizeof element}, &element, sizeof element);
      }
    }
  }
}

template <class Element>
void read_elements(std::span<const std::uint8_t> dram, const hw::TensorSymbol& tensor,
                   std::span<std::int32_t> values) {
  auto next = values.begin();
  // Images follow each other like rows.
  for (std::int64_t row = 0; row < tensor.images * tensor.height; ++row) {
    for (std::int64_t column = 0; column < tensor.width; ++column) {
      const std::uint8_t* pixel = dram.data() + tensor.dram_address + row * tensor.row_stride_bytes +
                                  column * tensor.pixel_stride_bytes;
      for (std::int64_t channel = 0; channel < tensor.channels; ++channel) {
        Element element;
        std::memcpy(&element, pixel + channel * std::int64_t{sizeof element}, sizeof element);
        *next++ = element;
      }
    }
  }
}

}  // namespace

std::vector<std::uint8_t> initial_dram(const hw::Program& program) {
  const auto instruction_bytes =
      static_cast<std::int64_t>(program.instructions.size()) * hw::kInstructionBytes;
  const auto constant_bytes = static_cast<std::int64_t>(program.constants.size());
  const hw::DramMap& map = program.dram;
  if (map.instruction_base < 0 || map.constant_base < 0 ||
      map.instruction_base + instruction_bytes > map.end || map.constant_base + constant_bytes > map.end) {
    throw ProgramError(
        -1, fmt::format("{} instruction bytes at {} and {} constant bytes at {} do not fit a DRAM map "
                        "that ends at {}",
                        instruction_bytes, map.instruction_base, constant_bytes, map.constant_base, map.end));
  }
  std::vector<std::uint8_t> dram(static_cast<std::size_t>(map.end), 0);
  auto word = dram.begin() + map.instruction_base;
  for (std::size_t pc = 0; pc < program.instructions.size(); ++pc) {
    word = std::ranges::copy(hw::encode(program.instructions[pc], static_cast<std::int64_t>(pc)), word).out;
  }
  std::ranges::copy(program.constants, dram.begin() + map.constant_base);
  return dram;
}

std::vector<std::uint8_t> element_bytes_of(std::span<const std::int32_t> values, int element_bytes) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(values.size() * static_cast<std::size_t>(element_bytes));
  for (const std::int32_t value : values) {
    for (int byte = 0; byte < element_bytes; ++byte) {
      bytes.push_back(static_cast<std::uint8_t>(static_cast<std::uint32_t>(value) >> (8 * byte)));
    }
  }
  return bytes;
}

void write_tensor(std::span<std::uint8_t> dram, const hw::TensorSymbol& tensor,
                  const hw::MachineFormat& format, std::span<const std::int32_t> values) {
  const std::int64_t elements = tensor.elements();
  if (std::ssize(values) != elements) {
    throw ProgramError(-1, fmt::format("tensor '{}' is {} x {} x {} x {} = {} elements, {} values were given",
                                       tensor.name, tensor.images, tensor.height, tensor.width,
                                       tensor.channels, elements, values.size()));
  }
  require_inside(tensor, format.activation_bytes(), std::ssize(dram));
  if (format.activation_bytes() == 1) {
    write_elements<std::int8_t>(dram, tensor, values);
  } else {
    write_elements<std::int16_t>(dram, tensor, values);
  }
}

std::vector<std::int32_t> read_tensor(std::span<const std::uint8_t> dram, const hw::TensorSymbol& tensor,
                                      const hw::MachineFormat& format) {
  require_inside(tensor, format.activation_bytes(), std::ssize(dram));
  std::vector<std::int32_t> values(static_cast<std::size_t>(tensor.elements()));
  if (format.activation_bytes() == 1) {
    read_elements<std::int8_t>(dram, tensor, values);
  } else {
    read_elements<std::int16_t>(dram, tensor, values);
  }
  return values;
}

}  // namespace npu::sim
