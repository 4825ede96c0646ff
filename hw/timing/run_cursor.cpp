#include "hw/timing/run_cursor.h"

#include <algorithm>

namespace npu::hw {

void RunCursor::advance(Bytes bytes) {
  offset_ += bytes;
  if (offset_ < runs_.run_bytes) return;
  offset_ = 0;
  if (++run_ < runs_.count1) return;
  run_ = 0;
  ++plane_;
}

void RunCursor::take(Bytes limit, std::vector<Piece1d>& pieces) {
  while (limit > 0 && !done()) {
    const Bytes bytes = std::min(limit, runs_.run_bytes - offset_);
    pieces.push_back({address(), bytes});
    limit -= bytes;
    advance(bytes);
  }
}

void RunCursor::take_accesses(Bytes bus_limit, Bytes access_bytes, std::vector<Piece1d>& pieces) {
  Bytes room = std::max(bus_limit / access_bytes, Bytes{1}) * access_bytes;
  while (room > 0 && !done()) {
    const std::int64_t begin = address();
    const std::int64_t room_end = begin / access_bytes * access_bytes + room;
    const Bytes bytes = std::min(room_end - begin, runs_.run_bytes - offset_);
    pieces.push_back({begin, bytes});
    room -= aligned_bytes(begin, bytes, access_bytes);
    advance(bytes);
  }
}

}  // namespace npu::hw
