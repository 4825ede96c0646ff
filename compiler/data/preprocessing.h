// How an image becomes the network's input: data beside the model (FILE.json beside FILE.onnx: input.mean,
// input.std, input.channel_order) and beside the images (dataset.json: preprocess.resize, filter,
// centre_crop).
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "compiler/data/image.h"
#include "compiler/graph/graph.h"

namespace npu::compiler {

/// input[c][y][x] = (pixel - mean[c]) / std[c], channels in RGB or BGR order.
struct InputNormalisation {
  std::array<float, 3> mean{0, 0, 0};
  std::array<float, 3> deviation{1, 1, 1};
  bool bgr = false;
};
/// From the JSON beside a model (`net.onnx` -> `net.json`), if there is one. Keys of that file that do not
/// concern the input are ignored: it is the model's description, not our config. Throws ConfigError.
InputNormalisation load_normalisation(const std::filesystem::path& model_path, bool* found);

/// Geometry of a data set: resize, then centre crop (each 0 = none). What is then not of the network's input
/// size is resized to it. Neither resize nor crop: an image of the network's size as it
/// is, others with the shorter side resized to input size * 256 / 224, then a centre crop.
struct ImageGeometry {
  std::int64_t resize_height = 0, resize_width = 0;
  std::int64_t resize_shorter = 0;  ///< the shorter side, keeping proportions
  ResizeFilter filter = ResizeFilter::kBicubic;
  std::int64_t crop_height = 0, crop_width = 0;
};
/// dataset.json in the folder of the images, if there is one, else the default geometry. Keys of
/// "preprocess": "resize" ([height, width], or one number: the shorter side), "filter" ("bilinear" or
/// "bicubic"), "centre_crop"
/// ([height, width]). Throws ConfigError.
ImageGeometry load_geometry(const std::filesystem::path& folder);

/// [channel][row][column] float input of the network; a network with one input channel gets the luminance.
/// Throws InputError: image smaller than the crop, a network with neither 3 nor 1 input channels.
std::vector<float> to_input(const Image& image, const ImageGeometry& geometry,
                            const InputNormalisation& normalisation, const MapShape& shape);

}  // namespace npu::compiler
