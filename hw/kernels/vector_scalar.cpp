#include "hw/kernels/vector_scalar.h"

#include <algorithm>

#include "hw/common/error.h"
#include "hw/kernels/element_access.h"
#include "hw/numerics/elementwise.h"

namespace npu::hw {
namespace {

constexpr std::int32_t kTableOffset = 128;  // table[q + 128] for q in [-128, 127]

/// One instruction's loops: `element(row, column, channel)` gives each output.
class VectorLoops {
 public:
  VectorLoops(const Vector& vector, const MachineFormat& format, const OutputTile& output)
      : vector_(vector), output_(output), bytes_(format.activation_bytes()) {}

  template <class ElementRule>
  std::int64_t run(const ElementRule& element) const {
    std::int64_t saturated = 0;
    for (std::int64_t row = 0; row < vector_.out_height; ++row) {
      for (std::int64_t column = 0; column < vector_.out_width; ++column) {
        std::uint8_t* pixel = output_.pixel(row, column);
        for (std::int64_t channel = 0; channel < vector_.channels; ++channel) {
          const StageResult result = element(row, column, channel);
          store_activation(pixel, channel, result.value, bytes_);
          saturated += result.saturated ? 1 : 0;
        }
      }
    }
    return saturated;
  }

  std::int32_t load(const InputTile& tile, std::int64_t row, std::int64_t column,
                    std::int64_t channel) const {
    return load_activation(tile.pixel(row, column), channel, bytes_);
  }

 private:
  const Vector& vector_;
  const OutputTile& output_;
  int bytes_;
};

std::int64_t scaled_sum(const Vector& vector, const MachineFormat& format, const MemoryView& memory,
                        const VectorLoops& loops) {
  const InputTile a = operand_a(vector, memory);
  const InputTile b = operand_b(vector, memory);
  const bool two = static_cast<VectorOp>(vector.operation) == VectorOp::kAdd;
  const ScaledOperand scale_a{static_cast<std::int32_t>(vector.a_zero_point),
                              static_cast<std::uint32_t>(vector.a_multiplier)};
  const ScaledOperand scale_b{static_cast<std::int32_t>(vector.b_zero_point),
                              static_cast<std::uint32_t>(vector.b_multiplier)};
  const OutputStage stage = output_stage_of(vector);
  return loops.run([&](std::int64_t row, std::int64_t column, std::int64_t channel) {
    Wide sum = scaled(loops.load(a, row, column, channel), scale_a);
    if (two) sum += scaled(loops.load(b, row, column, channel), scale_b);
    return finish_scaled_sum(sum, stage, format.rounding, format.activation_bits);
  });
}

std::int64_t max_pool(const Vector& vector, const MachineFormat& format, const MemoryView& memory,
                      const VectorLoops& loops) {
  const InputTile a = operand_a(vector, memory);
  return loops.run([&](std::int64_t row, std::int64_t column, std::int64_t channel) {
    const PoolWindow window = pool_window(vector, row, column);
    std::int32_t maximum = min_of_bits(format.activation_bits);
    for (std::int64_t in_row = window.row_begin; in_row < window.row_end; ++in_row) {
      for (std::int64_t in_column = window.column_begin; in_column < window.column_end; ++in_column) {
        maximum = std::max(maximum, loops.load(a, in_row, in_column, channel));
      }
    }
    return StageResult{
        saturate(maximum, static_cast<std::int32_t>(vector.low), static_cast<std::int32_t>(vector.high)),
        false};
  });
}

std::int64_t average_pool(const Vector& vector, const MachineFormat& format, const MemoryView& memory,
                          const VectorLoops& loops) {
  const InputTile a = operand_a(vector, memory);
  OutputStage stage = output_stage_of(vector);
  return loops.run([&](std::int64_t row, std::int64_t column, std::int64_t channel) {
    const PoolWindow window = pool_window(vector, row, column);
    std::int64_t sum = 0;
    for (std::int64_t in_row = window.row_begin; in_row < window.row_end; ++in_row) {
      for (std::int64_t in_column = window.column_begin; in_column < window.column_end; ++in_column) {
        sum += loops.load(a, in_row, in_column, channel);
      }
    }
    stage.multiplier = average_multiplier(vector, window.count(), memory);
    return average(sum, window.count(), static_cast<std::int32_t>(vector.a_zero_point), stage,
                   format.rounding, format.activation_bits);
  });
}

std::int64_t table_lookup(const Vector& vector, const MachineFormat& format, const MemoryView& memory,
                          const VectorLoops& loops) {
  NPU_CHECK(format.activation_bits == 8, "table look-up on activations that are not 8 bits wide");
  const InputTile a = operand_a(vector, memory);
  const std::uint8_t* table = memory.weight_sram.data() + vector.table_address;
  return loops.run([&](std::int64_t row, std::int64_t column, std::int64_t channel) {
    return StageResult{load_element<std::int8_t>(table + loops.load(a, row, column, channel) + kTableOffset),
                       false};
  });
}

}  // namespace

OutputStage output_stage_of(const Vector& vector) {
  OutputStage stage;
  stage.multiplier = static_cast<std::uint32_t>(vector.a_multiplier);
  stage.shift = static_cast<int>(vector.shift);
  stage.zero_point = static_cast<std::int32_t>(vector.out_zero_point);
  stage.low = static_cast<std::int32_t>(vector.low);
  stage.high = static_cast<std::int32_t>(vector.high);
  return stage;
}

PoolWindow pool_window(const Vector& vector, std::int64_t row, std::int64_t column) {
  const std::int64_t top = row * vector.stride_height - vector.pad_top;
  const std::int64_t left = column * vector.stride_width - vector.pad_left;
  const PoolWindow window{
      std::max<std::int64_t>(0, top), std::min(vector.in_height, top + vector.kernel_height),
      std::max<std::int64_t>(0, left), std::min(vector.in_width, left + vector.kernel_width)};
  NPU_CHECK(window.row_begin < window.row_end && window.column_begin < window.column_end,
            "a pooling window has no real pixel");
  return window;
}

std::uint32_t average_multiplier(const Vector& vector, std::int64_t count, const MemoryView& memory) {
  if (vector.use_table == 0) return static_cast<std::uint32_t>(vector.a_multiplier);
  return load_element<std::uint32_t>(memory.weight_sram.data() + vector.table_address +
                                     count * std::int64_t{sizeof(std::uint32_t)});
}

std::int64_t vector_scalar(const Vector& vector, const MachineFormat& format, const MemoryView& memory,
                           const OutputTile& output) {
  const VectorLoops loops(vector, format, output);
  switch (static_cast<VectorOp>(vector.operation)) {
    case VectorOp::kAdd:
    case VectorOp::kRescale:
      return scaled_sum(vector, format, memory, loops);
    case VectorOp::kMaxPool:
      return max_pool(vector, format, memory, loops);
    case VectorOp::kAveragePool:
      return average_pool(vector, format, memory, loops);
    case VectorOp::kTable:
      return table_lookup(vector, format, memory, loops);
  }
  fail_check("VectorOp", __FILE__, __LINE__, "unknown vector operation");
}

}  // namespace npu::hw
