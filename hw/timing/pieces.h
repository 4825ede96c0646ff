// Cutting an extent into equal pieces and a remainder: how an array of fixed size covers a tensor of any
// size.
#pragma once

#include <array>
#include <cstdint>

namespace npu::hw {

/// `count` pieces of `size` elements each.
struct Piece {
  std::int64_t size = 0;
  std::int64_t count = 0;
};

/// `extent` elements as whole pieces of `piece` elements and at most one shorter rest; kinds with count 0 are
/// legal.
constexpr std::array<Piece, 2> cut(std::int64_t extent, std::int64_t piece) {
  const std::int64_t rest = extent % piece;
  return {Piece{piece, extent / piece}, Piece{rest, rest == 0 ? 0 : 1}};
}

}  // namespace npu::hw
