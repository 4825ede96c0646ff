// PNG by libpng's simplified interface. Transparency is dropped, not blended; grey and palettes become RGB,
// 16 bits become 8.
#include <fmt/core.h>
#include <png.h>

#include "compiler/data/image_codecs.h"

namespace npu::compiler {
namespace {

// Frees what libpng holds, on every way out.
struct PngImage {
  png_image image{};
  PngImage() { image.version = PNG_IMAGE_VERSION; }
  ~PngImage() { png_image_free(&image); }
  PngImage(const PngImage&) = delete;
  PngImage& operator=(const PngImage&) = delete;
};

}  // namespace

std::string decode_png(std::span<const std::uint8_t> bytes, Image& image) {
  PngImage png;
  if (png_image_begin_read_from_memory(&png.image, bytes.data(), bytes.size()) == 0) {
    return fmt::format("truncated or damaged PNG: {}", png.image.message);
  }
  const auto height = static_cast<std::int64_t>(png.image.height);
  const auto width = static_cast<std::int64_t>(png.image.width);
  if (height * width > kLargestImagePixels) {
    return fmt::format("PNG of {} x {} pixels, expected at most {} pixels", width, height,
                       kLargestImagePixels);
  }
  png.image.format = PNG_FORMAT_RGBA;
  png.image.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
  std::vector<std::uint8_t> rgba(static_cast<std::size_t>(height * width * 4));
  if (png_image_finish_read(&png.image, nullptr, rgba.data(), 0, nullptr) == 0) {
    return fmt::format("truncated or damaged PNG: {}", png.image.message);
  }
  image.height = height;
  image.width = width;
  image.pixels.resize(static_cast<std::size_t>(height * width * 3));
  for (std::size_t pixel = 0; pixel < rgba.size() / 4; ++pixel) {
    for (std::size_t channel = 0; channel < 3; ++channel) {
      image.pixels[3 * pixel + channel] = rgba[4 * pixel + channel];
    }
  }
  return "";
}

}  // namespace npu::compiler
