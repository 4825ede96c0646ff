// What the makers of unit vectors share: random numbers, ranges of operands, and vectors as rows of fields.
#pragma once

#include <initializer_list>
#include <utility>
#include <vector>

#include "hw/common/error.h"
#include "hw/numerics/output_stage.h"
#include "sim/golden/unit_vectors.h"

namespace npu::sim::golden {

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

inline Ranges ranges_of(const UnitVectorOptions& options) {
  return {hw::min_of_bits(options.data_bits), hw::max_of_bits(options.data_bits),
          // |acc + B| < 2^(accumulator_bits - 2), as the compiler proves
          std::int64_t{1} << (options.accumulator_bits - 2), std::int64_t{1} << (options.multiplier_bits - 1),
          (std::int64_t{1} << options.multiplier_bits) - 1, (1 << options.shift_bits) - 1};
}

// Vectors of each unit: corner cases, then random ones up to options.count.
std::vector<VectorField> compounding_vectors(const UnitVectorOptions& options, Random& random);
std::vector<VectorField> pe_vectors(const UnitVectorOptions& options, Random& random);
std::vector<VectorField> add_vectors(const UnitVectorOptions& options, Random& random);
std::vector<VectorField> pool_vectors(const UnitVectorOptions& options, Random& random);
std::vector<VectorField> table_vectors(const UnitVectorOptions& options, Random& random);

}  // namespace npu::sim::golden
