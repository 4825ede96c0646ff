// Are images decoded, resized and cropped as they should be, and are bad files refused in words?
#include <cmath>
#include <cstdlib>

#include "compiler/data/image.h"
#include "hw/common/error.h"
#include "hw/common/file.h"
#include "tests/compiler/data/image_files.h"
#include "tests/support.h"

using namespace npu;
using namespace npu::compiler;
using namespace npu::tests;

namespace {

Image load_bytes(const std::vector<std::uint8_t>& bytes) {
  TemporaryFolder folder;
  write_file(folder.path() / "image", bytes);
  return load_image(folder.path() / "image");
}

int largest_difference(const Image& a, const Image& b) {
  REQUIRE(a.height == b.height);
  REQUIRE(a.width == b.width);
  int largest = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i)
    largest = std::max(largest, std::abs(a.pixels[i] - b.pixels[i]));
  return largest;
}

std::vector<std::uint8_t> first_part(const std::vector<std::uint8_t>& bytes, std::size_t count) {
  return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count)};
}

}  // namespace

TEST_CASE("a PNG comes back exactly and a good JPEG nearly so, by content and not by name") {
  const Image pattern = test_pattern(37, 53);
  CHECK(largest_difference(load_bytes(png_bytes(pattern)), pattern) == 0);
  CHECK(largest_difference(load_bytes(jpeg_bytes(pattern, 95)), pattern) <= 8);
}

TEST_CASE("grey images become RGB with equal channels, and transparency is dropped") {
  const Image pattern = test_pattern(20, 30);
  const Image grey_png = load_bytes(grey_alpha_png_bytes(pattern));
  const Image grey_jpeg = load_bytes(grey_jpeg_bytes(pattern, 95));
  REQUIRE(grey_png.pixels.size() == pattern.pixels.size());
  for (std::size_t i = 0; i < pattern.pixels.size(); ++i) {
    const int red = pattern.pixels[i / 3 * 3];
    CHECK(grey_png.pixels[i] == red);
    CHECK(std::abs(grey_jpeg.pixels[i] - red) <= 6);
  }
}

TEST_CASE("every truncation of a JPEG or PNG is refused, never read as grey") {
  const Image pattern = test_pattern(64, 64);
  for (const auto& bytes : {jpeg_bytes(pattern, 90), png_bytes(pattern)}) {
    // The last bytes of either file are an end marker without pixels.
    for (std::size_t count = 8; count + 16 < bytes.size(); count += 1 + bytes.size() / 40) {
      INFO("first " << count << " of " << bytes.size() << " bytes");
      CHECK_THROWS_AS(load_bytes(first_part(bytes, count)), InputError);
    }
  }
}

TEST_CASE("damaged bytes give an image of the right size or an InputError, nothing else") {
  const Image pattern = test_pattern(32, 48);
  TestRandom random(7);
  int refused = 0;
  for (const auto& original : {jpeg_bytes(pattern, 90), png_bytes(pattern)}) {
    for (int trial = 0; trial < 150; ++trial) {
      auto bytes = original;
      for (int i = 0; i < 4; ++i) {
        const auto position =
            static_cast<std::size_t>(random.integer(4, static_cast<std::int64_t>(bytes.size()) - 1));
        bytes[position] = static_cast<std::uint8_t>(random.integer(0, 255));
      }
      try {
        const Image image = load_bytes(bytes);
        CHECK(static_cast<std::int64_t>(image.pixels.size()) == image.height * image.width * 3);
      } catch (const InputError&) {
        ++refused;
      }
    }
  }
  CHECK(refused > 100);
}

TEST_CASE("files that are no images are refused by name") {
  TemporaryFolder folder;
  CHECK_THROWS_AS(load_image(folder.path() / "absent.jpg"), InputError);
  write_file(folder.path() / "text.jpg", std::string_view("not an image"));
  CHECK_THROWS_WITH(load_image(folder.path() / "text.jpg"),
                    Catch::Contains("text.jpg") && Catch::Contains("JPEG"));
  write_file(folder.path() / "empty.png", std::string_view(""));
  CHECK_THROWS_AS(load_image(folder.path() / "empty.png"), InputError);
}

TEST_CASE("an image that claims more than 64 megapixels is refused before it is decoded") {
  auto bytes = png_bytes(test_pattern(8, 8));
  // Width and height are big-endian at bytes 16 and 20; the checksum follows, so libpng may complain of that
  // instead.
  bytes[17] = 0x7F;
  CHECK_THROWS_AS(load_bytes(bytes), InputError);
  auto jpeg = jpeg_bytes(test_pattern(8, 8), 90);
  const std::array<std::uint8_t, 2> start_of_frame{0xFF, 0xC0};
  const auto frame = std::search(jpeg.begin(), jpeg.end(), start_of_frame.begin(), start_of_frame.end());
  REQUIRE(frame != jpeg.end());
  for (int i = 5; i < 9; ++i) frame[i] = 0xF0;  // height and width
  CHECK_THROWS_WITH(load_bytes(jpeg), Catch::Contains("pixels"));
}

TEST_CASE("resizing keeps a flat image flat and a linear ramp linear") {
  Image flat{10, 14, std::vector<std::uint8_t>(10 * 14 * 3, 77)};
  for (const auto filter : {ResizeFilter::kBilinear, ResizeFilter::kBicubic}) {
    for (const std::int64_t size : {5, 10, 23}) {
      for (const auto pixel : resize(flat, size, size, filter).pixels) CHECK(pixel == 77);
    }
    const Image ramp = test_pattern(100, 100);
    const Image half = resize(ramp, 50, 50, filter);
    for (std::int64_t row = 4; row < 46; ++row) {
      const double expected =
          40 + 150 * (2.0 * static_cast<double>(row) + 0.5) / 100;  // between two source rows
      CHECK(std::abs(half.pixels[static_cast<std::size_t>((row * 50 + 20) * 3)] - expected) <= 1.5);
    }
  }
}

TEST_CASE("shrinking averages instead of picking pixels") {
  Image stripes{64, 64, {}};
  for (int row = 0; row < 64; ++row) {
    for (int i = 0; i < 64 * 3; ++i) stripes.pixels.push_back(row % 2 == 0 ? 255 : 0);
  }
  const Image small = resize(stripes, 16, 16, ResizeFilter::kBicubic);
  for (std::int64_t row = 2; row < 14; ++row) {
    CHECK(std::abs(small.pixels[static_cast<std::size_t>((row * 16 + 8) * 3)] - 128) <= 3);
  }
}

TEST_CASE("the centre crop takes the centre, and an image that is too small is refused") {
  const Image pattern = test_pattern(11, 9);
  const Image crop = centre_crop(pattern, 5, 4);
  for (std::int64_t row = 0; row < 5; ++row) {
    for (std::int64_t i = 0; i < 4 * 3; ++i) {
      CHECK(crop.pixels[static_cast<std::size_t>(row * 12 + i)] ==
            pattern.pixels[static_cast<std::size_t>(((row + 3) * 9 + 2) * 3 + i)]);
    }
  }
  CHECK_THROWS_WITH(centre_crop(pattern, 12, 4), Catch::Contains("9 x 11") && Catch::Contains("4 x 12"));
}
