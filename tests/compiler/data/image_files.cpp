#include "tests/compiler/data/image_files.h"

#include <cstddef>
#include <cstdio>
#include <cstdlib>
// jpeglib.h needs the headers above
#include <jpeglib.h>
#include <png.h>

#include "tests/support.h"

namespace npu::tests {

using compiler::Image;

namespace {

std::vector<std::uint8_t> channel_of(const Image& image, std::size_t channel) {
  std::vector<std::uint8_t> values;
  for (std::size_t i = channel; i < image.pixels.size(); i += 3) values.push_back(image.pixels[i]);
  return values;
}

std::vector<std::uint8_t> write_jpeg(const std::uint8_t* pixels, const Image& image, int components,
                                     int quality) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &buffer, &size);
  info.image_width = static_cast<JDIMENSION>(image.width);
  info.image_height = static_cast<JDIMENSION>(image.height);
  info.input_components = components;
  info.in_color_space = components == 3 ? JCS_RGB : JCS_GRAYSCALE;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, quality, TRUE);
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    auto* row = const_cast<std::uint8_t*>(pixels + info.next_scanline * info.image_width *
                                                       static_cast<unsigned>(components));
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  std::vector<std::uint8_t> bytes(buffer, buffer + size);
  std::free(buffer);
  return bytes;
}

std::vector<std::uint8_t> write_png(const void* pixels, const Image& image, png_uint_32 format) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = static_cast<png_uint_32>(image.width);
  png.height = static_cast<png_uint_32>(image.height);
  png.format = format;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(png);
  std::vector<std::uint8_t> bytes(size);
  REQUIRE(png_image_write_to_memory(&png, bytes.data(), &size, 0, pixels, 0, nullptr) != 0);
  bytes.resize(size);
  return bytes;
}

}  // namespace

Image test_pattern(std::int64_t height, std::int64_t width) {
  Image image{height, width, {}};
  for (std::int64_t row = 0; row < height; ++row) {
    for (std::int64_t column = 0; column < width; ++column) {
      image.pixels.push_back(static_cast<std::uint8_t>(40 + 150 * row / height));
      image.pixels.push_back(static_cast<std::uint8_t>(230 - 180 * column / width));
      image.pixels.push_back(static_cast<std::uint8_t>(60 + 60 * row / height + 70 * column / width));
    }
  }
  return image;
}

std::vector<std::uint8_t> jpeg_bytes(const Image& image, int quality) {
  return write_jpeg(image.pixels.data(), image, 3, quality);
}

std::vector<std::uint8_t> grey_jpeg_bytes(const Image& image, int quality) {
  return write_jpeg(channel_of(image, 0).data(), image, 1, quality);
}

std::vector<std::uint8_t> png_bytes(const Image& image) {
  return write_png(image.pixels.data(), image, PNG_FORMAT_RGB);
}

std::vector<std::uint8_t> grey_alpha_png_bytes(const Image& image) {
  const auto grey = channel_of(image, 0);
  const auto alpha = channel_of(image, 1);
  std::vector<std::uint8_t> pixels;
  for (std::size_t i = 0; i < grey.size(); ++i) {
    pixels.push_back(grey[i]);
    pixels.push_back(alpha[i]);
  }
  return write_png(pixels.data(), image, PNG_FORMAT_GA);
}

}  // namespace npu::tests
