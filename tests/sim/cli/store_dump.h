// A result store's content, for comparisons.
#pragma once

#include <filesystem>
#include <string>

namespace npu::tests {

/// Every row of every table in a fixed order; equal texts mean equal content.
std::string dump_store(const std::filesystem::path& store);

}  // namespace npu::tests
