// Samples with optional labels, and how each becomes the network's input. Decoded when asked for: a data set
// may be larger than memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler/data/image_set.h"
#include "compiler/data/preprocessing.h"
#include "compiler/graph/graph.h"

namespace npu::compiler {

class ArrayFile;

/// What the network takes.
struct InputFormat {
  std::string network;  ///< for messages
  MapShape shape;
  std::optional<InputNormalisation> normalisation;  ///< needed by images, not by arrays of network inputs
};

class DataSet {
 public:
  /// `images` is one of
  ///   a folder of images; with `labels` a CSV (columns file,label) those that it lists, in its order;
  ///   a folder with one folder of images per class, named by class index, or, if there are as many of them
  ///   as
  ///     `classes`, by names whose sorted order is the order of the classes; no `labels`;
  ///   a .npy array of images, uint8 [image][row][column][3] or [image][row][column];
  ///   a .npy array of network inputs, float [image][channel][row][column];
  ///   one image, or one network input as a float .npy [channel][row][column].
  /// With an array, `labels` is a .npy of integers [image]. Empty `labels`: none, but for class folders.
  /// Throws InputError: nothing there, shapes that do not fit, labels outside [0, classes), images without
  /// format.normalisation. ConfigError: a faulty dataset.json beside the images.
  DataSet(const std::filesystem::path& images, const std::filesystem::path& labels, std::int64_t classes,
          InputFormat format);

  std::int64_t size() const { return static_cast<std::int64_t>(samples_.size()); }
  bool labelled() const;
  int label(std::int64_t index) const { return samples_[static_cast<std::size_t>(index)].label; }
  std::string name(std::int64_t index) const;
  /// [channel][row][column]. From any thread. Throws InputError: an unreadable image, numbers not finite.
  std::vector<float> input(std::int64_t index) const;

  /// Drops all but the first `count`.
  void keep_first(std::int64_t count);

 private:
  void open_array(const std::filesystem::path& images, const std::filesystem::path& labels,
                  std::int64_t classes);
  void require_normalisation() const;

  InputFormat format_;
  ImageGeometry geometry_;
  std::vector<LabelledImage> samples_;      ///< of an array: its path
  std::shared_ptr<const ArrayFile> array_;  ///< null: samples_ are image files
};

}  // namespace npu::compiler
