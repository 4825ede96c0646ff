// Shared helpers of the tests.
#pragma once

#include <catch2/catch.hpp>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>

namespace npu::tests {

/// The repository's root.
std::filesystem::path source_folder();

/// The development material beside the checkout (`../shared`), or an empty path where it is absent.
std::filesystem::path shared_folder();

/// A folder that is removed with this object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Small deterministic generator for tests (splitmix64); print the seed with INFO.
class TestRandom {
 public:
  explicit TestRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  std::int64_t integer(std::int64_t low, std::int64_t high);  ///< both inclusive
  float real(float low, float high);

 private:
  std::uint64_t state_;
};

}  // namespace npu::tests

/// First line of a test case that needs ../shared: ends the case and has ctest report it as skipped.
#define SKIP_WITHOUT_SHARED()                    \
  do {                                           \
    if (::npu::tests::shared_folder().empty()) { \
      std::puts("SKIPPED: ../shared is absent"); \
      return;                                    \
    }                                            \
  } while (false)
