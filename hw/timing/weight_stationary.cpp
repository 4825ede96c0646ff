// Weight-stationary cycles. The array holds a weight tile: rows = input channels, columns = output channels,
// one filter tap. Every cycle the input channels of one output pixel enter, one per row, broadcast along the
// row; each column adds its products down an adder chain, and the sums leaving at the bottom are added into
// the accumulator store (the last tile of an output-channel group sends them to the compounding unit
// instead). While one tile streams its pixels, the weights of the next enter behind it, one row of the array
// per step; unused rows are filled with zeros.
//   tile        = max(pixels * slowest port, preload of the next tile)
//   instruction = preload of the first tile + all tiles + rows of the adder chain + compounding stages
// Depthwise: one channel at a time (a row's input is broadcast to all columns, so channels cannot share the
// array): one PE works. This is the published machine's behaviour (arXiv 1804.10642).
#include <vector>

#include "hw/timing/bank_conflicts.h"
#include "hw/timing/dataflow_timing.h"
#include "hw/timing/pieces.h"

namespace npu::hw {
namespace {

/// The tiles of one output-channel group, without the wait for whatever follows the group.
struct GroupCycles {
  Cycles preload = 0;    ///< of one tile
  Cycles stream = 0;     ///< pixels x tiles
  Cycles bandwidth = 0;  ///< extra cycles of streaming because a port is narrower than the array
  Cycles waiting = 0;    ///< extra cycles because the next tile of the group is not there yet
  Cycles last_tile = 0;  ///< of the group's last tile: streaming, behind which the next group's weights enter
};

class Group {
 public:
  Group(const ConvWork& work, std::int64_t columns_used, const ArchConfig& arch)
      : work_(work), arch_(arch), columns_used_(columns_used), pixels_(work.out_height * work.out_width) {
    cycles_.preload = arch.pe_array.rows *
                      port_cycles(columns_used, arch.data.weight_bytes(), arch.weight_sram.width_bytes);
  }

  GroupCycles run() {
    const std::int64_t taps = work_.kernel_height * work_.kernel_width;
    const auto channels = cut(work_.depthwise ? 1 : work_.in_channels, arch_.pe_array.rows);
    const std::int64_t tiles = taps * (channels[0].count + channels[1].count);
    const Piece& last = channels[1].count > 0 ? channels[1] : channels[0];
    for (const Piece& rows : channels) {
      const std::int64_t count = rows.count * taps - (&rows == &last ? 1 : 0);
      if (count > 0)
        cycles_.waiting +=
            count * std::max<Cycles>(0, cycles_.preload - add_tiles(rows.size, count, true, false));
    }
    // The last tile only takes from the store what earlier tiles or instructions have put there.
    cycles_.last_tile = add_tiles(last.size, 1, tiles > 1 || !work_.first || !work_.last, work_.last);
    if (work_.last) add_conflicts(last.size);
    return cycles_;
  }

 private:
  /// Streams the pixels through `count` tiles; returns the cycles of one.
  Cycles add_tiles(std::int64_t rows_used, std::int64_t count, bool parked, bool finished) {
    const Cycles in = port_cycles(rows_used, arch_.data.activation_bytes(), arch_.global_buffer.width_bytes);
    const Cycles per_pixel = std::max(in, sums_out_cycles(columns_used_, parked, finished, arch_));
    cycles_.stream += count * pixels_;
    cycles_.bandwidth += count * pixels_ * (per_pixel - 1);
    return pixels_ * per_pixel;
  }

  // Finished outputs of the last tile are written while its inputs are read.
  void add_conflicts(std::int64_t rows_used) {
    const auto words = [&](std::int64_t elements) {
      return pixels_ * port_cycles(elements, arch_.data.activation_bytes(), arch_.global_buffer.width_bytes);
    };
    const Cycles extra =
        bank_conflict_cycles(words(rows_used), words(columns_used_), cycles_.last_tile, arch_.global_buffer);
    cycles_.bandwidth += extra;
    cycles_.last_tile += extra;
  }

  const ConvWork& work_;
  const ArchConfig& arch_;
  std::int64_t columns_used_;
  std::int64_t pixels_;
  GroupCycles cycles_;
};

}  // namespace

ConvCycles weight_stationary_cycles(const ConvWork& work, const ArchConfig& arch) {
  ConvCycles total;
  Cycles last_tile = 0;  // of the group before; nothing streams before the first preload
  for (const Piece& columns : cut(work.out_channels, work.depthwise ? 1 : arch.pe_array.columns)) {
    if (columns.count == 0) continue;
    const GroupCycles group = Group(work, columns.size, arch).run();
    const auto exposed_after = [&](Cycles stream) { return std::max<Cycles>(0, group.preload - stream); };
    total.compute += columns.count * group.stream;
    total.bandwidth += columns.count * group.bandwidth;
    total.preload += columns.count * group.waiting + exposed_after(last_tile) +
                     (columns.count - 1) * exposed_after(group.last_tile);
    last_tile = group.last_tile;
  }
  total.drain = arch.pe_array.rows + (work.last ? kCompoundingStages : 0);
  return total;
}

}  // namespace npu::hw
