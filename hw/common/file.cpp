#include "hw/common/file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <system_error>

#include "hw/common/error.h"

namespace npu {
namespace {

std::string system_reason() { return std::generic_category().message(errno); }

// Each returns an empty string or the system's reason.
std::string write_bytes(int descriptor, std::span<const std::uint8_t> bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::write(descriptor, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_reason();
    done += static_cast<std::size_t>(count);
  }
  return "";
}
std::string write_and_sync(int descriptor, std::span<const std::uint8_t> bytes) {
  const std::string reason = write_bytes(descriptor, bytes);
  return reason.empty() && ::fsync(descriptor) != 0 ? system_reason() : reason;
}

// A device or a pipe cannot be replaced: its bytes go where it leads.
void write_into(const std::filesystem::path& path, std::span<const std::uint8_t> bytes) {
  const int descriptor = ::open(path.c_str(), O_WRONLY);
  std::string reason = descriptor < 0 ? system_reason() : write_bytes(descriptor, bytes);
  if (descriptor >= 0 && ::close(descriptor) != 0 && reason.empty()) reason = system_reason();
  if (!reason.empty()) throw InputError(path.string(), fmt::format("cannot be written: {}", reason));
}

// What a symbolic link leads to, so that the link stays.
std::filesystem::path target_of(const std::filesystem::path& path) {
  std::error_code code;
  if (!std::filesystem::is_symlink(path, code)) return path;
  const auto target = std::filesystem::weakly_canonical(path, code);
  return code ? path : target;
}

}  // namespace

std::vector<std::uint8_t> read_file(const std::filesystem::path& path, std::int64_t limit_bytes) {
  std::error_code code;
  if (std::filesystem::is_directory(path, code))
    throw InputError(path.string(), "is a folder, expected a file");
  std::ifstream stream(path, std::ios::binary);
  if (!stream)
    throw InputError(path.string(), fmt::format("cannot be opened for reading: {}", system_reason()));
  std::vector<std::uint8_t> bytes;
  std::vector<char> block(1 << 20);
  while (stream) {
    stream.read(block.data(), static_cast<std::streamsize>(block.size()));
    bytes.insert(bytes.end(), block.begin(), block.begin() + stream.gcount());
    if (static_cast<std::int64_t>(bytes.size()) > limit_bytes) {
      throw InputError(path.string(), fmt::format("is larger than the limit of {} bytes", limit_bytes));
    }
  }
  if (stream.bad()) throw InputError(path.string(), fmt::format("cannot be read: {}", system_reason()));
  return bytes;
}

std::string read_text_file(const std::filesystem::path& path, std::int64_t limit_bytes) {
  const auto bytes = read_file(path, limit_bytes);
  return {bytes.begin(), bytes.end()};
}

void write_file(const std::filesystem::path& named, std::span<const std::uint8_t> bytes) {
  const std::filesystem::path path = target_of(named);
  std::error_code code;
  const auto status = std::filesystem::status(path, code);
  if (std::filesystem::is_character_file(status) || std::filesystem::is_fifo(status))
    return write_into(path, bytes);
  code.clear();
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), code);
  if (code)
    throw InputError(path.parent_path().string(), fmt::format("cannot be created: {}", code.message()));
  std::string temporary = path.string() + ".XXXXXX";
  const int descriptor = ::mkstemp(temporary.data());
  if (descriptor < 0) throw InputError(path.string(), fmt::format("cannot be written: {}", system_reason()));
  std::string reason = write_and_sync(descriptor, bytes);
  if (reason.empty() && ::fchmod(descriptor, 0644) != 0) reason = system_reason();
  if (::close(descriptor) != 0 && reason.empty()) reason = system_reason();
  if (reason.empty() && ::rename(temporary.c_str(), path.c_str()) != 0) reason = system_reason();
  if (!reason.empty()) {
    ::unlink(temporary.c_str());
    throw InputError(path.string(), fmt::format("cannot be written: {}", reason));
  }
}

void write_file(const std::filesystem::path& path, std::string_view text) {
  write_file(path, std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

}  // namespace npu
