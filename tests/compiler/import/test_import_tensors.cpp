// Constant tensors: every stored form gives the same numbers, and every inconsistent one is refused by name.
#include <bit>
#include <cmath>
#include <limits>

#include "compiler/import/tensors.h"
#include "tests/compiler/graph/graph_maker.h"
#include "tests/compiler/import/model_maker.h"

using namespace npu::compiler;
using namespace npu::tests;
using onnx::TensorProto;

namespace {

TensorProto empty_tensor(int type, const Dims& dims) {
  TensorProto tensor;
  tensor.set_data_type(type);
  for (const std::int64_t extent : dims) {
    tensor.add_dims(extent);
  }
  return tensor;
}

template <typename Stored>
TensorProto raw_tensor(int type, const Dims& dims, const std::vector<Stored>& values) {
  TensorProto tensor = empty_tensor(type, dims);
  tensor.set_raw_data(values.data(), values.size() * sizeof(Stored));
  return tensor;
}

std::vector<float> floats_of(const TensorProto& tensor) {
  const ConstantTensor result = read_tensor(tensor, "t");
  REQUIRE_FALSE(result.is_integer);
  return *result.floats;
}

std::vector<std::int64_t> integers_of(const TensorProto& tensor) {
  const ConstantTensor result = read_tensor(tensor, "t");
  REQUIRE(result.is_integer);
  return result.integers;
}

void expect_refused(const TensorProto& tensor, std::initializer_list<const char*> parts) {
  expect_graph_error([&] { read_tensor(tensor, "t"); }, "t", parts);
}

/// The value of a float16 number by the definition of its fields.
double half_by_definition(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const int fraction = bits & 1023;
  const double magnitude =
      exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1.0 + fraction / 1024.0, exponent - 15);
  return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

}  // namespace

TEST_CASE("Floats in raw and typed form, as float32, double, float16 and bfloat16") {
  const std::vector<float> expected{1.5F, -2, 0.25F, 1024};
  TensorProto typed = empty_tensor(TensorProto::FLOAT, {2, 2});
  TensorProto doubles = empty_tensor(TensorProto::DOUBLE, {2, 2});
  for (const float value : expected) {
    typed.add_float_data(value);
    doubles.add_double_data(static_cast<double>(value));
  }
  CHECK(floats_of(typed) == expected);
  CHECK(floats_of(doubles) == expected);
  CHECK(floats_of(raw_tensor<float>(TensorProto::FLOAT, {2, 2}, expected)) == expected);
  CHECK(floats_of(raw_tensor<double>(TensorProto::DOUBLE, {4}, {1.5, -2, 0.25, 1024})) == expected);
  CHECK(floats_of(raw_tensor<std::uint16_t>(TensorProto::FLOAT16, {4}, {0x3E00, 0xC000, 0x3400, 0x6400})) ==
        expected);
  CHECK(floats_of(raw_tensor<std::uint16_t>(TensorProto::BFLOAT16, {4}, {0x3FC0, 0xC000, 0x3E80, 0x4480})) ==
        expected);
  TensorProto halves = empty_tensor(TensorProto::FLOAT16, {4});
  for (const int bits : {0x3E00, 0xC000, 0x3400, 0x6400}) {
    halves.add_int32_data(bits);
  }
  CHECK(floats_of(halves) == expected);
}

