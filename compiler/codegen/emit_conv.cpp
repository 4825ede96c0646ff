// One convolution as a loop nest over tiles: load weights and inputs where the buffer slots do not hold them
// already, convolve, run the residual add or pool that is fused behind it, store the finished output tile.
// Maps that stay in the global buffer are read and written where they are.
#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "compiler/codegen/constant_blocks.h"
#include "compiler/codegen/program_builder.h"
#include "compiler/schedule/conv_tiling.h"
#include "hw/common/error.h"
#include "hw/isa/field_tools.h"
#include "hw/isa/regions.h"

namespace npu::compiler {
namespace {

// Padding is checked tile by tile (plan_conv): a window may lie in padding alone.
void check_window(const std::string& layer, const Window& window) {
  const std::int64_t kernel = hw::field_maximum(&hw::Conv::kernel_height);
  const std::int64_t stride = hw::field_maximum(&hw::Conv::stride_height);
  const std::int64_t pad = hw::field_maximum(&hw::Conv::pad_top);
  const bool fits = std::max(window.kernel_height, window.kernel_width) <= kernel &&
                    std::max(window.stride_height, window.stride_width) <= stride &&
                    std::max(window.pad_top, window.pad_left) <= pad;
  if (fits) return;
  throw GraphError(
      layer, fmt::format("kernel {}x{}, stride {}x{}, padding {}, {}: the CONV instruction holds kernels "
                         "to {}, strides to {}, padding to {}",
                         window.kernel_height, window.kernel_width, window.stride_height, window.stride_width,
                         window.pad_top, window.pad_left, kernel, stride, pad));
}

class ConvEmitter {
 public:
  ConvEmitter(ProgramBuilder& builder, const LayerWork& layer, std::size_t index)
      : builder_(builder),
        layer_(layer),
        node_(*layer.node),
        conv_(std::get<QConv>(layer.node->op)),
        in_(builder.symbol(conv_.input)),
        out_(builder.symbol(layer.output())),
        problem_(make_problem(index)),
        plan_(builder.plans().plan(problem_, node_.name)),
        tiling_(plan_.tiling),
        weights_(builder.allocate_weight_area(tiling_.weight_slots * tiling_.weight_slot_bytes),
                 tiling_.weight_slot_bytes, tiling_.weight_slots),
        buffer_base_(builder.allocate_buffer_area(tiling_.input_slots * tiling_.input_slot_bytes +
                                                  tiling_.output_slots * tiling_.output_slot_bytes)),
        inputs_(buffer_base_, tiling_.input_slot_bytes, tiling_.input_slots),
        outputs_(buffer_base_ + tiling_.input_slots * tiling_.input_slot_bytes, tiling_.output_slot_bytes,
                 tiling_.output_slots) {}

  void emit() {
    describe_layer();
    for (group_ = 0; group_ < problem_.groups; ++group_) {
      if (tiling_.order == LoopOrder::kWeightsOuter) {
        for (std::int64_t out = 0; out < tiling_.out_channels.count(); ++out) emit_images(out);
      } else {
        emit_images(-1);
      }
    }
    const std::int64_t pixels = problem_.images * distinct_positions(tiling_.rows, problem_.row_window()) *
                                distinct_positions(tiling_.columns, problem_.column_window());
    const Bytes map_bytes =
        pixels * problem_.groups * problem_.in_channels * builder_.format().activation_bytes();
    builder_.layer().reloaded_input_bytes = std::max<Bytes>(0, loaded_input_bytes_ - map_bytes);
    builder_.layer().reloaded_weight_bytes = reloaded_weight_bytes_;
  }

 private:
  ConvProblem make_problem(std::size_t index) const {
    ConvProblem problem = conv_problem(builder_.problems(), layer_, index);
    if (skips_real_zeros()) {
      const MapShape in = builder_.graph().tensors[static_cast<std::size_t>(conv_.input)].shape;
      const WeightTile all{0, std::ssize(conv_.bias), 0, in.channels / conv_.groups};
      problem.zero_share = zero_share(conv_, all, problem.depthwise);
    }
    return problem;
  }

