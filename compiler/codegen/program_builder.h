// Collects instructions, constants and layers of a program under construction. DRAM addresses of transfers
// are relative to their area (constants for LOADW, feature maps otherwise) until finish() knows where the
// areas lie.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/codegen/dram_layout.h"
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

/// How much of a program is wanted.
enum class ProgramContent {
  kComplete,
  kDescribedShapes,  ///< no constants, not verified; the graph needs no weights
  kShapes,           ///< neither texts for people nor hashes either
};

class ProgramBuilder {
 public:
  /// `plans` is of the same machine.
  ProgramBuilder(const QuantizedGraph& graph, const hw::ArchConfig& arch, DramLayout layout, PlanCache& plans,
                 ProgramContent content = ProgramContent::kComplete);
  PlanCache& plans() { return plans_; }
  bool has_constants() const { return content_ == ProgramContent::kComplete; }
  bool has_texts() const { return content_ != ProgramContent::kShapes; }

  const QuantizedGraph& graph() const { return graph_; }
  const hw::ArchConfig& arch() const { return arch_; }
  const hw::MachineFormat& format() const { return program_.format; }
  std::int64_t images() const { return symbol(graph_.input).images; }
  const hw::TensorSymbol& symbol(TensorId id) const { return layout_.symbols[static_cast<std::size_t>(id)]; }

  /// Starts a layer; later instructions belong to it until the next call.
  hw::LayerSymbol& begin_layer(const std::string& name, const std::string& op, TensorId output);

  hw::LayerSymbol& layer() { return program_.layers.back(); }  ///< the one begun last

  /// A weight SRAM area of `bytes` behind the one before, wrapping round, so that a layer's first load need
  /// not wait for the layer before to end.
  std::int64_t allocate_weight_area(Bytes bytes);
  /// A global buffer area; layers alternate between its two ends, for the same reason.
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

  const QuantizedGraph& graph_;
  const hw::ArchConfig& arch_;
  DramLayout layout_;
  hw::Program program_;
  PlanCache& plans_;
  ProgramContent content_;
  Bytes constant_bytes_ = 0;
  Bytes weight_cursor_ = 0;
  bool from_top_ = false;
};

/// Emits one convolution / one vector-unit node. Constants are added to the program as their tiles are first
/// needed.
void emit_conv(ProgramBuilder& builder, const QNode& node, const QConv& conv);
void emit_add(ProgramBuilder& builder, const QNode& node, const QAdd& add);
void emit_rescale(ProgramBuilder& builder, const QNode& node, const QRescale& rescale);
void emit_max_pool(ProgramBuilder& builder, const QNode& node, const QMaxPool& pool);
void emit_average_pool(ProgramBuilder& builder, const QNode& node, const QAveragePool& pool);

/// "64x56x56 -> 128x28x28 k3x3 s2x2" for people; "4 x ..." for a batch of 4.
std::string shape_text(std::int64_t images, const MapShape& in, const MapShape& out, const Window& window);

/// A window that looks at one pixel: the images of a batch are then one map with more rows.
inline bool is_pointwise(const Window& window) { return window == Window{}; }

}  // namespace npu::compiler
