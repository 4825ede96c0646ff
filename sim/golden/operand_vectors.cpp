// Vectors of the PE, the residual add, pools and the activation table.
#include <algorithm>
#include <array>

#include "hw/numerics/elementwise.h"
#include "sim/golden/vector_table.h"

namespace npu::sim::golden {
namespace {

using hw::OutputStage;
using hw::Wide;

constexpr std::int64_t kPoolWindow = 9;
constexpr int kTableEntries = 256;

}  // namespace

std::vector<VectorField> pe_vectors(const UnitVectorOptions& options, Random& random) {
  const Ranges ranges = ranges_of(options);
  Table table;
  table.field("activation", options.data_bits, true).field("weight", options.data_bits, true);
  table.field("sum_in", options.accumulator_bits, true)
      .field("sum_out", options.accumulator_bits, true, true);
  const auto add = [&](std::int64_t activation, std::int64_t weight, std::int64_t sum) {
    table.row({activation, weight, sum, hw::wrap(sum + activation * weight, options.accumulator_bits)});
  };
  const std::int64_t top = (std::int64_t{1} << (options.accumulator_bits - 1)) - 1;
  const std::array data{ranges.data_low, ranges.data_low + 1, std::int64_t{-1},
                        std::int64_t{0}, std::int64_t{1},     ranges.data_high};
  for (const auto activation : data) {
    for (const auto weight : data) {
      for (const auto sum : {std::int64_t{0}, top, -top - 1}) add(activation, weight, sum);
    }
  }
  while (table.rows() < options.count) {
    add(random.integer(ranges.data_low, ranges.data_high), random.integer(ranges.data_low, ranges.data_high),
        random.integer(-top / 2, top / 2));
  }
  return table.take();
}

std::vector<VectorField> add_vectors(const UnitVectorOptions& options, Random& random) {
  const Ranges ranges = ranges_of(options);
  Table table;
  const int data = options.data_bits;
  table.field("a", data, true)
      .field("b", data, true)
      .field("a_zero_point", data, true)
      .field("b_zero_point", data, true);
  table.field("a_multiplier", 32, false).field("b_multiplier", 32, false).field("shift", 8, false);
  table.field("zero_point", data, true).field("low", data, true).field("high", data, true);
  table.field("result", data, true, true);
  const auto add = [&](std::int64_t a, std::int64_t b, const hw::ScaledOperand& of_a,
                       const hw::ScaledOperand& of_b, const OutputStage& stage) {
    const Wide sum =
        hw::scaled(static_cast<std::int32_t>(a), of_a) + hw::scaled(static_cast<std::int32_t>(b), of_b);
    const auto result = hw::finish_scaled_sum(sum, stage, options.rounding, options.data_bits);
    table.row({a, b, of_a.zero_point, of_b.zero_point, of_a.multiplier, of_b.multiplier, stage.shift,
               stage.zero_point, stage.low, stage.high, result.value});
  };
  OutputStage stage;
  stage.low = static_cast<std::int32_t>(ranges.data_low);
  stage.high = static_cast<std::int32_t>(ranges.data_high);
  const auto half = static_cast<std::uint32_t>(ranges.multiplier_low);
  stage.shift = options.multiplier_bits;  // each operand counts one half
  for (const auto a : {ranges.data_low, std::int64_t{-3}, std::int64_t{-1}, std::int64_t{0}, std::int64_t{1},
                       ranges.data_high}) {
    for (const auto b :
         {ranges.data_low, std::int64_t{-2}, std::int64_t{0}, std::int64_t{2}, ranges.data_high}) {
      add(a, b, {0, half}, {0, half}, stage);
      add(a, b, {static_cast<std::int32_t>(ranges.data_low), half},
          {static_cast<std::int32_t>(ranges.data_high), half}, stage);
    }
  }
  while (table.rows() < options.count) {
    stage.shift = options.multiplier_bits + static_cast<int>(random.integer(-2, 2));
    stage.zero_point = static_cast<std::int32_t>(random.integer(ranges.data_low, ranges.data_high));
    stage.low = random.integer(0, 2) == 0 ? stage.zero_point : static_cast<std::int32_t>(ranges.data_low);
    const auto operand = [&] {
      return hw::ScaledOperand{
          static_cast<std::int32_t>(random.integer(ranges.data_low, ranges.data_high)),
          static_cast<std::uint32_t>(random.integer(ranges.multiplier_low, ranges.multiplier_high))};
    };
    const auto of_a = operand();
    const auto of_b = operand();
    add(random.integer(ranges.data_low, ranges.data_high), random.integer(ranges.data_low, ranges.data_high),
        of_a, of_b, stage);
  }
  return table.take();
}

// Windows of nine elements, the first `count` real: maximum where average is 0.
std::vector<VectorField> pool_vectors(const UnitVectorOptions& options, Random& random) {
  const Ranges ranges = ranges_of(options);
  Table table;
  const int data = options.data_bits;
  table.field("count", 8, false).field("average", 8, false).field("in_zero_point", data, true);
  table.field("multiplier", 32, false).field("shift", 8, false).field("zero_point", data, true);
  table.field("low", data, true).field("high", data, true).field("result", data, true, true);
  VectorField window{"window", table.fields().front().element_bytes, true, false, {}};
  window.element_bytes = data <= 8 ? 1 : 2;
  for (std::int64_t row = 0; row < options.count; ++row) {
    const bool average = row % 2 == 1;
    const std::int64_t count = row < 2 * kPoolWindow ? row / 2 + 1 : random.integer(1, kPoolWindow);
    const std::int64_t extreme = row < 8 * kPoolWindow ? row % 3 : 2;
    std::int64_t sum = 0;
    std::int64_t maximum = ranges.data_low;
    for (std::int64_t at = 0; at < kPoolWindow; ++at) {
      const std::int64_t value = extreme == 0   ? ranges.data_low
                                 : extreme == 1 ? ranges.data_high
                                                : random.integer(ranges.data_low, ranges.data_high);
      window.values.push_back(value);
      if (at >= count) continue;  // what lies beyond must not matter
      sum += value;
      maximum = std::max(maximum, value);
    }
    OutputStage stage;
    stage.low = static_cast<std::int32_t>(ranges.data_low);
    stage.high = static_cast<std::int32_t>(ranges.data_high);
    // 1 / count with the multiplier at full scale: exact powers of two give ties.
    const auto scale =
        hw::fixed_point_scale(1.0 / static_cast<double>(count), options.multiplier_bits, 0, "pool");
    stage.multiplier = scale.multiplier;
    stage.shift = scale.shift;
    const auto in_zero = static_cast<std::int32_t>(random.integer(ranges.data_low, ranges.data_high));
    stage.zero_point = in_zero;
    const std::int64_t result =
        average ? hw::average(sum, count, in_zero, stage, options.rounding, options.data_bits).value
                : maximum;
    table.row({count, average ? 1 : 0, in_zero, stage.multiplier, stage.shift, stage.zero_point, stage.low,
               stage.high, result});
  }
  auto fields = table.take();
  fields.insert(fields.begin(), window);
  return fields;
}

std::vector<VectorField> table_vectors(const UnitVectorOptions& options, Random& random) {
  VectorField entries{"table", 1, true, false, {}};
  for (int entry = 0; entry < kTableEntries; ++entry) entries.values.push_back(random.integer(-128, 127));
  Table table;
  table.field("index", 8, true).field("result", 8, true, true);
  for (std::int64_t row = 0; row < options.count; ++row) {
    const std::int64_t index = row < kTableEntries ? row - 128 : random.integer(-128, 127);
    table.row({index, entries.values[static_cast<std::size_t>(index + 128)]});
  }
  auto fields = table.take();
  fields.insert(fields.begin(), entries);
  return fields;
}

}  // namespace npu::sim::golden
