// Handwritten digits and our own network trained on them: real accuracy wherever Debian's python3-sklearn is
// installed.
#pragma once

#include <cstdio>
#include <filesystem>

namespace npu::tests {

/// The trained 32x32 network.
std::filesystem::path digits_network();

/// The images as workloads/train/digits.py writes them (train/ and test/, a folder for each class), made once
/// in this process. Empty if it cannot.
const std::filesystem::path& digits();

#define SKIP_WITHOUT_DIGITS()                                      \
  do {                                                             \
    if (digits().empty()) {                                        \
      std::puts("SKIPPED: python3-sklearn's digits are not here"); \
      return;                                                      \
    }                                                              \
  } while (false)

}  // namespace npu::tests
