#include "hw/modules/burst.h"

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
