#include "compiler/data/image.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "compiler/data/image_codecs.h"
#include "hw/common/error.h"
#include "hw/common/file.h"

namespace npu::compiler {
namespace {

constexpr std::int64_t kFileLimitBytes = std::int64_t{256} << 20;

template <std::size_t kCount>
bool begins_with(const std::vector<std::uint8_t>& bytes, const std::array<std::uint8_t, kCount>& signature) {
  return bytes.size() >= kCount && std::equal(signature.begin(), signature.end(), bytes.begin());
}

}  // namespace

Image load_image(const std::filesystem::path& path) {
  constexpr std::array<std::uint8_t, 3> kJpeg{0xFF, 0xD8, 0xFF};
  constexpr std::array<std::uint8_t, 8> kPng{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  const auto bytes = read_file(path, kFileLimitBytes);
  Image image;
  std::string problem = "neither a JPEG nor a PNG file";
  if (begins_with(bytes, kJpeg)) {
    problem = decode_jpeg(bytes, image);
  } else if (begins_with(bytes, kPng)) {
    problem = decode_png(bytes, image);
  }
  if (!problem.empty()) throw InputError(path.string(), problem);
  return image;
}

Image centre_crop(const Image& image, std::int64_t height, std::int64_t width) {
  if (image.height < height || image.width < width) {
    throw InputError("image", fmt::format("is {} x {} pixels, smaller than the centre crop of {} x {}",
                                          image.width, image.height, width, height));
  }
  const std::int64_t top = (image.height - height) / 2;
  const std::int64_t left = (image.width - width) / 2;
  Image result{height, width, {}};
  result.pixels.reserve(static_cast<std::size_t>(height * width * 3));
  for (std::int64_t row = 0; row < height; ++row) {
    const auto begin = image.pixels.begin() + ((top + row) * image.width + left) * 3;
    result.pixels.insert(result.pixels.end(), begin, begin + width * 3);
  }
  return result;
}

}  // namespace npu::compiler
