// Who touched which bytes of one memory last, as disjoint intervals: the last writer, and since then the last
// reader of each unit. Older accesses need no check of their own: they are ordered before these. Internal to
// hw/isa.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>

#include "hw/isa/instruction.h"

namespace npu::hw {

/// A stretch of bytes [begin, end) and an earlier access to all of it.
struct EarlierAccess {
  std::int64_t pc = -1;
  bool write = false;
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

class AccessHistory {
 public:
  static constexpr std::int64_t kNobody = -1;
  static constexpr std::int64_t kHost =
      -2;  ///< filled before the program starts: no instruction to be ordered with

  using Visitor = std::function<void(const EarlierAccess&)>;

  /// Calls `visit` for every writer of [begin, end) and records the read. Returns whether any byte had been
  /// written.
  bool read(std::int64_t begin, std::int64_t end, std::int64_t pc, Unit unit, const Visitor& visit);

  /// Calls `visit` for every writer and every reader since of [begin, end) and records the write.
  void write(std::int64_t begin, std::int64_t end, std::int64_t pc, const Visitor& visit);

  std::size_t intervals() const { return intervals_.size(); }

 private:
  struct Interval {
    std::int64_t end = 0;
    std::int64_t writer = kNobody;
    std::array<std::int64_t, kUnits> readers{};

    bool same_history(const Interval& other) const {
      return writer == other.writer && readers == other.readers;
    }
  };
  using Map = std::map<std::int64_t, Interval>;  // by first byte

  Map::iterator cut_at(std::int64_t position);
  void fill_gaps(std::int64_t begin, std::int64_t end);
  void join_equal_neighbours(std::int64_t begin, std::int64_t end);
  static Interval untouched(std::int64_t end);

  Map intervals_;
};

}  // namespace npu::hw
