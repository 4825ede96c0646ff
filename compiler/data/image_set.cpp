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

int parse_label(const std::string& text, int classes, const std::string& where) {
  int label = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), label);
  if (error != std::errc{} || end != text.data() + text.size() || label < 0 || label >= classes) {
    throw InputError(where,
                     fmt::format("found label '{}', expected an integer from 0 to {}", text, classes - 1));
  }
  return label;
}

}  // namespace

std::vector<LabelledImage> list_images(const std::filesystem::path& folder) {
  require_folder(folder);
  std::vector<LabelledImage> images;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.is_regular_file() && is_image_name(entry.path())) images.push_back({entry.path(), -1});
  }
  if (images.empty()) throw InputError(folder.string(), "has no images (.jpg, .jpeg, .png) in it");
  std::sort(images.begin(), images.end(), [](const LabelledImage& a, const LabelledImage& b) {
    return a.path.filename() < b.path.filename();
  });
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
