// The runs of a strided transfer, cut into the pieces of bursts.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/timing/transfer_runs.h"

namespace npu::hw {

struct Piece1d {
  std::int64_t address = 0;
  Bytes bytes = 0;
};

/// Walks over the bytes of runs in order, cutting them into pieces.
class RunCursor {
 public:
  explicit RunCursor(const Runs& runs) : runs_(runs) {}

  bool done() const { return plane_ == runs_.count2; }

  /// Appends pieces of at most `limit` bytes in all.
  void take(Bytes limit, std::vector<Piece1d>& pieces);

  /// Appends pieces whose whole aligned accesses are at most `bus_limit` bytes, but at least one access; cuts
  /// runs at aligned addresses only, so that the pieces' accesses add up to those of the runs.
  void take_accesses(Bytes bus_limit, Bytes access_bytes, std::vector<Piece1d>& pieces);

 private:
  std::int64_t address() const {
    return runs_.begin + run_ * runs_.stride1 + plane_ * runs_.stride2 + offset_;
  }
  void advance(Bytes bytes);

  Runs runs_;
  std::int64_t run_ = 0;
  std::int64_t plane_ = 0;
  Bytes offset_ = 0;  ///< bytes of the current run already taken
};

}  // namespace npu::hw
