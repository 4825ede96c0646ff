// One bus tenure of a strided transfer: a TLM payload whose data is dense while its addresses are pieces.
// Memories read the pieces from an extension of the generic payload; a payload without it means one
// contiguous piece.
#pragma once

#include <cstdint>
#include <span>
#include <tlm>
#include <vector>

#include "hw/timing/run_cursor.h"

namespace npu::hw {

/// Pieces in the order of the dense data, and how the burst opens on the DRAM side.
class BurstExtension : public tlm::tlm_extension<BurstExtension> {
 public:
  std::vector<Piece1d> pieces;
  bool opens_descriptor = false;  ///< first burst of a descriptor: pays the DRAM latency

  Bytes bytes() const;
  tlm::tlm_extension_base* clone() const override;
  void copy_from(const tlm::tlm_extension_base& other) override;
};

/// Calls visit(address, data, bytes) for each piece of a payload.
template <class Visitor>
void for_each_piece(tlm::tlm_generic_payload& payload, Visitor&& visit) {
  unsigned char* data = payload.get_data_ptr();
  const auto* burst = payload.get_extension<BurstExtension>();
  if (burst == nullptr) {
    visit(static_cast<std::int64_t>(payload.get_address()), data,
          static_cast<Bytes>(payload.get_data_length()));
    return;
  }
  for (const Piece1d& piece : burst->pieces) {
    visit(piece.address, data, piece.bytes);
    data += piece.bytes;
  }
}

/// Copies between a memory and the payload's data. False, and nothing copied, if a piece leaves the memory or
/// the command is neither read nor write.
bool access_memory(tlm::tlm_generic_payload& payload, std::span<std::uint8_t> memory);

}  // namespace npu::hw
