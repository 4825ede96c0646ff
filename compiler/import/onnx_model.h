// Reading an ONNX file into protobuf's classes, and the checks that concern the model as a whole. Internal to
// this folder.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace npu::compiler {

inline constexpr std::int64_t kSmallestOpset = 7;
inline constexpr std::int64_t kLargestOpset = 17;
/// Protobuf itself ends here.
inline constexpr std::int64_t kLargestModelBytes = (std::int64_t{1} << 31) - 1;

/// Key of the model's metadata under which an exported network keeps its name, whatever the file is called.
inline constexpr const char* kNetworkNameKey = "npusim.network";

/// The name under that key, or `fallback` if there is none that is usable.
std::string network_name(const onnx::ModelProto& model, const std::string& fallback);

/// Throws InputError: not a protobuf message, no graph, opset outside 7 to 17.
onnx::ModelProto parse_model(std::span<const std::uint8_t> bytes, const std::string& where);

/// Version of the standard operator set. Throws InputError as above.
std::int64_t standard_opset(const onnx::ModelProto& model, const std::string& where);

/// A name as it may appear in messages and reports: short, printable, valid UTF-8.
std::string printable_name(const std::string& name);

/// Whether a name can be used as it is.
bool is_usable_name(const std::string& name);

}  // namespace npu::compiler
