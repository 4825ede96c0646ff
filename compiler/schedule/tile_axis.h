// One axis of a loop nest cut into tiles, and the candidates a search tries.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/common/units.h"

namespace npu::compiler {

/// [0, size) cut into tiles of `tile` elements, the last one possibly smaller.
struct TileAxis {
  std::int64_t size = 1;
  std::int64_t tile = 1;

  std::int64_t count() const { return ceil_div(size, tile); }
  std::int64_t begin(std::int64_t index) const { return index * tile; }
  std::int64_t extent(std::int64_t index) const {
    return index + 1 < count() ? tile : size - (count() - 1) * tile;
  }
};

/// The input positions [begin, begin + extent) that outputs [out_begin, out_begin + outputs) of a window
/// need, clipped to the real positions [0, size); `pad` = padding positions in front of `begin`. Outputs that
/// see padding alone still get one position, out of their reach.
struct InputSpan {
  std::int64_t begin = 0;
  std::int64_t extent = 0;
  std::int64_t pad = 0;
};
InputSpan input_span(std::int64_t out_begin, std::int64_t outputs, std::int64_t kernel, std::int64_t stride,
                     std::int64_t pad_before, std::int64_t size);

/// The window of a layer along one axis.
struct WindowAxis {
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t pad_before = 0;
  std::int64_t in_size = 1;
};

/// Largest `pad` of any tile's span.
std::int64_t largest_pad(const TileAxis& out, const WindowAxis& window);

/// Input positions loaded when the outputs are taken tile by tile: halos count once per tile that needs them.
std::int64_t loaded_positions(const TileAxis& out, const WindowAxis& window);

/// Input positions loaded by at least one tile.
std::int64_t distinct_positions(const TileAxis& out, const WindowAxis& window);

/// Largest input extent of any tile.
std::int64_t largest_input_extent(const TileAxis& out, const WindowAxis& window);

/// Bus bytes of a run of `bytes`: whole accesses. A run that is part of longer ones (not `contiguous`) and no
/// multiple of an access straddles one more.
constexpr Bytes run_bus_bytes(Bytes bytes, bool contiguous, Bytes access_bytes) {
  if (contiguous || bytes % access_bytes == 0) return bytes;
  return round_up(bytes, access_bytes) + access_bytes;
}

/// Tile sizes worth trying for an axis of `size`: size / 1, size / 2, ... rounded up, each also rounded up to
/// a multiple of `granule` (the array's extent along that axis), at most `size`; distinct, largest first.
std::vector<std::int64_t> tile_candidates(std::int64_t size, std::int64_t granule);

/// A small choice of the same sizes: size / 1, / 2, / 4, ... rounded up, each also rounded up to a multiple
/// of `granule`, and single elements; distinct, largest first.
std::vector<std::int64_t> halving_candidates(std::int64_t size, std::int64_t granule);

}  // namespace npu::compiler