  bool skips_real_zeros() const {
    return builder_.arch().pe_array.zero_skipping == hw::ZeroSkipping::kRealZeros && builder_.has_constants();
  }

  void describe_layer() {
    const auto& graph = builder_.graph();
    const MapShape in = graph.tensors[conv_.input].shape;
    const MapShape out = graph.tensors[conv_.output].shape;
    auto& layer =
        builder_.begin_layer(node_.name, problem_.depthwise ? "depthwise" : "conv", layer_.output());
    layer.out_channels = out.channels;
    layer.dataflow = tiling_.dataflow == hw::Dataflow::kWeightStationary ? "ws" : "os";
    if (builder_.has_texts()) {
      layer.dataflow_reason = plan_.reason;
      if (problem_.groups > 1)
        layer.dataflow_reason += fmt::format(" for each of {} groups", problem_.groups);
      layer.shape = shape_text(builder_.images(), in, out, conv_.window);
      if (problem_.groups > 1) layer.shape += fmt::format(" g{}", problem_.groups);
      const std::int64_t tiles = tiling_.rows.count() * tiling_.columns.count() *
                                 tiling_.out_channels.count() * tiling_.in_channels.count() *
                                 problem_.groups * problem_.images;
      layer.tiling = fmt::format("rows {} cols {} out {} in {}, {}, {} tiles", tiling_.rows.tile,
                                 tiling_.columns.tile, tiling_.out_channels.tile, tiling_.in_channels.tile,
                                 loop_order_name(tiling_.order), tiles);
      if (problem_.input_on_chip) layer.tiling += ", input on chip";
      if (problem_.output_on_chip) layer.tiling += ", output on chip";
      if (layer_.tail != nullptr) layer.tiling += fmt::format(", then {}", layer_.tail->name);
    }
    const std::int64_t weights =
        out.channels * conv_.window.kernel_height * conv_.window.kernel_width * (in.channels / conv_.groups);
    layer.macs = weights * out.height * out.width * builder_.images();
    layer.parameters = conv_.parameters;
    layer.weight_bytes = weights * builder_.format().weight_bytes();
    layer.bias_bytes = out.channels * builder_.format().accumulator_bytes();
    builder_.footprint().weight_bytes += layer.weight_bytes;
    builder_.footprint().bias_bytes += layer.bias_bytes;
    for (std::int64_t tile = 0; tile < tiling_.out_channels.count(); ++tile) {
      layer.shift_bytes +=
          problem_.groups * (hw::parameter_block_bytes(tiling_.out_channels.extent(tile), builder_.format(),
                                                       problem_.per_channel_multiplier) -
                             tiling_.out_channels.extent(tile) * builder_.format().accumulator_bytes());
    }
    builder_.footprint().shift_bytes += layer.shift_bytes;
  }

  void emit_images(std::int64_t only_out) {
    for (image_ = 0; image_ < problem_.images; ++image_) emit_pixels(only_out);
  }

  // All pixel tiles of an image; for one out-channel tile, or (-1) for every one inside each pixel tile.
  void emit_pixels(std::int64_t only_out) {
    for (std::int64_t row = 0; row < tiling_.rows.count(); ++row) {
      for (std::int64_t column = 0; column < tiling_.columns.count(); ++column) {
        const std::int64_t begin = only_out < 0 ? 0 : only_out;
        const std::int64_t end = only_out < 0 ? tiling_.out_channels.count() : only_out + 1;
        for (std::int64_t out = begin; out < end; ++out) emit_tile(row, column, out);
      }
    }
  }

