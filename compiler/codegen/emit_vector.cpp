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

/// A vector layer: its operands, its window and the fields of its instructions that no tile changes.
struct VectorLayer {
  const QNode* node;
  const char* op;
  std::vector<TensorId> inputs;
  TensorId output;
  Window window;
  hw::Vector fields;
};

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

VectorProblem make_problem(const ProgramBuilder& builder, const VectorLayer& layer) {
  const MapShape in = builder.graph().tensors[layer.inputs.front()].shape;
  const MapShape out = builder.graph().tensors[layer.output].shape;
  VectorProblem problem;
  const std::int64_t stacked = is_pointwise(layer.window) ? builder.images() : 1;
  problem.images = builder.images() / stacked;
  problem.rows = {layer.window.kernel_height, layer.window.stride_height, layer.window.pad_top,
                  stacked * in.height};
  problem.columns = {layer.window.kernel_width, layer.window.stride_width, layer.window.pad_left, in.width};
  problem.out_height = stacked * out.height;
  problem.out_width = out.width;
  problem.channels = out.channels;
  problem.operands = static_cast<std::int64_t>(layer.inputs.size());
  const Bytes pixel_bytes = out.channels * builder.format().activation_bytes();
  problem.dense = builder.symbol(layer.output).pixel_stride_bytes == pixel_bytes;
  for (const TensorId input : layer.inputs) {
    problem.dense = problem.dense && builder.symbol(input).pixel_stride_bytes == pixel_bytes;
  }
  return problem;
}

class VectorEmitter {
 public:
  VectorEmitter(ProgramBuilder& builder, const VectorLayer& layer)
      : builder_(builder),
        layer_(layer),
        problem_(make_problem(builder, layer)),
        tiling_(plan_vector(problem_, builder.arch(), layer.node->name)),
        slot_bytes_(problem_.operands * tiling_.input_slot_bytes + tiling_.output_slot_bytes),
        slots_(builder.allocate_buffer_area(tiling_.slots * slot_bytes_), slot_bytes_, tiling_.slots) {}

  /// `table`: constants that the layer's instructions read from table_address, loaded first; empty if none.
  void emit(const std::vector<std::uint8_t>& table = {}) {
    describe_layer();
    if (!table.empty()) {
      const auto bytes = static_cast<std::int64_t>(table.size());
      builder_.load_constants(builder_.add_constants(table), bytes, layer_.fields.table_address);
      builder_.footprint().table_bytes += bytes;
    }
    const std::int64_t loaded =
        loaded_positions(tiling_.rows, problem_.rows) * loaded_positions(tiling_.columns, problem_.columns);
    const std::int64_t distinct = distinct_positions(tiling_.rows, problem_.rows) *
                                  distinct_positions(tiling_.columns, problem_.columns);
    builder_.layer().reloaded_input_bytes = (loaded - distinct) * problem_.images * problem_.channels *
                                            problem_.operands * builder_.format().activation_bytes();
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
    auto& symbol = builder_.begin_layer(layer_.node->name, layer_.op, layer_.output);
    if (!builder_.has_texts()) return;
    symbol.shape = shape_text(builder_.images(), graph.tensors[layer_.inputs.front()].shape,
                              graph.tensors[layer_.output].shape, layer_.window);
    symbol.tiling = fmt::format(
        "rows {} cols {} channels {}, {} tiles", tiling_.rows.tile, tiling_.columns.tile,
        tiling_.channels.tile,
        problem_.images * tiling_.rows.count() * tiling_.columns.count() * tiling_.channels.count());
  }

