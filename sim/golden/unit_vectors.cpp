#include "sim/golden/unit_vectors.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "hw/common/error.h"
#include "hw/common/file.h"
#include "hw/numerics/elementwise.h"
#include "sim/golden/layer_streams.h"

namespace npu::sim::golden {
namespace {

using hw::OutputStage;
using hw::Wide;

constexpr std::int64_t kPoolWindow = 9;
constexpr int kTableEntries = 256;

/// splitmix64 (Steele, Lea, Flood): the same sequence on every system.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  std::int64_t integer(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(high - low + 1));
  }

 private:
  std::uint64_t state_;
};

/// Fields in a fixed order; vectors are rows.
class Table {
 public:
  Table& field(const char* name, int bits, bool is_signed, bool expected = false) {
    int bytes = 1;
    while (8 * bytes < bits) bytes *= 2;
    fields_.push_back({name, bytes, is_signed, expected, {}});
    return *this;
  }
  void row(std::initializer_list<std::int64_t> values) {
    NPU_CHECK(values.size() == fields_.size(), "a value for each field");
    auto value = values.begin();
    for (auto& one : fields_) one.values.push_back(*value++);
  }
  std::int64_t rows() const { return std::ssize(fields_.front().values); }
  std::vector<VectorField> take() { return std::move(fields_); }
  std::vector<VectorField>& fields() { return fields_; }

 private:
  std::vector<VectorField> fields_;
};

struct Ranges {
  std::int64_t data_low, data_high, acc_limit, multiplier_low, multiplier_high;
  int max_channel_shift;
};

Ranges ranges_of(const UnitVectorOptions& options) {
  return {hw::min_of_bits(options.data_bits), hw::max_of_bits(options.data_bits),
          // |acc + B| < 2^(accumulator_bits - 2), as the compiler proves
          std::int64_t{1} << (options.accumulator_bits - 2), std::int64_t{1} << (options.multiplier_bits - 1),
          (std::int64_t{1} << options.multiplier_bits) - 1, (1 << options.shift_bits) - 1};
}

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
    // Ties: with a power-of-two multiplier every odd sum at one more shift is n + 1/2.
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
    // Extremes of the sum, of the multiplier, and shift 0.
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
    // Edges of zero point and clamp: one below, at and above each limit.
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
    for (const std::int64_t sum : {-1000, -1, 0, 1, 1000}) {  // LeakyReLU by the sign of the sum with bias
      OutputStage stage = plain();
      stage.leaky = true;
      stage.shift = options_.multiplier_bits + 2;
      stage.negative_multiplier = static_cast<std::uint32_t>(ranges_.multiplier_high);
      stage.negative_shift = options_.multiplier_bits + 4;
      add(sum, 0, 0, stage);
      add(-sum, 2 * sum, 0, stage);
    }
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
  UnitVectorOptions options_;
  Ranges ranges_;
  Table table_;
};

std::vector<VectorField> compounding_vectors(const UnitVectorOptions& options, Random& random) {
  CompoundingTable table(options);
  table.corners();
  while (table.table().rows() < options.count) table.random(random);
  return table.table().take();
}

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

}  // namespace

const std::vector<std::string>& unit_names() {
  static const std::vector<std::string> kNames{"compounding", "pe", "add", "pool", "table"};
  return kNames;
}

std::vector<VectorField> unit_vectors(const UnitVectorOptions& options) {
  Random random(options.seed);
  std::vector<VectorField> fields;
  if (options.unit == "compounding")
    fields = compounding_vectors(options, random);
  else if (options.unit == "pe")
    fields = pe_vectors(options, random);
  else if (options.unit == "add")
    fields = add_vectors(options, random);
  else if (options.unit == "pool")
    fields = pool_vectors(options, random);
  else if (options.unit == "table")
    fields = table_vectors(options, random);
  else
    throw InputError("--unit " + options.unit,
                     fmt::format("unknown unit; expected one of {}", fmt::join(unit_names(), ", ")));
  if (options.count < std::ssize(fields.back().values)) {
    throw InputError(
        fmt::format("--count {}", options.count),
        fmt::format("the corner cases of this unit are {} vectors already", fields.back().values.size()));
  }
  return fields;
}

Manifest export_unit_vectors(const UnitVectorOptions& options, const std::filesystem::path& folder) {
  const auto fields = unit_vectors(options);
  std::error_code code;
  std::filesystem::create_directories(folder, code);
  if (code) throw InputError(folder.string(), code.message());
  std::filesystem::remove(folder / kManifestFile, code);
  Manifest manifest;
  manifest.kind = options.unit;
  manifest.level = Level::kUnit;
  manifest.seed = static_cast<std::int64_t>(options.seed);
  manifest.numbers = {options.data_bits, options.data_bits, options.accumulator_bits, options.shift_bits,
                      options.rounding};
  for (const auto& field : fields) {
    Stream stream;
    stream.name = (field.expected ? "expected/" : "stimulus/") + field.name;
    stream.content = Content::kVectorField;
    stream.expected = field.expected;
    stream.element_bytes = field.element_bytes;
    stream.is_signed = field.is_signed;
    stream.words.word_bytes = field.element_bytes;
    StreamWriter writer(folder, stream, options.binary, options.hex);
    writer.append(-1, little_endian(field.values, field.element_bytes));
    manifest.streams.push_back(writer.finish());
  }
  write_file(folder / kManifestFile, manifest_json(manifest));
  return manifest;
}

}  // namespace npu::sim::golden
