// Resizing by stb_image_resize; the library's implementation is compiled here, with its warnings off.
#include <fmt/core.h>

#include "compiler/data/image.h"
#include "hw/common/error.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wold-style-cast"
#pragma GCC diagnostic ignored "-Wcast-align"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wshadow"
#define STB_IMAGE_RESIZE_IMPLEMENTATION
#define STB_IMAGE_RESIZE_STATIC
#include <stb/stb_image_resize.h>
#pragma GCC diagnostic pop

namespace npu::compiler {

Image resize(const Image& image, std::int64_t height, std::int64_t width, ResizeFilter filter) {
  constexpr std::int64_t kLargestExtent = 1 << 14;
  NPU_CHECK(height > 0 && width > 0 && height <= kLargestExtent && width <= kLargestExtent,
            fmt::format("resize to {} x {}", width, height));
  if (image.height == height && image.width == width) return image;
  Image result{height, width, std::vector<std::uint8_t>(static_cast<std::size_t>(height * width * 3))};
  constexpr int kChannels = 3;
  const auto stb_filter = filter == ResizeFilter::kBicubic ? STBIR_FILTER_CATMULLROM : STBIR_FILTER_TRIANGLE;
  const int done = stbir_resize_uint8_generic(
      image.pixels.data(), static_cast<int>(image.width), static_cast<int>(image.height), 0,
      result.pixels.data(), static_cast<int>(width), static_cast<int>(height), 0, kChannels,
      STBIR_ALPHA_CHANNEL_NONE, 0, STBIR_EDGE_CLAMP, stb_filter, STBIR_COLORSPACE_LINEAR, nullptr);
  NPU_CHECK(done == 1, "stb_image_resize could not allocate memory");
  return result;
}

}  // namespace npu::compiler
