#include "hw/kernels/vector_fast.h"

#include <limits>

#include "hw/common/units.h"
#include "hw/numerics/rounding_addends.h"

namespace npu::hw {
namespace {

constexpr int kFastBits = 8;
constexpr int kNarrowBits = 31;  // sums of a residual add stay below 2^31

// (a - z_a) * M_a + (b - z_b) * M_b + r + z_y * 2^k over all 8-bit a and b as a * M_a + b * M_b + constant, r
// the rounding rule's addition; false if a partial result might leave 32 bits, and for ties to even, which
// sums of two operands nearly always can reach.
bool narrow_sum(const Vector& vector, Rounding rule, ScaledSumTask& task) {
  const bool two = static_cast<VectorOp>(vector.operation) == VectorOp::kAdd;
  const Wide multiplier_a = vector.a_multiplier;
  const Wide multiplier_b = two ? vector.b_multiplier : 0;
  if (vector.shift >= kNarrowBits || rule == Rounding::kHalfEven) return false;
  const auto [not_negative, negative] = rounding_addends(static_cast<int>(vector.shift), rule);
  const Wide after_sum = not_negative + vector.out_zero_point * (Wide{1} << vector.shift);
  const Wide constant = after_sum - vector.a_zero_point * multiplier_a - vector.b_zero_point * multiplier_b;
  const Wide adjust = negative - not_negative;
  const Wide largest = -Wide{min_of_bits(kFastBits)} * (multiplier_a + multiplier_b) +
                       (constant < 0 ? -constant : constant) + (adjust < 0 ? -adjust : adjust);
  const Wide limit = Wide{1} << kNarrowBits;
  if (largest >= limit || after_sum >= limit || after_sum < -limit) return false;
  task.multiplier_a = static_cast<std::int32_t>(multiplier_a);
  task.multiplier_b = static_cast<std::int32_t>(multiplier_b);
  task.constant = static_cast<std::int32_t>(constant);
  task.negative_below = static_cast<std::int32_t>(after_sum);
  task.negative_adjust = static_cast<std::int32_t>(adjust);
  task.shift = static_cast<int>(vector.shift);
  return true;
}

void set_limits(const Vector& vector, ScaledSumTask& task) {
  task.low = static_cast<std::int32_t>(vector.low);
  task.high = static_cast<std::int32_t>(vector.high);
  task.cut_below = vector.low == min_of_bits(kFastBits) ? task.low : std::numeric_limits<std::int32_t>::min();
  task.cut_above =
      vector.high == max_of_bits(kFastBits) ? task.high : std::numeric_limits<std::int32_t>::max();
}

WindowTask window_task(const Vector& vector, const InputTile& input, const PoolWindow& window) {
  WindowTask task;
  task.first = input.pixel(window.row_begin, window.column_begin);
  task.row_stride_bytes = input.row_stride_bytes;
  task.pixel_stride_bytes = input.pixel_stride_bytes;
  task.rows = window.row_end - window.row_begin;
  task.columns = window.column_end - window.column_begin;
  task.channels = vector.channels;
  return task;
}

}  // namespace

std::optional<std::int64_t> FastVector::run(const Vector& vector, const MemoryView& memory,
                                            const OutputTile& output) {
  const bool exact = format_.activation_bits == kFastBits && vector.low >= min_of_bits(kFastBits) &&
                     vector.low <= vector.high && vector.high <= max_of_bits(kFastBits);
  if (!exact) return std::nullopt;
  switch (static_cast<VectorOp>(vector.operation)) {
    case VectorOp::kAdd:
    case VectorOp::kRescale:
      return scaled_sum(vector, memory, output);
    case VectorOp::kMaxPool:
      return max_pool(vector, memory, output);
    case VectorOp::kAveragePool:
      return average_pool(vector, memory, output);
    case VectorOp::kTable:
      break;
  }
  return std::nullopt;
}

std::optional<std::int64_t> FastVector::scaled_sum(const Vector& vector, const MemoryView& memory,
                                                   const OutputTile& output) {
  ScaledSumTask task;
  if (!narrow_sum(vector, format_.rounding, task)) return std::nullopt;
  set_limits(vector, task);
  const InputTile a = operand_a(vector, memory);
  // A rescale multiplies its second operand by zero.
  const InputTile b =
      static_cast<VectorOp>(vector.operation) == VectorOp::kAdd ? operand_b(vector, memory) : a;
  const bool gapless = a.pixel_stride_bytes == vector.channels && b.pixel_stride_bytes == vector.channels &&
                       output.pixel_stride_bytes == vector.channels;
  task.count = gapless ? vector.channels * vector.out_width : vector.channels;
  std::int64_t saturated = 0;
  for (std::int64_t row = 0; row < vector.out_height; ++row) {
    for (std::int64_t column = 0; column < (gapless ? 1 : vector.out_width); ++column) {
      task.a = a.pixel(row, column);
      task.b = b.pixel(row, column);
      task.out = output.pixel(row, column);
      saturated += path_.scaled_sum(task);
    }
  }
  return saturated;
}

std::int64_t FastVector::max_pool(const Vector& vector, const MemoryView& memory, const OutputTile& output) {
  const InputTile a = operand_a(vector, memory);
  for (std::int64_t row = 0; row < vector.out_height; ++row) {
    for (std::int64_t column = 0; column < vector.out_width; ++column) {
      path_.max_window(window_task(vector, a, pool_window(vector, row, column)),
                       static_cast<std::int8_t>(vector.low), static_cast<std::int8_t>(vector.high),
                       output.pixel(row, column));
    }
  }
  return 0;
}

// The output step of an average is a compounding with bias -count * z_a, the same for all channels.
bool FastVector::prepare_averages(const Vector& vector, const MemoryView& memory) {
  averages_.clear();
  Conv step;
  step.out_channels = vector.channels;
  step.shift = vector.shift;
  step.out_zero_point = vector.out_zero_point;
  step.low = vector.low;
  step.high = vector.high;
  ChannelParameters parameters;
  const auto channels = static_cast<std::size_t>(vector.channels);
  parameters.shift.assign(channels, 0);
  for (std::int64_t row = 0; row < vector.out_height; ++row) {
    for (std::int64_t column = 0; column < vector.out_width; ++column) {
      const std::int64_t count = pool_window(vector, row, column).count();
      if (averages_.contains(count)) continue;
      parameters.multiplier.assign(channels, average_multiplier(vector, count, memory));
      parameters.bias.assign(channels, -count * vector.a_zero_point);
      if (!build_compounding(step, parameters, -count * min_of_bits(kFastBits),
                             {format_.rounding, path_.vector_lanes, path_.logical_shift}, averages_[count])) {
        return false;
      }
    }
  }
  return true;
}

std::optional<std::int64_t> FastVector::average_pool(const Vector& vector, const MemoryView& memory,
                                                     const OutputTile& output) {
  if (!prepare_averages(vector, memory)) return std::nullopt;
  const InputTile a = operand_a(vector, memory);
  sums_.assign(static_cast<std::size_t>(round_up(vector.channels, kBlockChannels)), 0);
  CompoundTask step;
  step.channels = vector.channels;
  step.pixels = 1;
  step.sums = sums_.data();
  std::int64_t saturated = 0;
  for (std::int64_t row = 0; row < vector.out_height; ++row) {
    for (std::int64_t column = 0; column < vector.out_width; ++column) {
      const PoolWindow window = pool_window(vector, row, column);
      path_.sum_window(window_task(vector, a, window), sums_.data());
      step.out = output.pixel(row, column);
      saturated += path_.compound(averages_.at(window.count()), step);
    }
  }
  return saturated;
}

}  // namespace npu::hw
