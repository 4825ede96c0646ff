// Regions of each instruction, from its fields alone. Only real pixels count: padding is never fetched, and
// rows or pixels of the buffer that no window reaches are not part of the region. Gaps that a stride leaves
// inside the reached span are (bounding, so sound).
#include "hw/isa/regions.h"

#include <algorithm>
#include <array>

#include "hw/common/units.h"

namespace npu::hw {
namespace {

constexpr std::int64_t kMultiplierBytes =
    4;  // one per-channel multiplier, or one entry of an average-pool table
constexpr std::int64_t kLookupTableBytes = 256;  // kTable: one byte for each 8-bit input

// A dense inner run repeated along one or two axes, with axes that continue the run merged into it.
Region collapsed(Region region) {
  for (int axis = 0; axis < 2; ++axis) {
    if (region.count1 != 1 && region.stride1 != region.run_bytes) break;
    region.run_bytes *= region.count1;
    region.stride1 = region.stride2;
    region.count1 = region.count2;
    region.stride2 = 0;
    region.count2 = 1;
  }
  if (region.count1 == 1) region.stride1 = 0;
  if (region.count2 == 1) region.stride2 = 0;
  return region;
}

Region dense(Memory memory, std::int64_t begin, std::int64_t bytes) {
  Region region;
  region.memory = memory;
  region.begin = begin;
  region.run_bytes = bytes;
  return region;
}

// The part of one axis that windows reach: real positions [first, first + count).
struct Reach {
  std::int64_t first = 0;
  std::int64_t count = 0;
};

Reach reach_of(std::int64_t in_size, std::int64_t out_size, std::int64_t kernel, std::int64_t stride,
               std::int64_t pad) {
  const std::int64_t first_window = pad >= kernel ? ceil_div(pad - kernel + 1, stride) : 0;
  const std::int64_t last_window = std::min(out_size - 1, (in_size - 1 + pad) / stride);
  if (first_window > last_window) return {};
  const std::int64_t first = std::max<std::int64_t>(0, first_window * stride - pad);
  const std::int64_t end = std::min(in_size, last_window * stride - pad + kernel);
  return {first, std::max<std::int64_t>(0, end - first)};
}

// [row][column][channel] activations in the global buffer.
struct Tile {
  std::int64_t address = 0;
  std::int64_t row_stride = 0;
  std::int64_t pixel_stride = 0;
  Reach rows;
  Reach columns;
  std::int64_t channels = 0;
};

void add_tile(std::vector<Region>& regions, const Tile& tile, const MachineFormat& format) {
  if (tile.rows.count == 0 || tile.columns.count == 0) return;
  Region region;
  region.memory = Memory::kGlobalBuffer;
  region.begin = tile.address + tile.rows.first * tile.row_stride + tile.columns.first * tile.pixel_stride;
  region.run_bytes = tile.channels * format.activation_bytes();
  region.stride1 = tile.pixel_stride;
  region.count1 = tile.columns.count;
  region.stride2 = tile.row_stride;
  region.count2 = tile.rows.count;
  regions.push_back(collapsed(region));
}

RegionSet transfer_regions(const Instruction& instruction) {
  const Transfer& transfer = instruction.transfer();
  const Region dram =
      collapsed({Memory::kDram, transfer.dram_address, transfer.run_bytes, transfer.dram_stride1,
                 transfer.count1, transfer.dram_stride2, transfer.count2});
  const Memory sram =
      instruction.opcode == Opcode::kLoadWeights ? Memory::kWeightSram : Memory::kGlobalBuffer;
  const Region on_chip = collapsed({sram, transfer.sram_address, transfer.run_bytes, transfer.sram_stride1,
                                    transfer.count1, transfer.sram_stride2, transfer.count2});
  if (instruction.opcode == Opcode::kStore) return {{on_chip}, {dram}};
  return {{dram}, {on_chip}};
}

void add_accumulators(RegionSet& set, const Conv& conv, const MachineFormat& format) {
  const bool first = conv.first != 0;
  const bool last = conv.last != 0;
  const std::int64_t pixels = conv.out_height * conv.out_width;
  const auto region = [&](std::int64_t entries) {
    return dense(Memory::kAccumulators, conv.acc_address * format.accumulator_bytes(),
                 entries * format.accumulator_bytes());
  };
  if (!first) set.reads.push_back(region(pixels * conv.out_channels));
  if (!last) set.writes.push_back(region(pixels * conv.out_channels));
  const bool uses_scratch =
      conv.depthwise == 0 && conv.dataflow == static_cast<std::int64_t>(Dataflow::kWeightStationary);
  if (first && last && uses_scratch) {
    set.writes.push_back(region(pixels * std::min<std::int64_t>(conv.out_channels, format.array_columns)));
  }
}

RegionSet conv_regions(const Conv& conv, const MachineFormat& format) {
  RegionSet set;
  add_tile(set.reads,
           {conv.in_address, conv.in_row_stride, conv.in_pixel_stride,
            reach_of(conv.in_height, conv.out_height, conv.kernel_height, conv.stride_height, conv.pad_top),
            reach_of(conv.in_width, conv.out_width, conv.kernel_width, conv.stride_width, conv.pad_left),
            conv.depthwise != 0 ? conv.out_channels : conv.in_channels},
           format);
  set.reads.push_back(dense(Memory::kWeightSram, conv.weight_address, weight_block_bytes(conv, format)));
  if (conv.last != 0) {
    set.reads.push_back(
        dense(Memory::kWeightSram, conv.parameter_address,
              parameter_block_bytes(conv.out_channels, format, conv.per_channel_multiplier != 0)));
    add_tile(set.writes,
             {conv.out_address,
              conv.out_row_stride,
              conv.out_pixel_stride,
              {0, conv.out_height},
              {0, conv.out_width},
              conv.out_channels},
             format);
  }
  add_accumulators(set, conv, format);
  return set;
}

RegionSet vector_regions(const Vector& vector, const MachineFormat& format) {
  RegionSet set;
  const auto operation = static_cast<VectorOp>(vector.operation);
  const bool pool = operation == VectorOp::kMaxPool || operation == VectorOp::kAveragePool;
  const Reach out_rows{0, vector.out_height};
  const Reach out_columns{0, vector.out_width};
  const Reach rows = pool ? reach_of(vector.in_height, vector.out_height, vector.kernel_height,
                                     vector.stride_height, vector.pad_top)
                          : out_rows;
  const Reach columns = pool ? reach_of(vector.in_width, vector.out_width, vector.kernel_width,
                                        vector.stride_width, vector.pad_left)
                             : out_columns;
  add_tile(set.reads,
           {vector.a_address, vector.a_row_stride, vector.a_pixel_stride, rows, columns, vector.channels},
           format);
  if (operation == VectorOp::kAdd) {
    add_tile(set.reads,
             {vector.b_address, vector.b_row_stride, vector.b_pixel_stride, rows, columns, vector.channels},
             format);
  }
  if (operation == VectorOp::kTable) {
    set.reads.push_back(dense(Memory::kWeightSram, vector.table_address, kLookupTableBytes));
  }
  if (operation == VectorOp::kAveragePool && vector.use_table != 0) {
    const std::int64_t entries = vector.kernel_height * vector.kernel_width + 1;
    set.reads.push_back(dense(Memory::kWeightSram, vector.table_address, entries * kMultiplierBytes));
  }
  add_tile(set.writes,
           {vector.out_address, vector.out_row_stride, vector.out_pixel_stride, out_rows, out_columns,
            vector.channels},
           format);
  return set;
}

}  // namespace

const char* memory_name(Memory memory) {
  constexpr std::array kNames{"DRAM", "weight SRAM", "global buffer", "accumulator store"};
  static_assert(kNames.size() == kMemories);
  return kNames.at(static_cast<std::size_t>(memory));
}

RegionSet regions_of(const Instruction& instruction, const MachineFormat& format) {
  switch (instruction.opcode) {
    case Opcode::kLoadWeights:
    case Opcode::kLoadActivations:
    case Opcode::kStore:
      return transfer_regions(instruction);
    case Opcode::kConv:
      return conv_regions(instruction.conv(), format);
    case Opcode::kVector:
      return vector_regions(instruction.vector(), format);
    case Opcode::kHalt:
    case Opcode::kSync:
      break;
  }
  return {};
}

bool may_overlap(const Region& a, const Region& b) {
  return a.memory == b.memory && a.begin < b.end() && b.begin < a.end();
}

std::int64_t parameter_block_bytes(std::int64_t out_channels, const MachineFormat& format,
                                   bool per_channel_multiplier) {
  constexpr int kNibbleBits = 4;
  const std::int64_t bias_bytes = out_channels * format.accumulator_bytes();
  if (per_channel_multiplier) return bias_bytes + out_channels * (kMultiplierBytes + 1);
  return bias_bytes + (format.shift_bits > kNibbleBits ? out_channels : ceil_div(out_channels, 2));
}

std::int64_t weight_block_bytes(const Conv& conv, const MachineFormat& format) {
  const std::int64_t taps = conv.kernel_height * conv.kernel_width;
  const std::int64_t channels_in = conv.depthwise != 0 ? 1 : conv.in_channels;
  return taps * channels_in * conv.out_channels * format.weight_bytes();
}

}  // namespace npu::hw
