#include "compiler/data/preprocessing.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "hw/common/error.h"
#include "hw/common/json_reader.h"

namespace npu::compiler {
namespace {

constexpr std::int64_t kLargestExtent = 1 << 13;
constexpr int kColours = 3;

std::array<float, kColours> read_by_channel(JsonReader& reader, const nlohmann::json& object, const char* key,
                                            double minimum, double maximum) {
  // A grey network has one value, which then stands for all three.
  const bool grey = object.contains(key) && object[key].is_array() && object[key].size() == 1;
  const auto values = reader.numbers(key, grey ? 1 : kColours, minimum, maximum);
  std::array<float, kColours> result{};
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = static_cast<float>(values[grey ? 0 : i]);
  return result;
}

std::array<std::int64_t, 2> read_extent(JsonReader& reader, const nlohmann::json& object, const char* key) {
  const auto values = reader.numbers(key, 2, 1, static_cast<double>(kLargestExtent));
  for (const auto& value : object.at(key)) {
    if (!value.is_number_integer()) reader.fail(key, value.dump(), "whole numbers of pixels");
  }
  return {static_cast<std::int64_t>(values[0]), static_cast<std::int64_t>(values[1])};
}

Image resize_shorter_side(const Image& image, std::int64_t target, ResizeFilter filter) {
  const std::int64_t shorter = std::min(image.height, image.width);
  const auto scaled = [&](std::int64_t extent) {
    return std::clamp<std::int64_t>((extent * target + shorter / 2) / shorter, 1, kLargestExtent);
  };
  return resize(image, scaled(image.height), scaled(image.width), filter);
}

Image shaped(const Image& image, const ImageGeometry& geometry, const MapShape& shape) {
  const bool resizes = geometry.resize_height > 0 || geometry.resize_shorter > 0;
  const bool crops = geometry.crop_height > 0;
  if (!resizes && !crops) {
    if (image.height == shape.height && image.width == shape.width) return image;
    const std::int64_t shorter = std::max(shape.height, shape.width) * 256 / 224;
    return centre_crop(resize_shorter_side(image, shorter, geometry.filter), shape.height, shape.width);
  }
  Image result = image;
  if (geometry.resize_height > 0)
    result = resize(result, geometry.resize_height, geometry.resize_width, geometry.filter);
  if (geometry.resize_shorter > 0)
    result = resize_shorter_side(result, geometry.resize_shorter, geometry.filter);
  if (crops) result = centre_crop(result, geometry.crop_height, geometry.crop_width);
  return resize(result, shape.height, shape.width, geometry.filter);
}

}  // namespace

InputNormalisation load_normalisation(const std::filesystem::path& model_path, bool* found) {
  auto path = model_path;
  path.replace_extension(".json");
  const bool exists = std::filesystem::exists(path);
  if (found != nullptr) *found = exists;
  InputNormalisation result;
  if (!exists) return result;
  const auto json = read_json_file(path);
  JsonReader model(path.string(), json);
  JsonReader input = model.child("input");
  const auto& object = json.at("input");
  result.mean = read_by_channel(input, object, "mean", -1e6, 1e6);
  result.deviation = read_by_channel(input, object, "std", 1e-6, 1e6);
  if (input.has("channel_order"))
    result.bgr = input.choice<bool>("channel_order", {{"RGB", false}, {"BGR", true}});
  return result;
}

ImageGeometry load_geometry(const std::filesystem::path& folder) {
  const auto path = folder / "dataset.json";
  ImageGeometry geometry;
  if (!std::filesystem::exists(path)) return geometry;
  const auto json = read_json_file(path);
  JsonReader dataset(path.string(), json);
  JsonReader preprocess = dataset.child("preprocess");
  const auto& object = json.at("preprocess");
  if (object.contains("resize") && object["resize"].is_number()) {
    geometry.resize_shorter = preprocess.integer("resize", 1, kLargestExtent);
  } else if (preprocess.has("resize")) {
    const auto extent = read_extent(preprocess, object, "resize");
    geometry.resize_height = extent[0];
    geometry.resize_width = extent[1];
  }
  if (preprocess.has("filter")) {
    geometry.filter = preprocess.choice<ResizeFilter>(
        "filter", {{"bilinear", ResizeFilter::kBilinear}, {"bicubic", ResizeFilter::kBicubic}});
  }
  if (preprocess.has("centre_crop")) {
    const auto extent = read_extent(preprocess, object, "centre_crop");
    geometry.crop_height = extent[0];
    geometry.crop_width = extent[1];
  }
  preprocess.finish();
  return geometry;
}

std::vector<float> to_input(const Image& image, const ImageGeometry& geometry,
                            const InputNormalisation& normalisation, const MapShape& shape) {
  if (shape.channels != kColours && shape.channels != 1) {
    throw InputError(
        "image",
        fmt::format("an image has 3 colours or 1 grey channel, the network's input has {}", shape.channels));
  }
  const Image fitted = shaped(image, geometry, shape);
  const std::int64_t pixels = shape.height * shape.width;
  std::vector<float> input(static_cast<std::size_t>(shape.elements()));
  for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
    const std::uint8_t* rgb = fitted.pixels.data() + pixel * kColours;
    if (shape.channels == 1) {  // luminance of ITU-R BT.601
      const float grey = 0.299F * rgb[0] + 0.587F * rgb[1] + 0.114F * rgb[2];
      input[static_cast<std::size_t>(pixel)] = (grey - normalisation.mean[0]) / normalisation.deviation[0];
      continue;
    }
    for (std::size_t channel = 0; channel < kColours; ++channel) {
      const std::uint8_t value = rgb[normalisation.bgr ? kColours - 1 - channel : channel];
      input[channel * static_cast<std::size_t>(pixels) + static_cast<std::size_t>(pixel)] =
          (static_cast<float>(value) - normalisation.mean[channel]) / normalisation.deviation[channel];
    }
  }
  return input;
}

}  // namespace npu::compiler
