// The folder that a command fills: checked before the work begins, filled with all files or none.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace npu::sim {

/// Creates the folder and proves that files can be made in it, so that a long run does not end with a lost
/// result. Does nothing for an empty path. Throws InputError.
void require_writable_folder(const std::filesystem::path& folder);

/// Files that belong together: all are written under other names first, then take their names. What stood in
/// the folder before stays as it was if any of them cannot be written.
class OutputFiles {
 public:
  explicit OutputFiles(std::filesystem::path folder) : folder_(std::move(folder)) {}
  OutputFiles(const OutputFiles&) = delete;
  OutputFiles& operator=(const OutputFiles&) = delete;
  ~OutputFiles();  ///< removes what was not committed

  /// Throws InputError.
  void add(const std::string& name, std::string_view text);
  /// Where another writer is to put the file `name` before commit().
  std::filesystem::path place_for(const std::string& name);
  void commit();

 private:
  std::filesystem::path folder_;
  std::vector<std::string> names_;
};

}  // namespace npu::sim
