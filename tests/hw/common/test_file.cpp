#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

#include "hw/common/error.h"
#include "hw/common/file.h"
#include "tests/support.h"

namespace npu {
namespace {

std::string message_of(const std::filesystem::path& path, std::int64_t limit_bytes = kNoLimitBytes) {
  try {
    read_file(path, limit_bytes);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

std::ptrdiff_t entries(const std::filesystem::path& folder) {
  return std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator());
}

TEST_CASE("bytes written are the bytes read, whatever their number and value") {
  const tests::TemporaryFolder folder;
  tests::TestRandom random(1);
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{4096}, (std::size_t{1} << 20) - 1, std::size_t{1} << 20,
        (std::size_t{1} << 21) + 17}) {
    std::vector<std::uint8_t> bytes(size);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random.next());
    write_file(folder.path() / "x", bytes);
    CHECK((read_file(folder.path() / "x") == bytes));
  }
  write_file(folder.path() / "t", std::string_view("line\nzero\0end", 13));
  CHECK(read_text_file(folder.path() / "t") == std::string("line\nzero\0end", 13));
}

TEST_CASE("a missing file, a folder and a file beyond the limit are input errors that name the path") {
  const tests::TemporaryFolder folder;
  const auto missing = folder.path() / "missing";
  CHECK(message_of(missing).find(missing.string() + ": cannot be opened for reading: No such file") == 0);
  CHECK(message_of(folder.path()).find("is a folder, expected a file") != std::string::npos);
  write_file(folder.path() / "ten", std::string_view("0123456789"));
  CHECK(message_of(folder.path() / "ten", 10).empty());
  CHECK(message_of(folder.path() / "ten", 9).find("larger than the limit of 9 bytes") != std::string::npos);
}

TEST_CASE("missing parent folders are created") {
  const tests::TemporaryFolder folder;
  write_file(folder.path() / "a" / "b" / "c", std::string_view("x"));
  CHECK(read_text_file(folder.path() / "a" / "b" / "c") == "x");
}

TEST_CASE("writing replaces the file and leaves nothing else behind") {
  const tests::TemporaryFolder folder;
  const auto path = folder.path() / "x";
  write_file(path, std::string_view("first, longer"));
  write_file(path, std::string_view("second"));
  CHECK(read_text_file(path) == "second");
  CHECK(entries(folder.path()) == 1);
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0644);
}

TEST_CASE("a reader that has the old file open keeps it whole while it is replaced") {
  const tests::TemporaryFolder folder;
  const auto path = folder.path() / "x";
  write_file(path, std::string_view("the old content"));
  std::FILE* open = std::fopen(path.c_str(), "rb");
  REQUIRE(open != nullptr);
  write_file(path, std::string_view("new"));
  char buffer[64] = {};
  const std::size_t count = std::fread(buffer, 1, sizeof buffer, open);
  std::fclose(open);
  CHECK(std::string(buffer, count) == "the old content");
}

TEST_CASE("a failed write is an input error, leaves the old file and no temporary one") {
  const tests::TemporaryFolder folder;
  // A folder with something in it cannot be replaced by a file: the rename fails after the bytes are written.
  const auto taken = folder.path() / "taken";
  write_file(taken / "inside", std::string_view("x"));
  CHECK_THROWS_AS(write_file(taken, std::string_view("y")), InputError);
  CHECK(entries(folder.path()) == 1);
  CHECK(read_text_file(taken / "inside") == "x");
  // A parent that is a file cannot be made a folder.
  const auto file = folder.path() / "file";
  write_file(file, std::string_view("x"));
  CHECK_THROWS_AS(write_file(file / "below", std::string_view("y")), InputError);
  CHECK(read_text_file(file) == "x");
}

TEST_CASE("a device is written into, never replaced, and a full one says so") {
  struct stat before {};
  REQUIRE(::stat("/dev/full", &before) == 0);
  try {
    write_file("/dev/full", std::string_view("x"));
    FAIL("a full device took a byte");
  } catch (const InputError& error) {
    CHECK(std::string(error.what()).find("/dev/full: cannot be written: No space left") == 0);
  }
  CHECK_NOTHROW(write_file("/dev/null", std::string_view("x")));
  struct stat after {};
  REQUIRE(::stat("/dev/full", &after) == 0);
  CHECK(S_ISCHR(after.st_mode));
  CHECK(after.st_ino == before.st_ino);
}

TEST_CASE("a symbolic link stays, and the file it leads to is replaced") {
  const tests::TemporaryFolder folder;
  write_file(folder.path() / "file", std::string_view("old"));
  std::filesystem::create_symlink(folder.path() / "file", folder.path() / "link");
  write_file(folder.path() / "link", std::string_view("new"));
  CHECK(std::filesystem::is_symlink(folder.path() / "link"));
  CHECK(read_text_file(folder.path() / "file") == "new");
}

TEST_CASE("a read-only folder refuses a new file and keeps the old one") {
  const tests::TemporaryFolder folder;
  const auto path = folder.path() / "x";
  write_file(path, std::string_view("old"));
  REQUIRE(::chmod(folder.path().c_str(), 0555) == 0);
  if (::geteuid() == 0) {
    // Permissions do not bind the superuser; a kernel file system refuses it too.
    CHECK_THROWS_AS(write_file("/proc/npusim_test/x", std::string_view("new")), InputError);
    CHECK_THROWS_AS(write_file("/proc/npusim_test", std::string_view("new")), InputError);
  } else {
    CHECK_THROWS_AS(write_file(path, std::string_view("new")), InputError);
  }
  CHECK(read_text_file(path) == "old");
  CHECK(entries(folder.path()) == 1);
  ::chmod(folder.path().c_str(), 0755);
}

}  // namespace
}  // namespace npu