  void emit_tile(std::int64_t row, std::int64_t column, std::int64_t channel, std::int64_t address) {
    const InputSpan rows = input_span(tiling_.rows.begin(row), tiling_.rows.extent(row), problem_.rows.kernel,
                                      problem_.rows.stride, problem_.rows.pad_before, problem_.rows.in_size);
    const InputSpan columns =
        input_span(tiling_.columns.begin(column), tiling_.columns.extent(column), problem_.columns.kernel,
                   problem_.columns.stride, problem_.columns.pad_before, problem_.columns.in_size);
    const std::int64_t channels = tiling_.channels.extent(channel);
    const std::int64_t pixel = channels * builder_.format().activation_bytes();
    hw::Vector vector = layer_.fields;
    vector.kernel_height = layer_.window.kernel_height;
    vector.kernel_width = layer_.window.kernel_width;
    vector.stride_height = layer_.window.stride_height;
    vector.stride_width = layer_.window.stride_width;
    vector.in_height = rows.extent;
    vector.in_width = columns.extent;
    vector.pad_top = rows.pad;
    vector.pad_left = columns.pad;
    vector.out_height = tiling_.rows.extent(row);
    vector.out_width = tiling_.columns.extent(column);
    vector.channels = channels;
    vector.a_pixel_stride = pixel;
    vector.a_row_stride = columns.extent * pixel;
    vector.a_address = address;
    if (problem_.operands == 2) {
      vector.b_pixel_stride = vector.a_pixel_stride;
      vector.b_row_stride = vector.a_row_stride;
      vector.b_address = address + tiling_.input_slot_bytes;
    }
    vector.out_pixel_stride = pixel;
    vector.out_row_stride = vector.out_width * pixel;
    vector.out_address = address + problem_.operands * tiling_.input_slot_bytes;

    const MapTile in{image_,        rows.begin,     rows.extent,
                     columns.begin, columns.extent, tiling_.channels.begin(channel),
                     channels};
    for (std::size_t operand = 0; operand < layer_.inputs.size(); ++operand) {
      builder_.load_tile(builder_.symbol(layer_.inputs[operand]), in,
                         operand == 0 ? vector.a_address : vector.b_address);
    }
    builder_.add(vector);
    const MapTile out{
        image_,           tiling_.rows.begin(row),         vector.out_height, tiling_.columns.begin(column),
        vector.out_width, tiling_.channels.begin(channel), channels};
    builder_.store_tile(builder_.symbol(layer_.output), out, vector.out_address);
  }

  ProgramBuilder& builder_;
  const VectorLayer& layer_;
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

}  // namespace

void emit_add(ProgramBuilder& builder, const QNode& node, const QAdd& add) {
  auto fields = stage_fields(hw::VectorOp::kAdd, add.stage);
  fields.a_multiplier = add.a_operand.multiplier;
  fields.a_zero_point = add.a_operand.zero_point;
  fields.b_multiplier = add.b_operand.multiplier;
  fields.b_zero_point = add.b_operand.zero_point;
  const VectorLayer layer{&node, "add", {add.a, add.b}, add.output, Window{}, fields};
  VectorEmitter(builder, layer).emit();
}

void emit_rescale(ProgramBuilder& builder, const QNode& node, const QRescale& rescale) {
  auto fields = stage_fields(hw::VectorOp::kRescale, rescale.stage);
  fields.a_multiplier = rescale.operand.multiplier;
  fields.a_zero_point = rescale.operand.zero_point;
  const VectorLayer layer{&node, "rescale", {rescale.input}, rescale.output, Window{}, fields};
  VectorEmitter(builder, layer).emit();
}

void emit_max_pool(ProgramBuilder& builder, const QNode& node, const QMaxPool& pool) {
  check_window(node.name, pool.window);
  hw::Vector fields;
  fields.operation = static_cast<std::int64_t>(hw::VectorOp::kMaxPool);
  fields.low = hw::min_of_bits(builder.format().activation_bits);
  fields.high = hw::max_of_bits(builder.format().activation_bits);
  const VectorLayer layer{&node, "max_pool", {pool.input}, pool.output, pool.window, fields};
  VectorEmitter(builder, layer).emit();
}

void emit_average_pool(ProgramBuilder& builder, const QNode& node, const QAveragePool& pool) {
  check_window(node.name, pool.window);
  auto fields = stage_fields(hw::VectorOp::kAveragePool, pool.stage);
  fields.a_multiplier = pool.stage.multiplier;
  fields.a_zero_point = builder.symbol(pool.input).zero_point;
  const VectorLayer layer{&node, "average_pool", {pool.input}, pool.output, pool.window, fields};
  if (pool.multiplier_by_count.empty()) {
    VectorEmitter(builder, layer).emit();
    return;
  }
  std::vector<std::uint8_t> table;
  for (const std::uint32_t multiplier : pool.multiplier_by_count) {
    for (int byte = 0; byte < 4; ++byte) table.push_back(static_cast<std::uint8_t>(multiplier >> (8 * byte)));
  }
  VectorLayer with_table = layer;
  with_table.fields.use_table = 1;
  with_table.fields.table_address = builder.allocate_weight_area(static_cast<Bytes>(table.size()));
  VectorEmitter(builder, with_table).emit(table);
}

}  // namespace npu::compiler
