// Is every vector operation exact on every path? Random instructions against the oracle of oracle.cpp.
#include "hw/common/error.h"
#include "tests/hw/kernels/kernel_case.h"

namespace npu::tests {
namespace {

constexpr int kCases = 60;

struct Totals {
  std::int64_t saturated = 0;
  std::int64_t vectorised = 0;  ///< cases that the fast paths did not leave to the scalar rule
};

Totals require_all_paths(std::uint64_t seed, const VectorChoice& choice) {
  Totals totals;
  for (int index = 0; index < kCases; ++index) {
    TestRandom random(seed * 1000 + static_cast<std::uint64_t>(index));
    INFO("seed " << seed << ", case " << index);
    const Exact exact = require_exact(random_vector(random, choice));
    totals.saturated += exact.saturated;
    totals.vectorised += exact.vectorised ? 1 : 0;
  }
  return totals;
}

// All kinds of values at both widths.
void require_operation(std::uint64_t seed, VectorChoice choice) {
  for (const int bits : {8, 16}) {
    choice.activation_bits = bits;
    for (const auto values : {Values::kRandom, Values::kExtreme, Values::kTies}) {
      choice.values = values;
      const auto kind = static_cast<std::uint64_t>(bits) + static_cast<std::uint64_t>(values);
      const Totals totals = require_all_paths(seed * 10 + kind, choice);
      if (bits == 8) CHECK(totals.vectorised > kCases / 2);
      if (bits == 16) CHECK(totals.vectorised == 0);
    }
  }
}

}  // namespace

TEST_CASE("Residual add equals the oracle on every path, in place too") {
  require_operation(1, {.operation = hw::VectorOp::kAdd});
  require_operation(2, {.operation = hw::VectorOp::kAdd, .in_place = true});
  CHECK(require_all_paths(3, {.operation = hw::VectorOp::kAdd}).saturated > 0);
}

TEST_CASE("Rescale equals the oracle on every path") {
  require_operation(4, {.operation = hw::VectorOp::kRescale});
  require_operation(5, {.operation = hw::VectorOp::kRescale, .in_place = true});
}

TEST_CASE("Maximum pooling ignores padding on every path") {
  require_operation(6, {.operation = hw::VectorOp::kMaxPool});
}

TEST_CASE("Average pooling takes its multiplier from the field or from the table of pixel counts") {
  require_operation(7, {.operation = hw::VectorOp::kAveragePool});
  require_operation(8, {.operation = hw::VectorOp::kAveragePool, .use_table = true});
}

TEST_CASE("Table lookup equals the oracle on every path, in place too") {
  require_all_paths(9, {.operation = hw::VectorOp::kTable});
  require_all_paths(10, {.operation = hw::VectorOp::kTable, .in_place = true});
}

TEST_CASE("Every rounding rule is exact in adds, rescales and averages on every path") {
  for (const auto& [name, rule] : hw::kRoundings) {
    INFO(name);
    for (const auto operation :
         {hw::VectorOp::kAdd, hw::VectorOp::kRescale, hw::VectorOp::kAveragePool, hw::VectorOp::kMaxPool}) {
      for (const auto values : {Values::kRandom, Values::kTies}) {
        const auto seed =
            500 + 10 * static_cast<std::uint64_t>(operation) + static_cast<std::uint64_t>(values);
        const Totals totals =
            require_all_paths(seed, {.operation = operation, .values = values, .rounding = rule});
        if (rule != hw::Rounding::kHalfEven) CHECK(totals.vectorised > kCases / 2);
      }
    }
  }
}

TEST_CASE("A table lookup on 16-bit data is our own fault") {
  TestRandom random(1);
  KernelCase test_case = random_vector(random, {.operation = hw::VectorOp::kTable, .activation_bits = 16});
  hw::Kernels kernels(test_case.format, hw::KernelPath::kScalar);
  CHECK_THROWS_AS(kernels.execute(test_case.instruction, 0, test_case.before.view()), InternalError);
}

}  // namespace npu::tests
