// The quantisation file: JSON with scales, zero points, ranges, shifts, biases and integers by name, written
// of a quantised network and read to override what the quantiser would choose, of every layer or of a few.
// docs/numerics.md describes it; configs/schema/quantization.schema.json is its schema.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "compiler/graph/graph.h"

namespace npu::compiler {

/// Throws InputError as write_file.
void save_quantization(const GivenQuantization& given, const std::string& network,
                       const std::filesystem::path& path);

/// Names must be those of tensors and layers of `canonical` (of tensors also NAME/sum, the sum in front of a
/// LeakyReLU). Throws ConfigError: file, JSON pointer, found, expected.
GivenQuantization quantization_from_json(const nlohmann::json& json, const std::string& file,
                                         const Graph& canonical);
GivenQuantization load_quantization(const std::filesystem::path& path, const Graph& canonical);

}  // namespace npu::compiler
