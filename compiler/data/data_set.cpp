#include "compiler/data/data_set.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "compiler/data/array_file.h"
#include "hw/common/error.h"

namespace npu::compiler {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kColours = 3;

bool is_array(const fs::path& path) { return path.extension() == ".npy"; }

/// Whether the array's rows are images rather than network inputs.
bool has_pixels(const ArrayFile& array) { return array.header().kind == 'u'; }

std::int64_t row_elements(const ArrayFile& array, std::int64_t rows) {
  return rows == 0 ? 0 : array.header().elements() / rows;
}

// Images of an array, or 1 where it is one network input. Throws where its shape is of neither kind.
std::int64_t count_rows(const ArrayFile& array, const MapShape& input) {
  const NpyHeader& header = array.header();
  const auto& shape = header.shape;
  const std::string file = array.path().string();
  if (has_pixels(array)) {
    const bool fits =
        header.item_bytes == 1 && (shape.size() == 3 || (shape.size() == 4 && shape[3] == kColours));
    if (!fits) {
      throw InputError(file,
                       fmt::format("found uint{} {}, expected images as uint8 [image][row][column][3] or "
                                   "[image][row][column]",
                                   8 * header.item_bytes, shape_text(shape)));
    }
    return shape[0];
  }
  std::vector<std::int64_t> expected{input.channels, input.height, input.width};
  if (header.kind == 'f' && shape == expected) return 1;
  const bool fits = header.kind == 'f' && shape.size() == 4 &&
                    std::equal(expected.begin(), expected.end(), shape.begin() + 1);
  if (!fits) {
    throw InputError(file,
                     fmt::format("found {} {}, expected network inputs as float [image] x {}, or images "
                                 "as uint8",
                                 header.kind == 'f' ? "floats" : "signed integers", shape_text(shape),
                                 shape_text(expected)));
  }
  return shape[0];
}

std::vector<int> read_labels(const fs::path& path, std::int64_t rows, std::int64_t classes) {
  if (!is_array(path)) {
    throw InputError(path.string(), "expected a .npy file of labels, because the images are one");
  }
  const ArrayFile array(path);
  const auto& header = array.header();
  if (header.kind == 'f' || header.shape != std::vector<std::int64_t>{rows}) {
    throw InputError(path.string(),
                     fmt::format("found {} {}, expected {} integers, one for each image",
                                 header.kind == 'f' ? "floats" : "integers", shape_text(header.shape), rows));
  }
  std::vector<int> labels;
  for (const double label : array.elements(0, rows)) {
    if (label < 0 || label >= static_cast<double>(classes)) {
      throw InputError(path.string(), fmt::format("label of image {}: found {}, expected 0 to {}",
                                                  labels.size(), label, classes - 1));
    }
    labels.push_back(static_cast<int>(label));
  }
  return labels;
}

Image image_of(const std::vector<double>& pixels, const std::vector<std::int64_t>& shape) {
  Image image{shape[1], shape[2], {}};
  const std::int64_t copies = shape.size() == 3 ? kColours : 1;  // grey becomes R = G = B
  image.pixels.reserve(pixels.size() * static_cast<std::size_t>(copies));
  for (const double pixel : pixels) {
    image.pixels.insert(image.pixels.end(), static_cast<std::size_t>(copies),
                        static_cast<std::uint8_t>(pixel));
  }
  return image;
}

}  // namespace

DataSet::DataSet(const fs::path& images, const fs::path& labels, std::int64_t classes, InputFormat format)
    : format_(std::move(format)) {
  if (fs::is_directory(images)) {
    geometry_ = load_geometry(images);
    samples_ = labels.empty() ? list_images(images, static_cast<int>(classes))
                              : list_labelled_images(images, labels, static_cast<int>(classes));
  } else if (!fs::is_regular_file(images)) {
    throw InputError(images.string(), "does not exist; expected a folder of images, an image or a .npy file");
  } else {
    geometry_ = load_geometry(images.parent_path());
    if (is_array(images)) {
      open_array(images, labels, classes);
    } else if (!labels.empty()) {
      throw InputError(labels.string(), "labels need a folder of images or a .npy file of them");
    } else {
      samples_.push_back({images, -1});
    }
  }
  if (!array_ || has_pixels(*array_)) require_normalisation();
}

void DataSet::open_array(const fs::path& images, const fs::path& labels, std::int64_t classes) {
  array_ = std::make_shared<ArrayFile>(images);
  const std::int64_t rows = count_rows(*array_, format_.shape);
  if (rows == 0) throw InputError(images.string(), "has no images in it");
  samples_.assign(static_cast<std::size_t>(rows), {images, -1});
  if (labels.empty()) return;
  const auto values = read_labels(labels, rows, classes);
  for (std::size_t row = 0; row < samples_.size(); ++row) samples_[row].label = values[row];
}

void DataSet::require_normalisation() const {
  if (format_.normalisation) return;
  throw InputError(
      format_.network,
      "images need the network's input.mean, input.std and input.channel_order in a .json of the "
      "same name beside the .onnx file; there is none");
}

bool DataSet::labelled() const {
  return std::all_of(samples_.begin(), samples_.end(), [](const auto& sample) { return sample.label >= 0; });
}

std::string DataSet::name(std::int64_t index) const {
  const std::string file = samples_[static_cast<std::size_t>(index)].path.string();
  return array_ ? fmt::format("{}, image {}", file, index) : file;
}

std::vector<float> DataSet::input(std::int64_t index) const {
  if (!array_) {
    const auto& path = samples_[static_cast<std::size_t>(index)].path;
    return to_input(load_image(path), geometry_, *format_.normalisation, format_.shape);
  }
  const auto& header = array_->header();
  const bool whole = header.shape.size() == 3 && !has_pixels(*array_);
  const std::int64_t rows = whole ? 1 : header.shape[0];
  const std::int64_t count = row_elements(*array_, rows);
  const auto values = array_->elements(index * count, count);
  if (has_pixels(*array_)) {
    return to_input(image_of(values, header.shape), geometry_, *format_.normalisation, format_.shape);
  }
  std::vector<float> input(values.begin(), values.end());
  if (!std::all_of(input.begin(), input.end(), [](float value) { return std::isfinite(value); })) {
    throw InputError(name(index), "has numbers that are not finite");
  }
  return input;
}

void DataSet::keep_first(std::int64_t count) {
  if (count < size()) samples_.resize(static_cast<std::size_t>(count));
}

}  // namespace npu::compiler
