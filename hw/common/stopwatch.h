// Time on the host's clock, for figures about the tool itself; nothing simulated depends on it.
#pragma once

#include <chrono>

namespace npu {

/// Runs from its construction.
class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace npu
