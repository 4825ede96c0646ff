// Arrays of small integers as text (RFC 4648 base64, with padding).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace npu::compiler {

/// `bytes`: 1 or 2 for each value, little-endian; the values must fit.
std::string base64_of_integers(const std::vector<std::int16_t>& values, int bytes);

/// `count` values of 1 or 2 bytes, whichever the length says; nothing if it is neither or no base64.
std::optional<std::vector<std::int16_t>> integers_of_base64(const std::string& text, std::size_t count);

}  // namespace npu::compiler
