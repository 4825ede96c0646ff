// Does an image become the input that model and data set describe?
#include "compiler/data/preprocessing.h"
#include "hw/common/error.h"
#include "hw/common/file.h"
#include "tests/compiler/data/image_files.h"
#include "tests/support.h"

using namespace npu;
using namespace npu::compiler;
using namespace npu::tests;

namespace {

std::filesystem::path put(const TemporaryFolder& folder, const std::string& name, const std::string& text) {
  write_file(folder.path() / name, text);
  return folder.path() / name;
}

}  // namespace

TEST_CASE("each input value = (pixel - mean) / std, in RGB or BGR order") {
  const Image image{1, 2, {10, 20, 30, 40, 50, 60}};
  ImageGeometry geometry;
  geometry.crop_height = 1;
  geometry.crop_width = 2;
  InputNormalisation normalisation{{10, 0, 20}, {1, 2, 10}, false};
  CHECK(to_input(image, geometry, normalisation, {3, 1, 2}) == std::vector<float>{0, 30, 10, 25, 1, 4});
  normalisation.bgr = true;  // mean and std go with the network's channels
  CHECK(to_input(image, geometry, normalisation, {3, 1, 2}) == std::vector<float>{20, 50, 10, 25, -1, 2});
}

TEST_CASE("without a geometry the shorter side becomes 256/224 of the input and the centre is cut out") {
  const Image image = test_pattern(256, 512);
  const auto input = to_input(image, {}, {}, {3, 224, 224});
  const Image expected = centre_crop(image, 224, 224);  // already 256 high: no resize
  for (std::size_t pixel = 0; pixel < 224 * 224; ++pixel) REQUIRE(input[pixel] == expected.pixels[3 * pixel]);
}

TEST_CASE("a cropped image that is not of the network's size is resized to it") {
  Image image{227, 227, std::vector<std::uint8_t>(227 * 227 * 3, 9)};
  ImageGeometry geometry;
  geometry.crop_height = geometry.crop_width = 224;
  const auto input = to_input(image, geometry, {}, {3, 32, 48});
  CHECK(input == std::vector<float>(3 * 32 * 48, 9.0F));
}

TEST_CASE(
    "a network with one input channel gets the luminance, other channel counts and small images are "
    "refused") {
  const Image image{1, 1, {100, 200, 50}};
  ImageGeometry geometry;
  geometry.crop_height = geometry.crop_width = 1;
  const auto grey = to_input(image, geometry, {}, {1, 1, 1});
  CHECK(grey.at(0) == Approx(0.299 * 100 + 0.587 * 200 + 0.114 * 50));
  CHECK_THROWS_AS(to_input(image, geometry, {}, {4, 1, 1}), InputError);
  geometry.crop_height = 2;
  CHECK_THROWS_AS(to_input(image, geometry, {}, {3, 2, 1}), InputError);
}

TEST_CASE("normalisation is read from the JSON beside the model and other keys are left alone") {
  TemporaryFolder folder;
  bool found = true;
  const auto model = folder.path() / "net.onnx";
  CHECK(load_normalisation(model, &found).deviation == std::array<float, 3>{1, 1, 1});
  CHECK_FALSE(found);
  put(folder, "net.json", R"({"licence": "x", "input": {"layout": "NCHW", "channel_order": "BGR",
                              "mean": [1, 2, 3], "std": [4, 5, 6]}})");
  const auto read = load_normalisation(model, &found);
  CHECK(found);
  CHECK(read.mean == std::array<float, 3>{1, 2, 3});
  CHECK(read.deviation == std::array<float, 3>{4, 5, 6});
  CHECK(read.bgr);
}

TEST_CASE("a wrong model description is a ConfigError with its pointer") {
  TemporaryFolder folder;
  const auto model = folder.path() / "net.onnx";
  const auto pointer_of = [&](const std::string& text) {
    put(folder, "net.json", text);
    try {
      load_normalisation(model, nullptr);
    } catch (const ConfigError& error) {
      return error.pointer();
    }
    return std::string("no error");
  };
  CHECK(pointer_of(R"({})") == "/input");
  CHECK(pointer_of(R"({"input": {"std": [1, 1, 1]}})") == "/input/mean");
  CHECK(pointer_of(R"({"input": {"mean": [0, 0], "std": [1, 1, 1]}})") == "/input/mean");
  CHECK(pointer_of(R"({"input": {"mean": [0, 0, 0], "std": [1, 0, 1]}})") == "/input/std");
  CHECK(pointer_of(R"({"input": {"mean": [0, 0, 0], "std": [1, 1, 1], "channel_order": "GBR"}})") ==
        "/input/channel_order");
}

TEST_CASE("the geometry of a data set is read from dataset.json") {
  TemporaryFolder folder;
  CHECK(load_geometry(folder.path()).resize_height == 0);
  put(folder, "dataset.json",
      R"({"classes": 5, "preprocess": {"resize": [224, 192], "filter": "bilinear"}})");
  const auto resized = load_geometry(folder.path());
  CHECK(resized.resize_height == 224);
  CHECK(resized.resize_width == 192);
  CHECK(resized.filter == ResizeFilter::kBilinear);
  CHECK(resized.crop_height == 0);
  put(folder, "dataset.json", R"({"preprocess": {"resize": 256, "centre_crop": [224, 224]}})");
  const auto cropped = load_geometry(folder.path());
  CHECK(cropped.resize_shorter == 256);
  CHECK(cropped.crop_width == 224);
  CHECK(cropped.filter == ResizeFilter::kBicubic);
}

TEST_CASE("a wrong dataset.json is a ConfigError") {
  TemporaryFolder folder;
  for (const char* text :
       {R"({})", R"({"preprocess": {"resize": [0, 5]}})", R"({"preprocess": {"resize": [5]}})",
        R"({"preprocess": {"centre_crop": [2.5, 5]}})", R"({"preprocess": {"filter": "nearest"}})",
        R"({"preprocess": {"center_crop": [5, 5]}})", R"({"preprocess": )"}) {
    INFO(text);
    put(folder, "dataset.json", text);
    CHECK_THROWS_AS(load_geometry(folder.path()), ConfigError);
  }
}