  void emit_tile(std::int64_t row, std::int64_t column, std::int64_t out) {
    const std::int64_t out_key =
        (group_ * tiling_.out_channels.count() + out) * pixel_tiles() + pixel_tile(row, column);
    bool hit = false;
    const std::int64_t slot = outputs_.place(out_key, &hit);
    const MapTile tile{image_,
                       tiling_.rows.begin(row),
                       tiling_.rows.extent(row),
                       tiling_.columns.begin(column),
                       tiling_.columns.extent(column),
                       layer_.tail_channel + first_out_channel(out),
                       tiling_.out_channels.extent(out)};
    hw::Conv instruction = tile_instruction(row, column, out);
    const auto stays = builder_.tile_on_chip(layer_.output(), tile);
    const TileMemory outputs =
        layer_.tail == nullptr && stays ? *stays : dense(slot, instruction.out_width, out);
    instruction.out_address = outputs.address;
    instruction.out_row_stride = outputs.row_stride;
    instruction.out_pixel_stride = outputs.pixel_stride;
    const TileMemory operand = layer_.add() == nullptr ? TileMemory{} : place_operand(tile, slot, out);
    for (std::int64_t in = 0; in < tiling_.in_channels.count(); ++in) {
      place_weights(out, in, instruction);
      place_input(row, column, problem_.depthwise ? out : in, instruction);
      instruction.first = in == 0 ? 1 : 0;
      instruction.last = in + 1 == tiling_.in_channels.count() ? 1 : 0;
      builder_.add(instruction);
    }
    TileMemory result = outputs;
    if (layer_.tail != nullptr) {
      const auto beside = dense(slot + tiling_.tail_offset_bytes, tile.columns, out);
      result = stays.value_or(layer_.pools() ? beside : outputs);
      emit_tail(tile, {computed_rows(row), computed_columns(column)}, outputs, operand, result);
    }
    if (!stays) builder_.store_tile(out_, tile, result.address);
  }

  TileMemory dense(std::int64_t address, std::int64_t columns, std::int64_t out) const {
    const std::int64_t pixel = tiling_.out_channels.extent(out) * builder_.format().activation_bytes();
    return {address, columns * pixel, pixel};
  }

  // The other operand of the add: where its map stays, or loaded beside the tile's outputs.
  TileMemory place_operand(const MapTile& tile, std::int64_t slot, std::int64_t out) {
    const TensorId id = layer_.inputs().back();
    if (const auto stays = builder_.tile_on_chip(id, tile)) return *stays;
    const TileMemory memory = dense(slot + tiling_.tail_offset_bytes, tile.columns, out);
    builder_.load_tile(builder_.symbol(id), tile, memory.address);
    return memory;
  }

  struct ComputedTile {
    InputSpan rows, columns;
  };

  // The residual add, in place unless the sum stays elsewhere, or the pool.
  void emit_tail(const MapTile& tile, const ComputedTile& computed, const TileMemory& outputs,
                 const TileMemory& operand, const TileMemory& result) {
    const VectorFields tail = vector_fields(builder_, *layer_.tail);
    hw::Vector vector = tail.fields;
    vector.kernel_height = tail.window.kernel_height;
    vector.kernel_width = tail.window.kernel_width;
    vector.stride_height = tail.window.stride_height;
    vector.stride_width = tail.window.stride_width;
    vector.in_height = computed.rows.extent;
    vector.in_width = computed.columns.extent;
    vector.pad_top = computed.rows.pad;
    vector.pad_left = computed.columns.pad;
    vector.out_height = tile.rows;
    vector.out_width = tile.columns;
    vector.channels = tile.channels;
    const bool outputs_are_b = layer_.add() != nullptr && layer_.add()->b == conv_.output;
    const TileMemory& a = outputs_are_b ? operand : outputs;
    vector.a_address = a.address;
    vector.a_row_stride = a.row_stride;
    vector.a_pixel_stride = a.pixel_stride;
    if (layer_.add() != nullptr) {
      const TileMemory& b = outputs_are_b ? outputs : operand;
      vector.b_address = b.address;
      vector.b_row_stride = b.row_stride;
      vector.b_pixel_stride = b.pixel_stride;
    }
    vector.out_address = result.address;
    vector.out_row_stride = result.row_stride;
    vector.out_pixel_stride = result.pixel_stride;
    builder_.add(vector);
  }

