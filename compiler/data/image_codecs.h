// The two image libraries behind one interface each. No C++ exception crosses their C code.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "compiler/data/image.h"

namespace npu::compiler {

inline constexpr std::int64_t kLargestImagePixels = std::int64_t{64} << 20;

/// Decodes `bytes`; returns an empty string or what is wrong with them.
std::string decode_jpeg(std::span<const std::uint8_t> bytes, Image& image);
std::string decode_png(std::span<const std::uint8_t> bytes, Image& image);

}  // namespace npu::compiler
