#include "hw/isa/instruction_checks.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>

#include "hw/isa/field_tools.h"
#include "hw/isa/regions.h"
#include "hw/numerics/rounding.h"

namespace npu::hw {
namespace {

/// Adds kStructure findings of one instruction, each with its opcode in front.
class Complaints {
 public:
  Complaints(const Instruction& instruction, std::int64_t pc, FindingList& findings)
      : name_(opcode_name(instruction.opcode)), pc_(pc), findings_(findings) {}

  void unless(bool condition, const std::string& found_and_expected) {
    if (condition) return;
    ok_ = false;
    findings_.add(FindingKind::kStructure, pc_, fmt::format("{}: {}", name_, found_and_expected));
  }
  void unless_within(const char* field, std::int64_t found, std::int64_t minimum, std::int64_t maximum) {
    unless(found >= minimum && found <= maximum,
           fmt::format("{}: found {}, expected {} to {}", field, found, minimum, maximum));
  }
  bool ok() const { return ok_; }

 private:
  const char* name_;
  std::int64_t pc_;
  FindingList& findings_;
  bool ok_ = true;
};

/// Shift, clamps and zero point of an output step.
struct OutputFields {
  std::int64_t shift = 0;
  std::int64_t largest_channel_shift = 0;
  std::int64_t zero_point = 0;
  std::int64_t low = 0;
  std::int64_t high = 0;
};

void check_output(Complaints& complaints, const OutputFields& output, const MachineFormat& format) {
  const std::int64_t lowest = min_of_bits(format.activation_bits);
  const std::int64_t highest = max_of_bits(format.activation_bits);
  complaints.unless_within("shift", output.shift, 0, kMaxShift - output.largest_channel_shift);
  complaints.unless_within("out_zero_point", output.zero_point, lowest, highest);
  complaints.unless_within("low", output.low, lowest, highest);
  complaints.unless_within("high", output.high, output.low, highest);
}

// Windows start at -pad and go on by stride, so all of them hold a real position if the first and the last
// do.
bool every_window_is_real(std::int64_t in_size, std::int64_t out_size, std::int64_t kernel,
                          std::int64_t stride, std::int64_t pad) {
  return pad < kernel && (out_size - 1) * stride - pad < in_size;
}

// Two strides cannot make a write hit one byte twice if one of them steps over all that the other covers.
bool distinct_bytes(std::int64_t run, std::int64_t stride1, std::int64_t count1, std::int64_t stride2,
                    std::int64_t count2) {
  if (count1 == 1) return count2 == 1 || stride2 >= run;
  if (count2 == 1) return stride1 >= run;
  const auto nested = [run](std::int64_t inner, std::int64_t count, std::int64_t outer) {
    return inner >= run && outer >= (count - 1) * inner + run;
  };
  return nested(stride1, count1, stride2) || nested(stride2, count2, stride1);
}

void check_transfer(Complaints& complaints, const Transfer& transfer, bool store) {
  const bool distinct = store ? distinct_bytes(transfer.run_bytes, transfer.dram_stride1, transfer.count1,
                                               transfer.dram_stride2, transfer.count2)
                              : distinct_bytes(transfer.run_bytes, transfer.sram_stride1, transfer.count1,
                                               transfer.sram_stride2, transfer.count2);
  complaints.unless(distinct,
                    fmt::format("{} strides: found runs that overlap each other, expected distinct bytes",
                                store ? "dram" : "sram"));
}

void check_conv(Complaints& complaints, const Conv& conv, const MachineFormat& format) {
  const std::int64_t lowest = min_of_bits(format.activation_bits);
  const std::int64_t highest = max_of_bits(format.activation_bits);
  complaints.unless_within("in_zero_point", conv.in_zero_point, lowest, highest);
  complaints.unless_within("weight_zero_point", conv.weight_zero_point, min_of_bits(format.weight_bits),
                           max_of_bits(format.weight_bits));
  complaints.unless(conv.depthwise == 0 || conv.in_channels == conv.out_channels,
                    fmt::format("depthwise: found {} input and {} output channels, expected as many of each",
                                conv.in_channels, conv.out_channels));
  complaints.unless(conv.leaky != 0 || (conv.negative_multiplier == 0 && conv.negative_shift == 0),
                    "negative_multiplier, negative_shift: found values, expected 0 without leaky");
  if (conv.last == 0) return;
  const std::int64_t channel_shift = conv.per_channel_multiplier != 0 ? 0 : (1 << format.shift_bits) - 1;
  check_output(complaints, {conv.shift, channel_shift, conv.out_zero_point, conv.low, conv.high}, format);
  if (conv.leaky != 0) {
    complaints.unless_within("negative_shift", conv.negative_shift, 0, kMaxShift - channel_shift);
  }
  complaints.unless(distinct_bytes(conv.out_channels * format.activation_bytes(), conv.out_pixel_stride,
                                   conv.out_width, conv.out_row_stride, conv.out_height),
                    "output strides: found pixels that overlap each other, expected distinct bytes");
}

void check_window(Complaints& complaints, const Vector& vector) {
  complaints.unless(every_window_is_real(vector.in_height, vector.out_height, vector.kernel_height,
                                         vector.stride_height, vector.pad_top) &&
                        every_window_is_real(vector.in_width, vector.out_width, vector.kernel_width,
                                             vector.stride_width, vector.pad_left),
                    "found a window that would read nothing, expected a real pixel in every window");
}

void check_elementwise(Complaints& complaints, const Vector& vector) {
  complaints.unless(
      vector.in_height == vector.out_height && vector.in_width == vector.out_width,
      fmt::format("found {}x{} inputs and {}x{} outputs, expected the same size element by element",
                  vector.in_height, vector.in_width, vector.out_height, vector.out_width));
  complaints.unless(vector.kernel_height == 1 && vector.kernel_width == 1 && vector.stride_height == 1 &&
                        vector.stride_width == 1 && vector.pad_top == 0 && vector.pad_left == 0,
                    "found a window, expected kernel 1, stride 1 and no padding element by element");
}

void check_vector(Complaints& complaints, const Vector& vector, const MachineFormat& format) {
  const std::int64_t lowest = min_of_bits(format.activation_bits);
  const std::int64_t highest = max_of_bits(format.activation_bits);
  const auto operation = static_cast<VectorOp>(vector.operation);
  const bool pool = operation == VectorOp::kMaxPool || operation == VectorOp::kAveragePool;
  if (pool) {
    check_window(complaints, vector);
  } else {
    check_elementwise(complaints, vector);
  }
  complaints.unless(operation == VectorOp::kAveragePool || vector.use_table == 0,
                    "use_table: found 1, expected 0 but in an average pool");
  complaints.unless(operation != VectorOp::kTable || format.activation_bits == 8,
                    "operation: found a table of 256 entries, expected 8-bit activations with it");
  complaints.unless_within("a_zero_point", vector.a_zero_point, lowest, highest);
  complaints.unless_within("b_zero_point", vector.b_zero_point, lowest, highest);
  check_output(complaints, {vector.shift, 0, vector.out_zero_point, vector.low, vector.high}, format);
  complaints.unless(distinct_bytes(vector.channels * format.activation_bytes(), vector.out_pixel_stride,
                                   vector.out_width, vector.out_row_stride, vector.out_height),
                    "output strides: found pixels that overlap each other, expected distinct bytes");
}

void check_tokens(Complaints& complaints, const Tokens& tokens, bool halt) {
  for (std::size_t slot = 0; slot < kUnitSlots; ++slot) {
    const bool exists = slot < kUnits && !halt;
    const char* reason = halt ? "tokens of HALT" : "tokens of a unit that does not exist";
    complaints.unless(exists || (tokens.wait[slot] == 0 && !tokens.signal[slot]),
                      fmt::format("{}: found some in slot {}, expected none", reason, slot));
    complaints.unless(
        tokens.wait[slot] <= kMaxWait,
        fmt::format("wait for slot {}: found {}, expected 0 to {}", slot, tokens.wait[slot], kMaxWait));
  }
}

std::int64_t capacity_bytes(Memory memory, const MachineFormat& format) {
  switch (memory) {
    case Memory::kDram:
      return format.dram_bytes;
    case Memory::kWeightSram:
      return format.weight_sram_bytes;
    case Memory::kGlobalBuffer:
      return format.global_buffer_bytes;
    case Memory::kAccumulators:
      return format.accumulator_entries * format.accumulator_bytes();
  }
  return 0;
}

bool within(const Region& region, std::int64_t begin, std::int64_t end) {
  return region.begin >= begin && region.end() <= end;
}

/// Empty if the region is where it may be, else what was expected.
std::string range_fault(const Region& region, bool write, const Program& program) {
  const std::int64_t capacity = capacity_bytes(region.memory, program.format);
  if (!within(region, 0, capacity)) return fmt::format("0 to {} of this machine", capacity);
  if (region.memory != Memory::kDram) return "";
  const DramMap& dram = program.dram;
  const std::int64_t constants_end = dram.constant_base + std::ssize(program.constants);
  if (within(region, dram.activation_base, dram.end)) return "";
  if (write) return fmt::format("the activations, {} to {}", dram.activation_base, dram.end);
  if (within(region, dram.constant_base, constants_end)) return "";
  return fmt::format("the constants, {} to {}, or the activations, {} to {}", dram.constant_base,
                     constants_end, dram.activation_base, dram.end);
}

}  // namespace

bool check_encodable(const Instruction& instruction, std::int64_t pc, FindingList& findings) {
  if (!body_matches_opcode(instruction)) {
    findings.add(FindingKind::kStructure, pc, "found a body that does not belong to the opcode");
    return false;
  }
  Complaints complaints(instruction, pc, findings);
  check_tokens(complaints, instruction.tokens, instruction.opcode == Opcode::kHalt);
  with_body_type(instruction.opcode, [&]<class Body>() {
    const auto& body = std::get<Body>(instruction.body);
    for_each_field<Body>([&](const Field<Body>& field) {
      complaints.unless_within(field.name, body.*(field.member), field.minimum(), largest_value(field));
    });
  });
  return complaints.ok();
}

void check_meaning(const Instruction& instruction, std::int64_t pc, const MachineFormat& format,
                   FindingList& findings) {
  Complaints complaints(instruction, pc, findings);
  switch (instruction.opcode) {
    case Opcode::kLoadWeights:
    case Opcode::kLoadActivations:
    case Opcode::kStore:
      check_transfer(complaints, instruction.transfer(), instruction.opcode == Opcode::kStore);
      break;
    case Opcode::kConv:
      check_conv(complaints, instruction.conv(), format);
      break;
    case Opcode::kVector:
      check_vector(complaints, instruction.vector(), format);
      break;
    case Opcode::kHalt:
    case Opcode::kSync:
      break;
  }
}

bool check_ranges(const Instruction& instruction, std::int64_t pc, const Program& program,
                  FindingList& findings) {
  bool ok = true;
  const auto check = [&](const Region& region, bool write) {
    const std::string expected = range_fault(region, write, program);
    if (expected.empty()) return;
    ok = false;
    findings.add(FindingKind::kRange, pc,
                 fmt::format("{} {} {} bytes {} to {}, expected inside {}", opcode_name(instruction.opcode),
                             write ? "writes" : "reads", memory_name(region.memory), region.begin,
                             region.end(), expected));
  };
  const RegionSet regions = regions_of(instruction, program.format);
  for (const auto& region : regions.reads) check(region, false);
  for (const auto& region : regions.writes) check(region, true);
  return ok;
}

}  // namespace npu::hw
