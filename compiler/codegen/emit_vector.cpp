// Vector-unit layers as loops over row bands and channel slices: load operands, compute, store.
#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "compiler/codegen/program_builder.h"
#include "compiler/schedule/vector_tiling.h"
#include "hw/common/error.h"
#include "hw/isa/field_tools.h"

namespace npu::compiler {
namespace {

void check_window(const std::string& layer, const Window& window) {
  const std::int64_t kernel = hw::field_maximum(&hw::Vector::kernel_height);
  const std::int64_t stride = hw::field_maximum(&hw::Vector::stride_height);
  const std::int64_t pad = hw::field_maximum(&hw::Vector::pad_top);
  const bool fits = std::max(window.kernel_height, window.kernel_width) <= kernel &&
                    std::max(window.stride_height, window.stride_width) <= stride &&
                    std::max(window.pad_top, window.pad_left) <= pad;
  if (fits) return;
  throw GraphError(
      layer, fmt::format("pooling window {}x{}, stride {}x{}, padding {}, {}: the VECTOR instruction "
                         "holds windows to {}, strides to {}, padding to {}",
                         window.kernel_height, window.kernel_width, window.stride_height, window.stride_width,
                         window.pad_top, window.pad_left, kernel, stride, pad));
}

class VectorEmitter {
 public:
  VectorEmitter(ProgramBuilder& builder, const LayerWork& layer, std::size_t index)
      : builder_(builder),
        layer_(layer),
        inputs_(layer.inputs()),
        vector_(vector_fields(builder, *layer.node)),
        problem_(vector_problem(builder.problems(), layer, index)),
        tiling_(plan_vector(problem_, builder.arch(), layer.node->name)),
        slot_bytes_((problem_.operands - problem_.operands_on_chip) * tiling_.input_slot_bytes +
                    tiling_.output_slot_bytes),
        slots_(builder.allocate_buffer_area(tiling_.slots * slot_bytes_), slot_bytes_, tiling_.slots) {}

  /// `table`: constants that the layer's instructions read from table_address, loaded first; empty if none.
  void emit(const std::vector<std::uint8_t>& table = {}) {
    describe_layer();
    if (!table.empty()) {
      const auto bytes = static_cast<std::int64_t>(table.size());
      vector_.fields.table_address = builder_.allocate_weight_area(bytes);
      builder_.load_constants(builder_.add_constants(table), bytes, vector_.fields.table_address);
      builder_.footprint().table_bytes += bytes;
    }
    const std::int64_t loaded =
        loaded_positions(tiling_.rows, problem_.rows) * loaded_positions(tiling_.columns, problem_.columns);
    const std::int64_t distinct = distinct_positions(tiling_.rows, problem_.rows) *
                                  distinct_positions(tiling_.columns, problem_.columns);
    builder_.layer().reloaded_input_bytes = (loaded - distinct) * problem_.images * problem_.channels *
                                            (problem_.operands - problem_.operands_on_chip) *
                                            builder_.format().activation_bytes();
    std::int64_t tile = 0;
    for (image_ = 0; image_ < problem_.images; ++image_) {
      for (std::int64_t channel = 0; channel < tiling_.channels.count(); ++channel) {
        for (std::int64_t row = 0; row < tiling_.rows.count(); ++row) {
          for (std::int64_t column = 0; column < tiling_.columns.count(); ++column) {
            bool hit = false;
            emit_tile(row, column, channel, slots_.place(tile++, &hit));
          }
        }
      }
    }
  }

 private:
  void describe_layer() {
    const auto& graph = builder_.graph();
    auto& symbol = builder_.begin_layer(layer_.node->name, vector_.op, layer_.output());
    if (!builder_.has_texts()) return;
    symbol.shape = shape_text(builder_.images(), graph.tensors[inputs_.front()].shape,
                              graph.tensors[layer_.output()].shape, vector_.window);
    symbol.tiling = fmt::format(
        "rows {} cols {} channels {}, {} tiles", tiling_.rows.tile, tiling_.columns.tile,
        tiling_.channels.tile,
        problem_.images * tiling_.rows.count() * tiling_.columns.count() * tiling_.channels.count());
    if (problem_.operands_on_chip > 0) symbol.tiling += ", input on chip";
    if (problem_.output_on_chip) symbol.tiling += ", output on chip";
  }

