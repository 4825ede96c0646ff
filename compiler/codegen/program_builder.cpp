#include "compiler/codegen/program_builder.h"

#include <fmt/core.h>

#include <utility>

#include "compiler/codegen/token_insertion.h"
#include "hw/common/error.h"
#include "hw/isa/fields.h"
#include "hw/isa/verifier.h"

namespace npu::compiler {
namespace {

constexpr Bytes kAreaAlignment = 64;
constexpr Bytes kBlockAlignment = 16;

// Bytes from a map's first element to the tile's.
std::int64_t tile_offset(const hw::TensorSymbol& map, const MapTile& tile, int activation_bytes) {
  return tile.image * map.image_stride_bytes() + tile.row * map.row_stride_bytes +
         tile.column * map.pixel_stride_bytes + tile.channel * activation_bytes;
}

}  // namespace

SlotRing::SlotRing(std::int64_t base, std::int64_t slot_bytes, std::int64_t slots)
    : base_(base), slot_bytes_(slot_bytes), keys_(static_cast<std::size_t>(slots), -1) {}

std::int64_t SlotRing::place(std::int64_t key, bool* hit) {
  for (std::size_t slot = 0; slot < keys_.size(); ++slot) {
    if (keys_[slot] == key) {
      *hit = true;
      return base_ + static_cast<std::int64_t>(slot) * slot_bytes_;
    }
  }
  *hit = false;
  const std::size_t slot = next_;
  next_ = (next_ + 1) % keys_.size();
  keys_[slot] = key;
  return base_ + static_cast<std::int64_t>(slot) * slot_bytes_;
}

NetworkPlan plan_network(const QuantizedGraph& graph, const hw::ArchConfig& arch, std::int64_t images,
                         bool keep_activations, PlanCache& plans) {
  NetworkPlan network;
  network.layers = plan_layers(graph, arch.execution.fuses_vector_layers && !keep_activations);
  network.views = find_views(graph);
  network.residency = arch.execution.keeps_maps_on_chip && !keep_activations
                          ? plan_residency(graph, network.layers, arch, images, plans)
                          : nothing_resident(graph, network.layers, arch);
  network.layout = plan_dram(graph, network.layers, arch.data.activation_bytes(), images, keep_activations,
                             network.residency.on_chip());
  return network;
}

ProgramBuilder::ProgramBuilder(const QuantizedGraph& graph, const hw::ArchConfig& arch,
                               const NetworkPlan& network, PlanCache& plans, ProgramContent content)
    : graph_(graph), arch_(arch), network_(network), plans_(plans), content_(content) {
  program_.network = graph.name;
  if (has_texts()) {
    program_.compatibility_hash = hw::compatibility_hash(arch);
    program_.arch_hash = hw::arch_hash(arch);
  }
  program_.format = hw::machine_format(arch);
  program_.host_softmax = graph.ends_in_softmax;
  program_.footprint.activation_bytes = network.layout.activation_bytes;
  program_.footprint.peak_live_activation_bytes = network.layout.peak_live_bytes;
  program_.footprint.peak_layer = network.layout.peak_layer;
  program_.footprint.peak_tensors = network.layout.peak_tensors;
}

hw::LayerSymbol& ProgramBuilder::begin_layer(const std::string& name, const std::string& op,
                                             TensorId output) {
  const auto pc = static_cast<std::int64_t>(program_.instructions.size());
  hw::LayerSymbol layer;
  layer.name = name;
  layer.op = op;
  layer.output = symbol(output).name;
  layer.out_channels = symbol(output).channels;
  layer.first_pc = pc;
  layer.last_pc = pc;
  program_.layers.push_back(std::move(layer));
  return program_.layers.back();
}

std::int64_t ProgramBuilder::allocate_weight_area(Bytes bytes) {
  if (weight_cursor_ + bytes > arch_.weight_sram.capacity_bytes) weight_cursor_ = 0;
  const std::int64_t base = weight_cursor_;
  weight_cursor_ = round_up(base + bytes, kBlockAlignment);
  return base;
}

std::int64_t ProgramBuilder::allocate_buffer_area(Bytes bytes) {
  from_top_ = !from_top_;
  const Bytes top = room_.begin + room_.bytes - bytes;
  return from_top_ ? top - top % kBlockAlignment : room_.begin;
}

std::optional<TileMemory> ProgramBuilder::tile_on_chip(TensorId id, const MapTile& tile) const {
  const MapView& view = network_.views[static_cast<std::size_t>(id)];
  const auto& root = network_.residency.address[static_cast<std::size_t>(view.root)];
  if (!root) return std::nullopt;
  const int width = program_.format.activation_bytes();
  const hw::TensorSymbol& map = symbol(id);
  return TileMemory{*root + view.channel_offset * width + tile_offset(map, tile, width), map.row_stride_bytes,
                    map.pixel_stride_bytes};
}

std::int64_t ProgramBuilder::reserve_constants(Bytes bytes) {
  const std::int64_t offset = round_up(constant_bytes_, kBlockAlignment);
  constant_bytes_ = offset + bytes;
  return offset;
}

std::int64_t ProgramBuilder::add_constants(const std::vector<std::uint8_t>& bytes) {
  const std::int64_t offset = reserve_constants(std::ssize(bytes));
  auto& constants = program_.constants;
  constants.resize(static_cast<std::size_t>(offset));
  constants.insert(constants.end(), bytes.begin(), bytes.end());
  return offset;
}

void ProgramBuilder::push(hw::Opcode opcode, decltype(hw::Instruction::body) body) {
  hw::Instruction instruction;
  instruction.opcode = opcode;
  instruction.body = std::move(body);
  program_.instructions.push_back(std::move(instruction));
  if (!program_.layers.empty() && opcode != hw::Opcode::kHalt) {
    program_.layers.back().last_pc = static_cast<std::int64_t>(program_.instructions.size());
  }
}

void ProgramBuilder::load_constants(std::int64_t constant_offset, std::int64_t bytes,
                                    std::int64_t sram_address) {
  hw::Transfer transfer;
  transfer.dram_address = constant_offset;
  transfer.sram_address = sram_address;
  transfer.run_bytes = bytes;
  push(hw::Opcode::kLoadWeights, transfer);
}

hw::Transfer ProgramBuilder::tile_transfer(const hw::TensorSymbol& map, const MapTile& tile,
                                           std::int64_t sram_address) const {
  const int width = program_.format.activation_bytes();
  hw::Transfer transfer;
  transfer.dram_address = map.dram_address + tile_offset(map, tile, width);
  transfer.sram_address = sram_address;
  transfer.run_bytes = tile.channels * width;
  if (transfer.run_bytes != map.pixel_stride_bytes) {
    transfer.count1 = tile.columns;
    transfer.dram_stride1 = map.pixel_stride_bytes;
    transfer.sram_stride1 = transfer.run_bytes;
    transfer.count2 = tile.rows;
    transfer.dram_stride2 = map.row_stride_bytes;
    transfer.sram_stride2 = tile.columns * transfer.run_bytes;
    return transfer;
  }
  transfer.run_bytes *= tile.columns;
  if (transfer.run_bytes == map.row_stride_bytes) {
    transfer.run_bytes *= tile.rows;
    return transfer;
  }
  transfer.count1 = tile.rows;
  transfer.dram_stride1 = map.row_stride_bytes;
  transfer.sram_stride1 = transfer.run_bytes;
  return transfer;
}

void ProgramBuilder::load_tile(const hw::TensorSymbol& map, const MapTile& tile, std::int64_t sram_address) {
  push(hw::Opcode::kLoadActivations, tile_transfer(map, tile, sram_address));
}

void ProgramBuilder::store_tile(const hw::TensorSymbol& map, const MapTile& tile, std::int64_t sram_address) {
  push(hw::Opcode::kStore, tile_transfer(map, tile, sram_address));
}

void ProgramBuilder::add(const hw::Conv& conv) { push(hw::Opcode::kConv, conv); }
void ProgramBuilder::add(const hw::Vector& vector) { push(hw::Opcode::kVector, vector); }

void ProgramBuilder::relocate() {
  for (auto& instruction : program_.instructions) {
    if (auto* transfer = std::get_if<hw::Transfer>(&instruction.body)) {
      transfer->dram_address += instruction.opcode == hw::Opcode::kLoadWeights
                                    ? program_.dram.constant_base
                                    : program_.dram.activation_base;
    }
  }
}

// The maps that are in DRAM.
void ProgramBuilder::name_tensors() {
  for (std::size_t id = 0; id < network_.layout.symbols.size(); ++id) {
    if (!network_.layout.in_dram[id]) continue;
    program_.tensors.push_back(network_.layout.symbols[id]);
    program_.tensors.back().dram_address += program_.dram.activation_base;
  }
}

hw::Program ProgramBuilder::finish() {
  push(hw::Opcode::kHalt, hw::Halt{});
  program_.input = symbol(graph_.input).name;
  program_.output = symbol(graph_.output).name;
  const auto instruction_bytes = static_cast<Bytes>(program_.instructions.size()) * hw::kInstructionBytes;
  program_.footprint.instruction_bytes = instruction_bytes;
  program_.dram.constant_base = round_up(instruction_bytes, kAreaAlignment);
  program_.dram.activation_base = round_up(program_.dram.constant_base + constant_bytes_, kAreaAlignment);
  program_.dram.end = program_.dram.activation_base + network_.layout.activation_bytes;
  if (program_.dram.end > arch_.dram.capacity_bytes) {
    throw CapacityError(fmt::format("network '{}' in DRAM", graph_.name), program_.dram.end,
                        arch_.dram.capacity_bytes);
  }
  relocate();
  name_tensors();
  insert_tokens(program_, arch_.execution.layers_overlap);
  if (has_constants()) hw::require_verified(program_);
  return std::move(program_);
}

std::string shape_text(std::int64_t images, const MapShape& in, const MapShape& out, const Window& window) {
  std::string text = images == 1 ? "" : fmt::format("{} x ", images);
  text += fmt::format("{}x{}x{} -> {}x{}x{}", in.channels, in.height, in.width, out.channels, out.height,
                      out.width);
  text += fmt::format(" k{}x{}", window.kernel_height, window.kernel_width);
  if (window.stride_height != 1 || window.stride_width != 1) {
    text += fmt::format(" s{}x{}", window.stride_height, window.stride_width);
  }
  return text;
}

}  // namespace npu::compiler
