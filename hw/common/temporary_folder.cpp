#include "hw/common/temporary_folder.h"

#include <stdlib.h>  // mkdtemp is POSIX, not in <cstdlib>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "hw/common/error.h"

namespace npu {

TemporaryFolder::TemporaryFolder(const std::string& purpose) {
  std::string pattern = (std::filesystem::temp_directory_path() / ("npusim-" + purpose + "-XXXXXX")).string();
  if (mkdtemp(pattern.data()) == nullptr) {
    throw InputError(pattern, std::string("cannot make a temporary folder: ") + std::strerror(errno));
  }
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;  // a destructor has nobody to tell
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace npu
