// Vectors of the compounding unit.
#include <algorithm>

#include "sim/golden/vector_table.h"

namespace npu::sim::golden {
namespace {

using hw::OutputStage;
using hw::Wide;

class CompoundingTable {
 public:
  explicit CompoundingTable(const UnitVectorOptions& options)
      : options_(options), ranges_(ranges_of(options)) {
    const int data = options.data_bits;
    table_.field("accumulator", options.accumulator_bits, true).field("bias", options.accumulator_bits, true);
    table_.field("channel_shift", 8, false).field("multiplier", 32, false).field("shift", 8, false);
    table_.field("negative_multiplier", 32, false).field("negative_shift", 8, false).field("leaky", 8, false);
    table_.field("zero_point", data, true).field("low", data, true).field("high", data, true);
    table_.field("result", data, true, true).field("saturated", 8, false, true);
  }

  void add(std::int64_t accumulator, std::int64_t bias, int channel_shift, const OutputStage& stage) {
    const auto result = hw::apply_output_stage(Wide{accumulator} + bias, stage, channel_shift,
                                               options_.rounding, options_.data_bits);
    table_.row({accumulator, bias, channel_shift, stage.multiplier, stage.shift, stage.negative_multiplier,
                stage.negative_shift, stage.leaky ? 1 : 0, stage.zero_point, stage.low, stage.high,
                result.value, result.saturated ? 1 : 0});
  }

  OutputStage plain() const {
    OutputStage stage;
    stage.low = static_cast<std::int32_t>(ranges_.data_low);
    stage.high = static_cast<std::int32_t>(ranges_.data_high);
    stage.multiplier = static_cast<std::uint32_t>(ranges_.multiplier_low);
    stage.shift = options_.multiplier_bits - 1;  // a factor of one
    stage.negative_multiplier = stage.multiplier;
    stage.negative_shift = stage.shift;
    return stage;
  }

  void corners() {
    ties();
    extremes();
    edges();
    leaky();
  }

  void random(Random& random) {
    OutputStage stage = plain();
    const int size = static_cast<int>(random.integer(2, options_.accumulator_bits - 3));
    const std::int64_t limit = std::int64_t{1} << size;
    const int channel_shift = static_cast<int>(random.integer(0, ranges_.max_channel_shift));
    stage.multiplier =
        static_cast<std::uint32_t>(random.integer(ranges_.multiplier_low, ranges_.multiplier_high));
    if (random.integer(0, 3) == 0) stage.multiplier = std::uint32_t{1} << (options_.multiplier_bits - 1);
    // Results of the output's size, mostly.
    const int total = std::max<int>(
        0, size + options_.multiplier_bits - options_.data_bits + static_cast<int>(random.integer(-2, 2)));
    stage.shift = std::clamp(total - channel_shift, 0, hw::kMaxShift - ranges_.max_channel_shift);
    stage.leaky = random.integer(0, 4) == 0;
    stage.negative_multiplier =
        static_cast<std::uint32_t>(random.integer(ranges_.multiplier_low, ranges_.multiplier_high));
    stage.negative_shift = std::min(stage.shift + 3, hw::kMaxShift - ranges_.max_channel_shift);
    stage.zero_point = static_cast<std::int32_t>(random.integer(ranges_.data_low, ranges_.data_high));
    if (random.integer(0, 2) == 0) stage.low = stage.zero_point;
    if (random.integer(0, 2) == 0) {
      stage.high = static_cast<std::int32_t>(random.integer(stage.low, ranges_.data_high));
    }
    const std::int64_t bias = random.integer(-limit / 2, limit / 2);
    add(random.integer(-limit, limit) - bias, bias, channel_shift, stage);
  }

  Table& table() { return table_; }

 private:
  // With a power-of-two multiplier every odd sum at one more shift is n + 1/2.
  void ties() {
    for (const int channel_shift : {0, 1, ranges_.max_channel_shift}) {
      OutputStage stage = plain();
      ++stage.shift;
      for (const std::int64_t sum : {1, -1, 3, -3, 5, -5, 253, -253, 255, -255}) {
        const std::int64_t scaled = sum << channel_shift;
        add(scaled, 0, channel_shift, stage);
        add(scaled + 1, 0, channel_shift, stage);
        add(scaled - 1, 0, channel_shift, stage);
        add(0, scaled, channel_shift, stage);
      }
    }
  }
  // Of the sum, of the multiplier, and shift 0.
  void extremes() {
    for (const std::int64_t sum : {std::int64_t{0}, ranges_.acc_limit - 1, 1 - ranges_.acc_limit}) {
      for (const std::int64_t multiplier :
           {ranges_.multiplier_low, ranges_.multiplier_high, std::int64_t{1}}) {
        for (const int shift : {0, 1, options_.multiplier_bits, hw::kMaxShift - ranges_.max_channel_shift}) {
          for (const int channel_shift : {0, ranges_.max_channel_shift}) {
            OutputStage stage = plain();
            stage.multiplier = static_cast<std::uint32_t>(multiplier);
            stage.shift = shift;
            add(sum, 0, channel_shift, stage);
          }
        }
      }
    }
  }
  // Of zero point and clamp: one below, at and above each limit.
  void edges() {
    for (const std::int64_t zero_point :
         {ranges_.data_low, std::int64_t{-1}, std::int64_t{0}, std::int64_t{1}, ranges_.data_high}) {
      OutputStage stage = plain();
      stage.zero_point = static_cast<std::int32_t>(zero_point);
      for (const bool relu : {false, true}) {
        if (relu) stage.low = stage.zero_point;
        for (const std::int64_t step : {-1, 0, 1}) {
          add(ranges_.data_high - zero_point + step, 0, 0, stage);
          add(ranges_.data_low - zero_point, step, 0, stage);
          add(step, 0, 0, stage);
        }
      }
    }
  }
  // By the sign of the sum with bias.
  void leaky() {
    for (const std::int64_t sum : {-1000, -1, 0, 1, 1000}) {
      OutputStage stage = plain();
      stage.leaky = true;
      stage.shift = options_.multiplier_bits + 2;
      stage.negative_multiplier = static_cast<std::uint32_t>(ranges_.multiplier_high);
      stage.negative_shift = options_.multiplier_bits + 4;
      add(sum, 0, 0, stage);
      add(-sum, 2 * sum, 0, stage);
    }
  }

  UnitVectorOptions options_;
  Ranges ranges_;
  Table table_;
};

}  // namespace

std::vector<VectorField> compounding_vectors(const UnitVectorOptions& options, Random& random) {
  CompoundingTable table(options);
  table.corners();
  while (table.table().rows() < options.count) table.random(random);
  return table.table().take();
}

}  // namespace npu::sim::golden
