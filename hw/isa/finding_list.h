// Findings of one verification, in the order they are made, up to a limit. Internal to hw/isa.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "hw/isa/verifier.h"

namespace npu::hw {

class FindingList {
 public:
  static constexpr std::size_t kLimit = 100;

  void add(FindingKind kind, std::int64_t pc, std::string message, std::int64_t other_pc = -1) {
    if (!full()) findings_.push_back({kind, pc, other_pc, std::move(message)});
  }
  bool full() const { return findings_.size() >= kLimit; }
  std::size_t size() const { return findings_.size(); }
  std::vector<Finding> take() { return std::move(findings_); }

 private:
  std::vector<Finding> findings_;
};

}  // namespace npu::hw
