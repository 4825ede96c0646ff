#include "compiler/import/tensors.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>

#include "compiler/import/onnx_model.h"
#include "hw/common/error.h"

namespace npu::compiler {
namespace {

static_assert(std::endian::native == std::endian::little, "raw tensor data is little-endian");

constexpr int kLargestRank = 16;

float from_half(std::uint16_t half) {
  const std::uint32_t sign = (half & 0x8000U) << 16;
  const std::uint32_t exponent = (half >> 10) & 0x1FU;
  const std::uint32_t fraction = half & 0x3FFU;
  if (exponent == 0) {  // zero and subnormals: fraction * 2^-24, exact
    const float magnitude = static_cast<float>(fraction) * 0x1p-24F;
    return sign != 0 ? -magnitude : magnitude;
  }
  const std::uint32_t wide = exponent == 31 ? 0xFFU : exponent + (127 - 15);
  return std::bit_cast<float>(sign | wide << 23 | fraction << 13);
}

float from_bfloat(std::uint16_t bits) { return std::bit_cast<float>(std::uint32_t{bits} << 16); }

/// Reads the values of one tensor in any of its forms.
class TensorReader {
 public:
  TensorReader(const onnx::TensorProto& proto, const std::string& name) : proto_(proto), name_(name) {}

  ConstantTensor read() {
    check_location();
    read_dims();
    read_values();
    return std::move(tensor_);
  }

 private:
  [[noreturn]] void fail(const std::string& problem) const {
    throw GraphError(printable_name(name_), fmt::format("tensor: {}", problem));
  }

  void check_location() const {
    if (proto_.data_location() == onnx::TensorProto::EXTERNAL || proto_.external_data_size() > 0) {
      fail(
          "its data is stored outside the model file (external data), which is not supported; save the model "
          "as one "
          "file");
    }
    if (proto_.has_segment()) {
      fail("its data is split into segments, which is not supported");
    }
  }

  void read_dims() {
    tensor_.name = name_;
    tensor_.number_type = proto_.data_type();
    if (proto_.dims_size() > kLargestRank) {
      fail(fmt::format("found {} dimensions, supported up to {}", proto_.dims_size(), kLargestRank));
    }
    tensor_.dims.assign(proto_.dims().begin(), proto_.dims().end());
    for (const std::int64_t extent : tensor_.dims) {
      if (extent < 0 || extent > kMaximumElements) {
        fail(fmt::format("found dimensions [{}], expected each from 0 to {}", fmt::join(tensor_.dims, ", "),
                         kMaximumElements));
      }
      if (extent > 0 && elements_ > kMaximumElements / extent) {
        fail(fmt::format("found dimensions [{}], supported up to {} elements", fmt::join(tensor_.dims, ", "),
                         kMaximumElements));
      }
      elements_ *= extent;
    }
  }

  void read_values() {
    using onnx::TensorProto;
    switch (proto_.data_type()) {
      case TensorProto::FLOAT:
        return floats<float>(proto_.float_data(), [](float value) { return value; });
      case TensorProto::DOUBLE:
        return floats<double>(proto_.double_data(), [](double value) { return static_cast<float>(value); });
      case TensorProto::FLOAT16:
        return floats<std::uint16_t>(proto_.int32_data(), from_half);
      case TensorProto::BFLOAT16:
        return floats<std::uint16_t>(proto_.int32_data(), from_bfloat);
      case TensorProto::INT64:
        return integers<std::int64_t>(proto_.int64_data());
      case TensorProto::INT32:
        return integers<std::int32_t>(proto_.int32_data());
      case TensorProto::INT8:
        return integers<std::int8_t>(proto_.int32_data());
      case TensorProto::UINT8:
      case TensorProto::BOOL:
        return integers<std::uint8_t>(proto_.int32_data());
      default:
        fail(fmt::format(
            "found number type {} ({}), supported float32, float16, bfloat16, double, int64, int32, int8, "
            "uint8 and bool",
            proto_.data_type(), type_name()));
    }
  }

  std::string type_name() const {
    return onnx::TensorProto::DataType_IsValid(proto_.data_type())
               ? onnx::TensorProto::DataType_Name(
                     static_cast<onnx::TensorProto::DataType>(proto_.data_type()))
               : "unknown";
  }

  /// Calls `take(value)` for each stored value; `Stored` is its form in raw data.
  template <typename Stored, typename Repeated, typename Take>
  void for_each_value(const Repeated& typed, const Take& take) const {
    if (proto_.has_raw_data()) {
      const std::string& raw = proto_.raw_data();
      if (typed.size() > 0) {
        fail("found its data twice, as raw and as typed data");
      }
      check_count(raw.size() / sizeof(Stored), raw.size() % sizeof(Stored) == 0, raw.size());
      for (std::size_t offset = 0; offset < raw.size(); offset += sizeof(Stored)) {
        Stored value{};
        std::memcpy(&value, raw.data() + offset, sizeof(Stored));
        take(value);
      }
      return;
    }
    check_count(static_cast<std::size_t>(typed.size()), true, static_cast<std::size_t>(typed.size()));
    for (const auto value : typed) {
      take(static_cast<Stored>(value));
    }
  }

  void check_count(std::size_t found, bool whole, std::size_t size) const {
    if (!whole || static_cast<std::int64_t>(found) != elements_) {
      fail(fmt::format("found {} {} of data for dimensions [{}], expected {} {} values", size,
                       proto_.has_raw_data() ? "bytes" : "values", fmt::join(tensor_.dims, ", "), elements_,
                       type_name()));
    }
  }

  template <typename Stored, typename Repeated, typename Convert>
  void floats(const Repeated& typed, const Convert& convert) {
    std::vector<float> values;
    for_each_value<Stored>(typed, [&](Stored value) { values.push_back(convert(value)); });
    tensor_.floats = make_array(std::move(values));
  }

  template <typename Stored, typename Repeated>
  void integers(const Repeated& typed) {
    tensor_.is_integer = true;
    for_each_value<Stored>(typed, [&](Stored value) { tensor_.integers.push_back(value); });
  }

  const onnx::TensorProto& proto_;
  const std::string& name_;
  std::int64_t elements_ = 1;
  ConstantTensor tensor_;
};

}  // namespace

std::int64_t ConstantTensor::elements() const {
  return static_cast<std::int64_t>(is_integer ? integers.size() : floats->size());
}

std::string describe(const ConstantTensor& tensor) {
  return fmt::format("{} [{}]", tensor.is_integer ? "integers" : "floats", fmt::join(tensor.dims, ", "));
}

ConstantTensor read_tensor(const onnx::TensorProto& proto, const std::string& name) {
  return TensorReader(proto, name).read();
}

}  // namespace npu::compiler
