// docs/config_reference.md, made from the JSON Schema files of configs/schema.
#pragma once

#include <filesystem>
#include <string>

namespace npu::sim {

/// One section for each schema, one row for each key: pointer, values, whether it must be there, meaning.
/// `schema_folder` is configs/schema. Throws what read_json_file throws.
std::string config_reference_markdown(const std::filesystem::path& schema_folder);

}  // namespace npu::sim