  void emit_tile(std::int64_t row, std::int64_t column, std::int64_t channel, std::int64_t address) {
    const InputSpan rows = input_span(tiling_.rows.begin(row), tiling_.rows.extent(row), problem_.rows.kernel,
                                      problem_.rows.stride, problem_.rows.pad_before, problem_.rows.in_size);
    const InputSpan columns =
        input_span(tiling_.columns.begin(column), tiling_.columns.extent(column), problem_.columns.kernel,
                   problem_.columns.stride, problem_.columns.pad_before, problem_.columns.in_size);
    const std::int64_t channels = tiling_.channels.extent(channel);
    const std::int64_t pixel = channels * builder_.format().activation_bytes();
    hw::Vector vector = vector_.fields;
    vector.kernel_height = vector_.window.kernel_height;
    vector.kernel_width = vector_.window.kernel_width;
    vector.stride_height = vector_.window.stride_height;
    vector.stride_width = vector_.window.stride_width;
    vector.in_height = rows.extent;
    vector.in_width = columns.extent;
    vector.pad_top = rows.pad;
    vector.pad_left = columns.pad;
    vector.out_height = tiling_.rows.extent(row);
    vector.out_width = tiling_.columns.extent(column);
    vector.channels = channels;

    const MapTile in{image_,        rows.begin,     rows.extent,
                     columns.begin, columns.extent, tiling_.channels.begin(channel),
                     channels};
    const TileMemory a = operand(inputs_.front(), in, pixel, address);
    vector.a_address = a.address;
    vector.a_row_stride = a.row_stride;
    vector.a_pixel_stride = a.pixel_stride;
    if (problem_.operands == 2) {
      const TileMemory b = operand(inputs_.back(), in, pixel, address);
      vector.b_address = b.address;
      vector.b_row_stride = b.row_stride;
      vector.b_pixel_stride = b.pixel_stride;
    }
    const MapTile out{
        image_,           tiling_.rows.begin(row),         vector.out_height, tiling_.columns.begin(column),
        vector.out_width, tiling_.channels.begin(channel), channels};
    const auto stays = builder_.tile_on_chip(layer_.output(), out);
    const TileMemory result = stays.value_or(TileMemory{address, vector.out_width * pixel, pixel});
    vector.out_address = result.address;
    vector.out_row_stride = result.row_stride;
    vector.out_pixel_stride = result.pixel_stride;
    builder_.add(vector);
    if (!stays) builder_.store_tile(builder_.symbol(layer_.output()), out, vector.out_address);
  }

  // Where an operand's tile lies: in its map, or loaded to `free`, which then moves behind it.
  TileMemory operand(TensorId id, const MapTile& tile, Bytes pixel_bytes, std::int64_t& free) {
    if (const auto stays = builder_.tile_on_chip(id, tile)) return *stays;
    const TileMemory memory{free, tile.columns * pixel_bytes, pixel_bytes};
    builder_.load_tile(builder_.symbol(id), tile, free);
    free += tiling_.input_slot_bytes;
    return memory;
  }

  ProgramBuilder& builder_;
  const LayerWork& layer_;
  std::vector<TensorId> inputs_;
  VectorFields vector_;
  VectorProblem problem_;
  VectorTiling tiling_;
  Bytes slot_bytes_;
  SlotRing slots_;
  std::int64_t image_ = 0;
};

hw::Vector stage_fields(hw::VectorOp operation, const hw::OutputStage& stage) {
  hw::Vector vector;
  vector.operation = static_cast<std::int64_t>(operation);
  vector.shift = stage.shift;
  vector.out_zero_point = stage.zero_point;
  vector.low = stage.low;
  vector.high = stage.high;
  return vector;
}

VectorFields add_fields(const QAdd& add) {
  auto fields = stage_fields(hw::VectorOp::kAdd, add.stage);
  fields.a_multiplier = add.a_operand.multiplier;
  fields.a_zero_point = add.a_operand.zero_point;
  fields.b_multiplier = add.b_operand.multiplier;
  fields.b_zero_point = add.b_operand.zero_point;
  return {"add", Window{}, fields};
}

VectorFields rescale_fields(const QRescale& rescale) {
  auto fields = stage_fields(hw::VectorOp::kRescale, rescale.stage);
  fields.a_multiplier = rescale.operand.multiplier;
  fields.a_zero_point = rescale.operand.zero_point;
  return {"rescale", Window{}, fields};
}

VectorFields max_pool_fields(const QMaxPool& pool, const hw::MachineFormat& format) {
  hw::Vector fields;
  fields.operation = static_cast<std::int64_t>(hw::VectorOp::kMaxPool);
  fields.low = hw::min_of_bits(format.activation_bits);
  fields.high = hw::max_of_bits(format.activation_bits);
  return {"max_pool", pool.window, fields};
}

VectorFields average_pool_fields(const QAveragePool& pool, std::int32_t zero_point) {
  auto fields = stage_fields(hw::VectorOp::kAveragePool, pool.stage);
  fields.a_multiplier = pool.stage.multiplier;
  fields.a_zero_point = zero_point;
  fields.use_table = pool.multiplier_by_count.empty() ? 0 : 1;
  return {"average_pool", pool.window, fields};
}

}  // namespace

VectorFields vector_fields(const ProgramBuilder& builder, const QNode& node) {
  if (const auto* add = std::get_if<QAdd>(&node.op)) return add_fields(*add);
  if (const auto* rescale = std::get_if<QRescale>(&node.op)) return rescale_fields(*rescale);
  if (const auto* pool = std::get_if<QMaxPool>(&node.op)) {
    check_window(node.name, pool->window);
    return max_pool_fields(*pool, builder.format());
  }
  const auto* pool = std::get_if<QAveragePool>(&node.op);
  NPU_CHECK(pool != nullptr, "the vector unit adds, rescales and pools");
  check_window(node.name, pool->window);
  return average_pool_fields(*pool, builder.symbol(pool->input).zero_point);
}

void emit_vector(ProgramBuilder& builder, const LayerWork& layer, std::size_t index) {
  std::vector<std::uint8_t> table;
  if (const auto* pool = std::get_if<QAveragePool>(&layer.node->op)) {
    for (const std::uint32_t multiplier : pool->multiplier_by_count) {
      for (int byte = 0; byte < 4; ++byte) {
        table.push_back(static_cast<std::uint8_t>(multiplier >> (8 * byte)));
      }
    }
  }
  VectorEmitter(builder, layer, index).emit(table);
}

}  // namespace npu::compiler
