// A folder of our own in the system's place for temporary files, removed with its content when the object
// ends.
#pragma once

#include <filesystem>
#include <string>

namespace npu {

class TemporaryFolder {
 public:
  /// `purpose` is part of the name. Throws InputError if the folder cannot be made.
  explicit TemporaryFolder(const std::string& purpose);
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace npu
