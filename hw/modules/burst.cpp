#include "hw/modules/burst.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace npu::hw {

Bytes BurstExtension::bytes() const {
  return std::accumulate(pieces.begin(), pieces.end(), Bytes{0},
                         [](Bytes sum, const Piece1d& piece) { return sum + piece.bytes; });
}

tlm::tlm_extension_base* BurstExtension::clone() const {
  auto* copy = new BurstExtension;  // owned by the payload that asked for it, as TLM-2.0 demands
  copy->copy_from(*this);
  return copy;
}

void BurstExtension::copy_from(const tlm::tlm_extension_base& other) {
  const auto& burst = dynamic_cast<const BurstExtension&>(other);
  pieces = burst.pieces;
  opens_descriptor = burst.opens_descriptor;
}

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

bool access_memory(tlm::tlm_generic_payload& payload, std::span<std::uint8_t> memory) {
  bool inside = payload.is_read() || payload.is_write();
  for_each_piece(payload, [&](std::int64_t address, unsigned char*, Bytes bytes) {
    const auto size = static_cast<std::int64_t>(memory.size());
    inside = inside && address >= 0 && bytes <= size && address <= size - bytes;
  });
  if (!inside) return false;
  const bool read = payload.is_read();
  for_each_piece(payload, [&](std::int64_t address, unsigned char* data, Bytes bytes) {
    std::uint8_t* cell = memory.data() + address;
    if (read) {
      std::memcpy(data, cell, static_cast<std::size_t>(bytes));
    } else {
      std::memcpy(cell, data, static_cast<std::size_t>(bytes));
    }
  });
  return true;
}

}  // namespace npu::hw
