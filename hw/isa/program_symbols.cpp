// Agreement of a program's parts with each other. What the instructions do is the verifier's matter.
#include <fmt/core.h>

#include <iterator>
#include <set>

#include "hw/common/error.h"
#include "hw/isa/fields.h"
#include "hw/isa/program_json.h"

namespace npu::hw {
namespace {

constexpr std::int64_t kBaseAlignmentBytes = 64;
constexpr std::int64_t kMaxBytes = std::int64_t{1} << 40;
constexpr std::int64_t kMaxExtent = std::int64_t{1} << 20;

void check_dram_map(const Program& program) {
  const DramMap& dram = program.dram;
  for (const std::int64_t base : {dram.instruction_base, dram.constant_base, dram.activation_base}) {
    if (base < 0 || base % kBaseAlignmentBytes != 0 || base > kMaxBytes) {
      throw ProgramError(-1, fmt::format("DRAM map: found base {:#x}, expected a multiple of {} below 2^40",
                                         base, kBaseAlignmentBytes));
    }
  }
  const auto at_most = [](const char* what, std::int64_t found, std::int64_t limit) {
    if (found <= limit) return;
    throw ProgramError(-1,
                       fmt::format("DRAM map: {} end at {:#x}, expected at most {:#x}", what, found, limit));
  };
  at_most("instructions", dram.instruction_base + std::ssize(program.instructions) * kInstructionBytes,
          dram.constant_base);
  at_most("constants", dram.constant_base + std::ssize(program.constants), dram.activation_base);
  at_most("constants", dram.activation_base, dram.end);
  at_most("activations", dram.end, program.format.dram_bytes);
}

void check_tensor(const TensorSymbol& tensor, const Program& program) {
  const auto fail = [&](const std::string& problem) {
    throw ProgramError(-1, fmt::format("tensor '{}': {}", tensor.name, problem));
  };
  for (const std::int64_t extent : {tensor.images, tensor.height, tensor.width, tensor.channels}) {
    if (extent < 1 || extent > kMaxExtent)
      fail(fmt::format("found extent {}, expected 1 to {}", extent, kMaxExtent));
  }
  for (const std::int64_t bytes : {tensor.row_stride_bytes, tensor.pixel_stride_bytes, tensor.dram_address}) {
    if (bytes < 0 || bytes > kMaxBytes) {
      fail(fmt::format("found stride or address {}, expected 0 to {}", bytes, kMaxBytes));
    }
  }
  // A stack of images within the DRAM, then far below 2^63: extents stay under 2^20, strides under 2^40.
  if (tensor.images > 1 && tensor.image_stride_bytes() > program.dram.end / tensor.images + kMaxExtent) {
    fail(fmt::format("found {} images {} bytes apart, expected them within the DRAM's {}", tensor.images,
                     tensor.image_stride_bytes(), program.dram.end));
  }
  const std::int64_t end = tensor.dram_address + tensor.span_bytes(program.format.activation_bytes());
  if (tensor.dram_address < program.dram.activation_base || end > program.dram.end) {
    fail(fmt::format("found DRAM bytes {:#x} to {:#x}, expected inside the activations {:#x} to {:#x}",
                     tensor.dram_address, end, program.dram.activation_base, program.dram.end));
  }
}

}  // namespace

void check_symbols(const Program& program) {
  check_dram_map(program);
  std::set<std::string> names;
  for (const auto& tensor : program.tensors) {
    check_tensor(tensor, program);
    if (!names.insert(tensor.name).second) {
      throw ProgramError(-1,
                         fmt::format("found two tensors named '{}', expected each name once", tensor.name));
    }
  }
  for (const auto& layer : program.layers) {
    if (layer.first_pc < 0 || layer.first_pc > layer.last_pc ||
        layer.last_pc > std::ssize(program.instructions)) {
      throw ProgramError(
          -1, fmt::format("layer '{}': found instructions {} to {}, expected a range within 0 to {}",
                          layer.name, layer.first_pc, layer.last_pc, program.instructions.size()));
    }
  }
  for (const auto& name : {program.input, program.output}) {
    if (!name.empty() && names.count(name) == 0) {
      throw ProgramError(
          -1, fmt::format("found no tensor named '{}', expected the program's input and output among "
                          "its tensors",
                          name));
    }
  }
}

}  // namespace npu::hw