  // Rows (columns) of its outputs that the convolution computes for a tile: all that the pool's windows see.
  InputSpan computed_rows(std::int64_t row) const { return computed(tiling_.rows, row, problem_.pool_rows); }
  InputSpan computed_columns(std::int64_t column) const {
    return computed(tiling_.columns, column, problem_.pool_columns);
  }
  InputSpan computed(const TileAxis& axis, std::int64_t index, const WindowAxis& pool) const {
    if (!layer_.pools()) return {axis.begin(index), axis.extent(index), 0};
    return input_span(axis.begin(index), axis.extent(index), pool.kernel, pool.stride, pool.pad_before,
                      pool.in_size);
  }

  // Over all images.
  std::int64_t pixel_tiles() const {
    return problem_.images * tiling_.rows.count() * tiling_.columns.count();
  }
  std::int64_t pixel_tile(std::int64_t row, std::int64_t column) const {
    return (image_ * tiling_.rows.count() + row) * tiling_.columns.count() + column;
  }

  std::int64_t first_out_channel(std::int64_t out) const {
    return group_ * problem_.out_channels + tiling_.out_channels.begin(out);
  }

  // Everything that does not depend on the input-channel tile.
  hw::Conv tile_instruction(std::int64_t row, std::int64_t column, std::int64_t out) const {
    hw::Conv conv;
    conv.out_height = computed_rows(row).extent;
    conv.out_width = computed_columns(column).extent;
    conv.out_channels = tiling_.out_channels.extent(out);
    conv.kernel_height = conv_.window.kernel_height;
    conv.kernel_width = conv_.window.kernel_width;
    conv.stride_height = conv_.window.stride_height;
    conv.stride_width = conv_.window.stride_width;
    conv.dataflow = static_cast<std::int64_t>(tiling_.dataflow);
    conv.depthwise = problem_.depthwise ? 1 : 0;
    conv.per_channel_multiplier = problem_.per_channel_multiplier ? 1 : 0;
    conv.multiplier = conv_.stage.multiplier;
    conv.shift = conv_.stage.shift;
    conv.leaky = conv_.stage.leaky ? 1 : 0;
    conv.negative_multiplier = conv_.stage.negative_multiplier;
    conv.negative_shift = conv_.stage.negative_shift;
    conv.in_zero_point = in_.zero_point;
    conv.weight_zero_point = conv_.weight_zero_point;
    conv.out_zero_point = conv_.stage.zero_point;
    conv.low = conv_.stage.low;
    conv.high = conv_.stage.high;
    return conv;
  }

  void place_weights(std::int64_t out, std::int64_t in, hw::Conv& instruction) {
    const bool last = in + 1 == tiling_.in_channels.count();
    const std::int64_t key = (group_ * tiling_.out_channels.count() + out) * tiling_.in_channels.count() + in;
    bool hit = false;
    instruction.weight_address = weights_.place(key, &hit);
    const WeightTile tile{first_out_channel(out), tiling_.out_channels.extent(out),
                          tiling_.in_channels.begin(in), tiling_.in_channels.extent(in)};
    const Bytes weight_size = (problem_.depthwise ? 1 : tile.in_count) * tile.out_count *
                              conv_.window.kernel_height * conv_.window.kernel_width *
                              builder_.format().weight_bytes();
    const Bytes parameters_at = round_up(weight_size, kParameterAlignment);
    instruction.parameter_address = last ? instruction.weight_address + parameters_at : 0;
    if (hit) {
      instruction.zero_share = blocks_.at(key).zero_share;
      return;
    }
    auto block = blocks_.find(key);
    if (block != blocks_.end()) reloaded_weight_bytes_ += block->second.bytes;
    if (block == blocks_.end()) {
      const Bytes parameters =
          hw::parameter_block_bytes(tile.out_count, builder_.format(), problem_.per_channel_multiplier);
      const Bytes size = last ? parameters_at + parameters : weight_size;
      const std::int64_t zeros = skips_real_zeros() ? zero_share(conv_, tile, problem_.depthwise) : 0;
      block = blocks_.emplace(key, Block{add_block(tile, last, size, parameters_at), size, zeros}).first;
    }
    instruction.zero_share = block->second.zero_share;
    builder_.load_constants(block->second.offset, block->second.bytes, instruction.weight_address);
  }

