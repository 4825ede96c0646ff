// SHA-256 (OpenSSL) as lower-case hexadecimal, for hashes of configs, programs and golden files.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace npu {

std::string sha256_hex(std::span<const std::uint8_t> bytes);
std::string sha256_hex(std::string_view text);

}  // namespace npu
