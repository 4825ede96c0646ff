// Writes image files for tests, with libjpeg and libpng directly.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "compiler/data/image.h"

namespace npu::tests {

/// A smooth RGB pattern, different in each channel and direction.
compiler::Image test_pattern(std::int64_t height, std::int64_t width);

std::vector<std::uint8_t> jpeg_bytes(const compiler::Image& image, int quality);
std::vector<std::uint8_t> grey_jpeg_bytes(const compiler::Image& image, int quality);  ///< of the red channel
std::vector<std::uint8_t> png_bytes(const compiler::Image& image);
std::vector<std::uint8_t> grey_alpha_png_bytes(
    const compiler::Image& image);  ///< red as grey, green as alpha

}  // namespace npu::tests