  // The constants of one weight tile, with the parameters behind them in the reduction's last tile.
  std::int64_t add_block(const WeightTile& tile, bool last, Bytes size, Bytes parameters_at) {
    if (!builder_.has_constants()) return builder_.reserve_constants(size);
    auto bytes = weight_bytes(conv_, tile, problem_.depthwise, builder_.format());
    if (last) {
      bytes.resize(static_cast<std::size_t>(parameters_at));
      const auto parameters = parameter_bytes(conv_, tile.out_begin, tile.out_count, builder_.format());
      bytes.insert(bytes.end(), parameters.begin(), parameters.end());
    }
    NPU_CHECK(std::ssize(bytes) == size, "size of a block of constants");
    return builder_.add_constants(bytes);
  }

  void place_input(std::int64_t row, std::int64_t column, std::int64_t channel_tile, hw::Conv& instruction) {
    const InputSpan out_rows = computed_rows(row);
    const InputSpan out_columns = computed_columns(column);
    const InputSpan rows = input_span(out_rows.begin, out_rows.extent, problem_.rows.kernel,
                                      problem_.rows.stride, problem_.rows.pad_before, problem_.rows.in_size);
    const InputSpan columns =
        input_span(out_columns.begin, out_columns.extent, problem_.columns.kernel, problem_.columns.stride,
                   problem_.columns.pad_before, problem_.columns.in_size);
    const TileAxis& axis = problem_.depthwise ? tiling_.out_channels : tiling_.in_channels;
    const std::int64_t channels = axis.extent(channel_tile);
    instruction.in_height = rows.extent;
    instruction.in_width = columns.extent;
    instruction.in_channels = channels;
    instruction.pad_top = rows.pad;
    instruction.pad_left = columns.pad;
    const MapTile tile{image_,         rows.begin,
                       rows.extent,    columns.begin,
                       columns.extent, group_ * problem_.in_channels + axis.begin(channel_tile),
                       channels};
    if (const auto stays = builder_.tile_on_chip(conv_.input, tile)) {
      instruction.in_address = stays->address;
      instruction.in_pixel_stride = stays->pixel_stride;
      instruction.in_row_stride = stays->row_stride;
      return;
    }
    instruction.in_pixel_stride = channels * builder_.format().activation_bytes();
    instruction.in_row_stride = columns.extent * instruction.in_pixel_stride;
    const std::int64_t key = (group_ * pixel_tiles() + pixel_tile(row, column)) * axis.count() + channel_tile;
    bool hit = false;
    instruction.in_address = inputs_.place(key, &hit);
    if (hit) return;
    loaded_input_bytes_ += tile.rows * tile.columns * tile.channels * builder_.format().activation_bytes();
    builder_.load_tile(in_, tile, instruction.in_address);
  }

  struct Block {
    std::int64_t offset;
    std::int64_t bytes;
    std::int64_t zero_share;
  };

  ProgramBuilder& builder_;
  const LayerWork& layer_;
  const QNode& node_;
  const QConv& conv_;
  const hw::TensorSymbol& in_;
  const hw::TensorSymbol& out_;
  ConvProblem problem_;
  ConvPlan plan_;
  const ConvTiling& tiling_;
  SlotRing weights_;
  std::int64_t buffer_base_;
  SlotRing inputs_;
  SlotRing outputs_;
  std::int64_t group_ = 0;
  std::int64_t image_ = 0;
  Bytes loaded_input_bytes_ = 0;
  Bytes reloaded_weight_bytes_ = 0;
  std::map<std::int64_t, Block> blocks_;  ///< constants already in the program, by tile
};

}  // namespace

void emit_conv(ProgramBuilder& builder, const LayerWork& layer, std::size_t index) {
  check_window(layer.node->name, std::get<QConv>(layer.node->op).window);
  ConvEmitter(builder, layer, index).emit();
}

}  // namespace npu::compiler