TEST_CASE("All 63,488 finite float16 numbers become the float32 of the same value, and infinities stay") {
  std::vector<std::uint16_t> bits;
  for (int pattern = 0; pattern < 65'536; ++pattern) {
    if (((pattern >> 10) & 31) != 31) {
      bits.push_back(static_cast<std::uint16_t>(pattern));
    }
  }
  REQUIRE(bits.size() == 63'488);
  const std::vector<float> values = floats_of(
      raw_tensor<std::uint16_t>(TensorProto::FLOAT16, {static_cast<std::int64_t>(bits.size())}, bits));
  int wrong = 0;
  for (std::size_t index = 0; index < bits.size(); ++index) {
    wrong += static_cast<double>(values[index]) == half_by_definition(bits[index]) ? 0 : 1;
  }
  CHECK(wrong == 0);
  const std::vector<float> special =
      floats_of(raw_tensor<std::uint16_t>(TensorProto::FLOAT16, {3}, {0x7C00, 0xFC00, 0x7C01}));
  CHECK(special[0] == std::numeric_limits<float>::infinity());
  CHECK(special[1] == -std::numeric_limits<float>::infinity());
  CHECK(std::isnan(special[2]));
}

TEST_CASE("Integers in raw and typed form") {
  TensorProto typed = empty_tensor(TensorProto::INT64, {3});
  TensorProto small = empty_tensor(TensorProto::INT32, {3});
  for (const int value : {-1, 0, 70'000}) {
    typed.add_int64_data(value);
    small.add_int32_data(value);
  }
  const Dims expected{-1, 0, 70'000};
  CHECK(integers_of(typed) == expected);
  CHECK(integers_of(small) == expected);
  CHECK(integers_of(raw_tensor<std::int64_t>(TensorProto::INT64, {3}, expected)) == expected);
  CHECK(integers_of(raw_tensor<std::int8_t>(TensorProto::INT8, {2}, {-128, 127})) == Dims{-128, 127});
  CHECK(integers_of(raw_tensor<std::uint8_t>(TensorProto::UINT8, {2}, {0, 255})) == Dims{0, 255});
  CHECK(integers_of(raw_tensor<std::uint8_t>(TensorProto::BOOL, {}, {1})) == Dims{1});
}

TEST_CASE("A scalar has no dimensions and one value, a tensor may be empty") {
  CHECK(floats_of(raw_tensor<float>(TensorProto::FLOAT, {}, {3})) == std::vector<float>{3});
  CHECK(floats_of(empty_tensor(TensorProto::FLOAT, {0})).empty());
  CHECK(
      floats_of(empty_tensor(TensorProto::FLOAT, {std::int64_t{1} << 31, 0, std::int64_t{1} << 31})).empty());
}

TEST_CASE("Data of another size than the dimensions demand is refused") {
  expect_refused(raw_tensor<float>(TensorProto::FLOAT, {2, 3}, {1, 2, 3, 4, 5}),
                 {"20 bytes", "[2, 3]", "6 FLOAT values"});
  expect_refused(empty_tensor(TensorProto::FLOAT, {2}), {"0 values", "[2]", "2 FLOAT"});
  TensorProto odd = empty_tensor(TensorProto::FLOAT, {1});
  odd.set_raw_data("12345");
  expect_refused(odd, {"5 bytes", "1 FLOAT"});
  TensorProto both = raw_tensor<float>(TensorProto::FLOAT, {1}, {1});
  both.add_float_data(1);
  expect_refused(both, {"data twice"});
}

TEST_CASE(
    "Dimensions that are negative or whose product overflows are refused before anything is allocated") {
  const std::int64_t large = std::int64_t{1} << 31;
  expect_refused(empty_tensor(TensorProto::FLOAT, {-1}), {"[-1]", "0 to 2147483648"});
  expect_refused(empty_tensor(TensorProto::FLOAT, {large + 1}), {"2147483649"});
  expect_refused(empty_tensor(TensorProto::FLOAT, {large, large, 4}), {"up to 2147483648 elements"});
  expect_refused(empty_tensor(TensorProto::FLOAT, {large, 2}), {"up to 2147483648 elements"});
  expect_refused(empty_tensor(TensorProto::FLOAT, {large}), {"0 values", "2147483648 FLOAT"});
  expect_refused(empty_tensor(TensorProto::FLOAT, {std::numeric_limits<std::int64_t>::min()}),
                 {"expected each from 0"});
  expect_refused(empty_tensor(TensorProto::FLOAT, Dims(17, 1)), {"17 dimensions", "up to 16"});
}

TEST_CASE("Data outside the file and number types that we do not know are refused") {
  TensorProto external = empty_tensor(TensorProto::FLOAT, {1});
  external.set_data_location(TensorProto::EXTERNAL);
  expect_refused(external, {"external data", "one file"});
  TensorProto location = raw_tensor<float>(TensorProto::FLOAT, {1}, {1});
  location.add_external_data()->set_key("location");
  expect_refused(location, {"external data"});
  TensorProto segmented = raw_tensor<float>(TensorProto::FLOAT, {1}, {1});
  segmented.mutable_segment()->set_begin(0);
  expect_refused(segmented, {"segments"});
  expect_refused(empty_tensor(TensorProto::STRING, {1}), {"STRING", "supported float32"});
  expect_refused(empty_tensor(TensorProto::COMPLEX64, {1}), {"COMPLEX64"});
  expect_refused(empty_tensor(99, {1}), {"99", "unknown"});
  expect_refused(TensorProto{}, {"number type 0"});
}
