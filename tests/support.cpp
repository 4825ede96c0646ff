#include "tests/support.h"

#include <cstdlib>

namespace npu::tests {

std::filesystem::path source_folder() { return NPUSIM_SOURCE_DIR; }

std::filesystem::path shared_folder() {
  const auto folder = source_folder().parent_path() / "shared";
  return std::filesystem::exists(folder / "README.md") ? folder : std::filesystem::path{};
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "npusim_test_XXXXXX").string();
  REQUIRE(::mkdtemp(name.data()) != nullptr);
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::uint64_t TestRandom::next() {
  state_ += 0x9E3779B97F4A7C15ULL;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

std::int64_t TestRandom::integer(std::int64_t low, std::int64_t high) {
  const std::uint64_t span = static_cast<std::uint64_t>(high - low) + 1;
  return span == 0 ? static_cast<std::int64_t>(next()) : low + static_cast<std::int64_t>(next() % span);
}

float TestRandom::real(float low, float high) {
  return low + (high - low) * static_cast<float>(next() >> 40) * 0x1p-24F;
}

}  // namespace npu::tests
