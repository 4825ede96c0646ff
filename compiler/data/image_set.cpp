#include "compiler/data/image_set.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <set>

#include "compiler/data/csv.h"
#include "hw/common/error.h"

namespace npu::compiler {
namespace {

bool is_image_name(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension == ".jpg" || extension == ".jpeg" || extension == ".png";
}

void require_folder(const std::filesystem::path& folder) {
  if (!std::filesystem::is_directory(folder)) throw InputError(folder.string(), "is not a folder");
}

/// Without looking into sub-folders.
std::vector<LabelledImage> images_in(const std::filesystem::path& folder, int label) {
  std::vector<LabelledImage> images;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.is_regular_file() && is_image_name(entry.path())) images.push_back({entry.path(), label});
  }
  std::sort(images.begin(), images.end(), [](const LabelledImage& a, const LabelledImage& b) {
    return a.path.filename() < b.path.filename();
  });
  return images;
}

/// Sub-folders with images in them, sorted by name.
std::vector<std::filesystem::path> class_folders(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> folders;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.is_directory() && !images_in(entry.path(), -1).empty()) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

int parse_label(const std::string& text, int classes, const std::string& where) {
  int label = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), label);
  if (error != std::errc{} || end != text.data() + text.size() || label < 0 || label >= classes) {
    throw InputError(where,
                     fmt::format("found label '{}', expected an integer from 0 to {}", text, classes - 1));
  }
  return label;
}

bool is_number(const std::string& name) { return name.find_first_not_of("0123456789") == std::string::npos; }

/// Class that the folder `folders[index]` stands for.
int class_of(const std::vector<std::filesystem::path>& folders, std::size_t index,
             const std::filesystem::path& parent, int classes) {
  const bool numbered = std::all_of(folders.begin(), folders.end(),
                                    [](const auto& path) { return is_number(path.filename().string()); });
  if (numbered) return parse_label(folders[index].filename().string(), classes, folders[index].string());
  if (std::ssize(folders) == classes) return static_cast<int>(index);
  throw InputError(parent.string(),
                   fmt::format("found {} folders with images, expected {}, one for each class, or folders "
                               "named by class index; a CSV of labels serves too",
                               folders.size(), classes));
}

}  // namespace

std::vector<LabelledImage> list_images(const std::filesystem::path& folder, int classes) {
  require_folder(folder);
  std::vector<LabelledImage> images = images_in(folder, -1);
  if (images.empty()) {
    const auto classes_of = class_folders(folder);
    for (std::size_t index = 0; index < classes_of.size(); ++index) {
      const int label = classes == 0 ? -1 : class_of(classes_of, index, folder, classes);
      const auto members = images_in(classes_of[index], label);
      images.insert(images.end(), members.begin(), members.end());
    }
  }
  if (images.empty()) throw InputError(folder.string(), "has no images (.jpg, .jpeg, .png) in it");
  return images;
}

std::vector<LabelledImage> list_labelled_images(const std::filesystem::path& folder,
                                                const std::filesystem::path& labels_csv, int classes) {
  require_folder(folder);
  const CsvTable table = read_csv(labels_csv);
  const std::size_t file_column = table.column("file");
  const std::size_t label_column = table.column("label");
  std::vector<LabelledImage> images;
  std::set<std::string> seen;
  for (const CsvRow& row : table.rows) {
    const std::string where = fmt::format("{}, line {}", table.file, row.line);
    const std::string& file = row.fields[file_column];
    const auto path = folder / file;
    if (file.empty() || !std::filesystem::is_regular_file(path)) {
      throw InputError(where, fmt::format("lists '{}', which does not exist in {}", file, folder.string()));
    }
    if (!seen.insert(file).second) throw InputError(where, fmt::format("lists '{}' a second time", file));
    images.push_back({path, parse_label(row.fields[label_column], classes, where)});
  }
  if (images.empty()) throw InputError(table.file, "lists no images");
  return images;
}

}  // namespace npu::compiler
