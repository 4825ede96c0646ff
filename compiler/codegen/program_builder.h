// Collects instructions, constants and layers of a program under construction. DRAM addresses of transfers
// are relative to their area (constants for LOADW, feature maps otherwise) until finish() knows where the
// areas lie.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/codegen/dram_layout.h"
#include "compiler/codegen/layer_problems.h"
#include "compiler/quant/quantized_graph.h"
#include "compiler/schedule/plan_cache.h"
#include "hw/arch/arch_config.h"
#include "hw/isa/program.h"

namespace npu::compiler {

/// A box of one image of a feature map: rows x columns x channels. Images follow each other without gaps, so
/// that a box of whole rows may go on into the next image.
struct MapTile {
  std::int64_t image = 0;
  std::int64_t row = 0, rows = 1;
  std::int64_t column = 0, columns = 1;
  std::int64_t channel = 0, channels = 1;
};

/// A tile in the global buffer.
struct TileMemory {
  std::int64_t address = 0;
  std::int64_t row_stride = 0;    ///< bytes
  std::int64_t pixel_stride = 0;  ///< bytes
};

/// Buffer slots used in turn; remembers what each holds so that a tile still on chip is not loaded again.
class SlotRing {
 public:
  SlotRing(std::int64_t base, std::int64_t slot_bytes, std::int64_t slots);
  /// Address of the slot for `key`; `hit` tells whether it already holds it. Replaces the oldest otherwise.
  std::int64_t place(std::int64_t key, bool* hit);

 private:
  std::int64_t base_;
  std::int64_t slot_bytes_;
  std::vector<std::int64_t> keys_;
  std::size_t next_ = 0;
};

/// What is decided before any instruction is made.
struct NetworkPlan {
  std::vector<LayerWork> layers;
  std::vector<MapView> views;
  Residency residency;
  DramLayout layout;
};
/// `keep_activations`: every map gets a place of its own in DRAM, none stays on chip and none is fused away.
NetworkPlan plan_network(const QuantizedGraph& graph, const hw::ArchConfig& arch, std::int64_t images,
                         bool keep_activations, PlanCache& plans);

/// How much of a program is wanted.
enum class ProgramContent {
  kComplete,
  kDescribedShapes,  ///< no constants, not verified; the graph needs no weights
  kShapes,           ///< neither texts for people nor hashes either
};

class ProgramBuilder {
 public:
  /// `plans` is of the same machine.
  ProgramBuilder(const QuantizedGraph& graph, const hw::ArchConfig& arch, const NetworkPlan& network,
                 PlanCache& plans, ProgramContent content = ProgramContent::kComplete);
  PlanCache& plans() { return plans_; }
  bool has_constants() const { return content_ == ProgramContent::kComplete; }
  bool has_texts() const { return content_ != ProgramContent::kShapes; }

  const QuantizedGraph& graph() const { return graph_; }
  const hw::ArchConfig& arch() const { return arch_; }
  const hw::MachineFormat& format() const { return program_.format; }
  std::int64_t images() const { return symbol(graph_.input).images; }
  const hw::TensorSymbol& symbol(TensorId id) const {
    return network_.layout.symbols[static_cast<std::size_t>(id)];
  }
  ProblemContext problems() const {
    return {graph_, network_.views, network_.residency, arch_, symbol(graph_.input).images};
  }
  /// Where a tile of a map that stays on chip lies; none if the map lies in DRAM.
  std::optional<TileMemory> tile_on_chip(TensorId id, const MapTile& tile) const;

  /// The tiles of the layers' entry `index` lie in its room of the global buffer from now on.
  void enter(std::size_t index) { room_ = network_.residency.room[index]; }

  /// Starts a layer; later instructions belong to it until the next call.
  hw::LayerSymbol& begin_layer(const std::string& name, const std::string& op, TensorId output);

  hw::LayerSymbol& layer() { return program_.layers.back(); }  ///< the one begun last

  /// A weight SRAM area of `bytes` behind the one before, wrapping round, so that a layer's first load need
  /// not wait for the layer before to end.
  std::int64_t allocate_weight_area(Bytes bytes);
  /// An area in the layer's room of the global buffer; layers alternate between its two ends, for the same
  /// reason.
  std::int64_t allocate_buffer_area(Bytes bytes);

  /// Appends a block to the constants; returns its offset.
  std::int64_t add_constants(const std::vector<std::uint8_t>& bytes);
  /// The place of a block of constants; all that a shapes-only program knows of it.
  std::int64_t reserve_constants(Bytes bytes);

  void load_constants(std::int64_t constant_offset, std::int64_t bytes, std::int64_t sram_address);
  void load_tile(const hw::TensorSymbol& map, const MapTile& tile, std::int64_t sram_address);
  void store_tile(const hw::TensorSymbol& map, const MapTile& tile, std::int64_t sram_address);
  void add(const hw::Conv& conv);
  void add(const hw::Vector& vector);

  hw::Footprint& footprint() { return program_.footprint; }

  /// Adds HALT, lays out DRAM, inserts tokens and verifies. Throws CapacityError if DRAM is too small.
  hw::Program finish();

 private:
  hw::Transfer tile_transfer(const hw::TensorSymbol& map, const MapTile& tile,
                             std::int64_t sram_address) const;
  void push(hw::Opcode opcode, decltype(hw::Instruction::body) body);
  void relocate();
  void name_tensors();

  const QuantizedGraph& graph_;
  const hw::ArchConfig& arch_;
  const NetworkPlan& network_;
  BufferRoom room_;
  hw::Program program_;
  PlanCache& plans_;
  ProgramContent content_;
  Bytes constant_bytes_ = 0;
  Bytes weight_cursor_ = 0;
  bool from_top_ = false;
};

/// Emits one entry of the network's layers: a convolution with its tail, or work of the vector unit.
/// Constants are added to the program as their tiles are first needed.
void emit_conv(ProgramBuilder& builder, const LayerWork& layer, std::size_t index);
void emit_vector(ProgramBuilder& builder, const LayerWork& layer, std::size_t index);

/// An add, rescale or pool: its window, and the fields of its instructions that no tile changes.
struct VectorFields {
  const char* op = "";
  Window window;
  hw::Vector fields;
};
/// Checks the window; `name` is for messages. Throws GraphError.
VectorFields vector_fields(const ProgramBuilder& builder, const QNode& node);

/// "64x56x56 -> 128x28x28 k3x3 s2x2" for people; "4 x ..." for a batch of 4.
std::string shape_text(std::int64_t images, const MapShape& in, const MapShape& out, const Window& window);

}  // namespace npu::compiler
