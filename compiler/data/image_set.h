// A folder of images, optionally with labels (CSV with columns file,label[,...]); a source of network inputs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "compiler/data/preprocessing.h"

namespace npu::compiler {

struct LabelledImage {
  std::filesystem::path path;
  int label = -1;  ///< -1: none
};

/// The .jpg, .jpeg and .png files of a folder, sorted by name, without labels; or, if there are none in it,
/// those of its sub-folders, each of which is a class: the folder's name is the class's index, or, if the
/// names are no numbers and there are `classes` of them, their sorted order is that of the classes. `classes`
/// 0: labels are not wanted. Throws InputError: no such folder, no images in it, folders that are no classes.
std::vector<LabelledImage> list_images(const std::filesystem::path& folder, int classes = 0);

/// The images that the CSV lists, in its order. Its first line names the columns, among them file and label;
/// fields may be quoted. Every listed file must exist in `folder`, once, and every label lie in [0, classes).
/// Throws InputError naming the CSV line.
std::vector<LabelledImage> list_labelled_images(const std::filesystem::path& folder,
                                                const std::filesystem::path& labels_csv, int classes);

/// Deterministic synthetic inputs for machines without images: smooth random fields with natural-image-like
/// 1/f spectrum, already in network input units (roughly zero mean, unit deviation). [channel][row][column].
std::vector<float> synthetic_input(const MapShape& shape, std::uint64_t seed);

}  // namespace npu::compiler
