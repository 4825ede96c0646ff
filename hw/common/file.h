// Whole-file input and output. Output is atomic: a file appears complete under its name or not at all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace npu {

inline constexpr std::int64_t kNoLimitBytes = INT64_MAX;

/// Reads a whole file. Throws InputError naming the path and the system's reason, or if it exceeds
/// `limit_bytes`.
std::vector<std::uint8_t> read_file(const std::filesystem::path& path,
                                    std::int64_t limit_bytes = kNoLimitBytes);
std::string read_text_file(const std::filesystem::path& path, std::int64_t limit_bytes = kNoLimitBytes);

/// Writes to a temporary file beside `path`, flushes it to disk and renames it. Creates missing parent
/// folders. Throws InputError; the previous content of `path`, if any, is then untouched.
void write_file(const std::filesystem::path& path, std::span<const std::uint8_t> bytes);
void write_file(const std::filesystem::path& path, std::string_view text);

}  // namespace npu
