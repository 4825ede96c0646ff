#include "compiler/import/onnx_model.h"

#include <fmt/core.h>

#include <algorithm>

#include "hw/common/error.h"

namespace npu::compiler {
namespace {

constexpr std::size_t kLongestName = 1'000;
constexpr std::size_t kLongestPrintedName = 80;

/// Length of the UTF-8 sequence at `index`, or 0 if there is none that is valid and printable.
std::size_t utf8_length(const std::string& text, std::size_t index) {
  const auto byte = static_cast<unsigned char>(text[index]);
  if (byte < 0x80) {
    return byte >= 0x20 && byte != 0x7F ? 1 : 0;
  }
  const std::size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
  if (byte < 0xC2 || byte > 0xF4 || index + length > text.size()) {
    return 0;
  }
  std::uint32_t code = byte & (0xFFU >> (length + 1));
  for (std::size_t next = index + 1; next < index + length; ++next) {
    const auto continuation = static_cast<unsigned char>(text[next]);
    if ((continuation & 0xC0) != 0x80) {
      return 0;
    }
    code = code << 6 | (continuation & 0x3F);
  }
  const bool too_long = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return too_long || surrogate || code > 0x10FFFF ? 0 : length;
}

}  // namespace

onnx::ModelProto parse_model(std::span<const std::uint8_t> bytes, const std::string& where) {
  if (bytes.size() > static_cast<std::size_t>(kLargestModelBytes)) {
    throw InputError(where, fmt::format("found a model of {} bytes, supported up to {}", bytes.size(),
                                        kLargestModelBytes));
  }
  onnx::ModelProto model;
  if (!model.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    throw InputError(where,
                     fmt::format("not an ONNX model, or a damaged one: its {} bytes are not a valid protobuf "
                                 "message",
                                 bytes.size()));
  }
  if (!model.has_graph()) {
    throw InputError(
        where, fmt::format("not an ONNX model, or a truncated one: no graph in its {} bytes", bytes.size()));
  }
  standard_opset(model, where);
  return model;
}

std::string network_name(const onnx::ModelProto& model, const std::string& fallback) {
  for (const onnx::StringStringEntryProto& entry : model.metadata_props()) {
    if (entry.key() == kNetworkNameKey && !entry.value().empty() && is_usable_name(entry.value())) {
      return entry.value();
    }
  }
  return fallback;
}

std::int64_t standard_opset(const onnx::ModelProto& model, const std::string& where) {
  for (const onnx::OperatorSetIdProto& set : model.opset_import()) {
    if (!set.domain().empty() && set.domain() != "ai.onnx") {
      continue;
    }
    if (set.version() < kSmallestOpset || set.version() > kLargestOpset) {
      throw InputError(where, fmt::format("found ONNX opset {}, supported {} to {}", set.version(),
                                          kSmallestOpset, kLargestOpset));
    }
    return set.version();
  }
  throw InputError(where,
                   fmt::format("found no version of the standard ONNX operator set, expected opset {} to {}",
                               kSmallestOpset, kLargestOpset));
}

std::string printable_name(const std::string& name) {
  std::string printable;
  for (std::size_t index = 0; index < name.size();) {
    const std::size_t length = utf8_length(name, index);
    if (printable.size() + length > kLongestPrintedName) {
      return printable + "...";
    }
    printable += length == 0 ? "?" : name.substr(index, length);
    index += std::max<std::size_t>(length, 1);
  }
  return printable;
}

bool is_usable_name(const std::string& name) {
  if (name.size() > kLongestName) {
    return false;
  }
  for (std::size_t index = 0; index < name.size();) {
    const std::size_t length = utf8_length(name, index);
    if (length == 0) {
      return false;
    }
    index += length;
  }
  return true;
}

}  // namespace npu::compiler
