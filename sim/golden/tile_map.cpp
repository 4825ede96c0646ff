#include "sim/golden/tile_map.h"

#include <fmt/core.h>

#include <algorithm>

namespace npu::sim::golden {
namespace {

using hw::Instruction;
using hw::Opcode;
using hw::Transfer;

struct TileShape {
  std::int64_t address = 0, row_stride = 0, pixel_stride = 0;
  std::int64_t rows = 0, columns = 0, channels = 0;
};

TileShape shape_of(const Instruction& instruction) {
  if (instruction.opcode == Opcode::kConv) {
    const auto& conv = instruction.conv();
    return {conv.out_address, conv.out_row_stride, conv.out_pixel_stride,
            conv.out_height,  conv.out_width,      conv.out_channels};
  }
  const auto& vector = instruction.vector();
  return {vector.out_address, vector.out_row_stride, vector.out_pixel_stride,
          vector.out_height,  vector.out_width,      vector.channels};
}

// Index of the byte that a transfer moves from or to SRAM address `address`, or none.
std::optional<std::int64_t> index_of_sram(const Transfer& transfer, std::int64_t address) {
  for (std::int64_t plane = 0; plane < transfer.count2; ++plane) {
    const std::int64_t offset = address - transfer.sram_address - plane * transfer.sram_stride2;
    if (offset < 0) continue;
    const std::int64_t run = transfer.count1 == 1 || transfer.sram_stride1 == 0
                                 ? 0
                                 : std::min(offset / transfer.sram_stride1, transfer.count1 - 1);
    const std::int64_t inside = offset - run * transfer.sram_stride1;
    if (inside < 0 || inside >= transfer.run_bytes) continue;
    return (plane * transfer.count1 + run) * transfer.run_bytes + inside;
  }
  return std::nullopt;
}

bool computes(const Instruction& instruction) {
  return instruction.opcode == Opcode::kConv || instruction.opcode == Opcode::kVector;
}

}  // namespace

Coordinates TileBox::at(std::int64_t index) const {
  return {origin.row + index / (columns * channels), origin.column + index / channels % columns,
          origin.channel + index % channels};
}

bool TileBox::contains(const Coordinates& place) const {
  return place.row >= origin.row && place.row < origin.row + rows && place.column >= origin.column &&
         place.column < origin.column + columns && place.channel >= origin.channel &&
         place.channel < origin.channel + channels;
}

TileMap::TileMap(const hw::Program& program)
    : program_(program), layer_of_pc_(program.instructions.size(), -1), boxes_(program.layers.size()) {
  for (std::size_t layer = 0; layer < program.layers.size(); ++layer) {
    const auto& symbol = program.layers[layer];
    for (std::int64_t pc = symbol.first_pc; pc < symbol.last_pc; ++pc) {
      layer_of_pc_.at(static_cast<std::size_t>(pc)) = static_cast<std::int64_t>(layer);
    }
    for (std::int64_t pc = symbol.first_pc; pc < symbol.last_pc; ++pc) {
      const auto& instruction = program.instructions[static_cast<std::size_t>(pc)];
      if (!computes(instruction)) continue;
      const auto box = locate(pc);
      if (!box) continue;
      box_by_pc_[pc] = *box;
      const bool parks = instruction.opcode == Opcode::kConv && instruction.conv().last == 0;
      if (!parks) boxes_[layer].push_back(*box);
    }
  }
}

std::optional<TileBox> TileMap::box_of(std::int64_t pc) const {
  const auto found = box_by_pc_.find(pc);
  return found == box_by_pc_.end() ? std::nullopt : std::optional(found->second);
}

const TileBox* TileMap::find(std::int64_t layer, const Coordinates& place) const {
  for (const auto& box : boxes_of(layer)) {
    if (box.contains(place)) return &box;
  }
  return nullptr;
}

// 1. Partial sums that are parked belong where the CONV that ends the reduction writes.
// 2. The first STORE after the instruction that reads the tile's first byte gives its DRAM address.
// 3. The tile's last element must lie where the box says, or there is no box.
std::optional<TileBox> TileMap::locate(std::int64_t pc) const {
  const auto& symbol = program_.layers[static_cast<std::size_t>(layer_of(pc))];
  const auto& first = program_.instructions[static_cast<std::size_t>(pc)];
  std::int64_t writer = pc;
  if (first.opcode == Opcode::kConv && first.conv().last == 0) {
    for (writer = pc + 1; writer < symbol.last_pc; ++writer) {
      const auto& next = program_.instructions[static_cast<std::size_t>(writer)];
      if (next.opcode == Opcode::kConv && next.conv().acc_address == first.conv().acc_address &&
          next.conv().last != 0) {
        break;
      }
    }
    if (writer == symbol.last_pc) return std::nullopt;
  }
  const TileShape tile = shape_of(program_.instructions[static_cast<std::size_t>(writer)]);
  const int element = program_.format.activation_bytes();
  const auto output = std::find_if(program_.tensors.begin(), program_.tensors.end(),
                                   [&](const auto& tensor) { return tensor.name == symbol.output; });
  if (output == program_.tensors.end()) return std::nullopt;
  const std::int64_t last_byte = tile.address + (tile.rows - 1) * tile.row_stride +
                                 (tile.columns - 1) * tile.pixel_stride + (tile.channels - 1) * element;
  for (std::int64_t at = writer + 1; at < symbol.last_pc; ++at) {
    const auto& store = program_.instructions[static_cast<std::size_t>(at)];
    if (store.opcode != Opcode::kStore) continue;
    const auto begin = index_of_sram(store.transfer(), tile.address);
    if (!begin) continue;
    const auto end = index_of_sram(store.transfer(), last_byte);
    const auto origin = coordinates_in(*output, element, dram_address_of(store.transfer(), *begin));
    if (!origin || !end) return std::nullopt;
    const TileBox box{pc, *origin, tile.rows, tile.columns, tile.channels};
    const auto corner = coordinates_in(*output, element, dram_address_of(store.transfer(), *end));
    if (!corner || !(*corner == box.at(tile.rows * tile.columns * tile.channels - 1))) return std::nullopt;
    return box;
  }
  return std::nullopt;
}

std::int64_t dram_address_of(const Transfer& transfer, std::int64_t index) {
  const std::int64_t run = index / transfer.run_bytes;
  return transfer.dram_address + run / transfer.count1 * transfer.dram_stride2 +
         run % transfer.count1 * transfer.dram_stride1 + index % transfer.run_bytes;
}

std::int64_t sram_address_of(const Transfer& transfer, std::int64_t index) {
  const std::int64_t run = index / transfer.run_bytes;
  return transfer.sram_address + run / transfer.count1 * transfer.sram_stride2 +
         run % transfer.count1 * transfer.sram_stride1 + index % transfer.run_bytes;
}

std::optional<Coordinates> coordinates_in(const hw::TensorSymbol& tensor, int element_bytes,
                                          std::int64_t address) {
  const std::int64_t offset = address - tensor.dram_address;
  if (offset < 0 || tensor.row_stride_bytes <= 0 || tensor.pixel_stride_bytes <= 0) return std::nullopt;
  const Coordinates place{offset / tensor.row_stride_bytes,
                          offset % tensor.row_stride_bytes / tensor.pixel_stride_bytes,
                          offset % tensor.row_stride_bytes % tensor.pixel_stride_bytes / element_bytes};
  if (place.row >= tensor.height || place.column >= tensor.width || place.channel >= tensor.channels)
    return std::nullopt;
  return place;
}

std::string to_text(const Coordinates& place) {
  return fmt::format("row {}, column {}, channel {}", place.row, place.column, place.channel);
}

}  // namespace npu::sim::golden
