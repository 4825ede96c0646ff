// Images as 8-bit RGB, decoded by libjpeg and libpng, resized by stb_image_resize.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace npu::compiler {

/// pixels [row][column][3], RGB.
struct Image {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::vector<std::uint8_t> pixels;
};

/// JPEG or PNG by content (grey and alpha are converted). Throws InputError: not an image, truncated, larger
/// than 64 megapixels.
Image load_image(const std::filesystem::path& path);

enum class ResizeFilter { kBilinear, kBicubic };
/// Filters are widened when shrinking (no aliasing). Bicubic is Catmull-Rom.
Image resize(const Image& image, std::int64_t height, std::int64_t width, ResizeFilter filter);
/// Throws InputError if the image is smaller than the crop.
Image centre_crop(const Image& image, std::int64_t height, std::int64_t width);

}  // namespace npu::compiler
