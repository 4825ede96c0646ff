// Where in the network's tensors an instruction's results belong. An instruction writes to a place in an
// SRAM; the STORE that later takes it from there to DRAM, and the DRAM address, tell tensor and coordinates.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "hw/isa/program.h"

namespace npu::sim::golden {

struct Coordinates {
  std::int64_t row = 0;
  std::int64_t column = 0;
  std::int64_t channel = 0;

  friend bool operator==(const Coordinates&, const Coordinates&) = default;
};

/// A box of a layer's output tensor and the instruction that computes it.
struct TileBox {
  std::int64_t pc = -1;
  Coordinates origin;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t channels = 0;

  /// Of element `index` of the dense tile [row][column][channel].
  Coordinates at(std::int64_t index) const;
  bool contains(const Coordinates& place) const;
};

/// Of one program, made once.
class TileMap {
 public:
  explicit TileMap(const hw::Program& program);

  std::int64_t layer_of(std::int64_t pc) const { return layer_of_pc_.at(static_cast<std::size_t>(pc)); }

  /// What a CONV (parked partial sums too) or a VECTOR contributes to; none if no STORE of its layer takes
  /// it.
  std::optional<TileBox> box_of(std::int64_t pc) const;

  /// The boxes of a layer's output, in the order of execution.
  const std::vector<TileBox>& boxes_of(std::int64_t layer) const {
    return boxes_.at(static_cast<std::size_t>(layer));
  }

  /// The instruction of `layer` that computes an element of its output tensor, or none.
  const TileBox* find(std::int64_t layer, const Coordinates& place) const;

 private:
  std::optional<TileBox> locate(std::int64_t pc) const;

  const hw::Program& program_;
  std::vector<std::int64_t> layer_of_pc_;
  std::vector<std::vector<TileBox>> boxes_;  ///< [layer]
  std::map<std::int64_t, TileBox> box_by_pc_;
};

/// DRAM address of byte `index` of what a LOAD or STORE moves (dense, run by run), and SRAM address.
std::int64_t dram_address_of(const hw::Transfer& transfer, std::int64_t index);
std::int64_t sram_address_of(const hw::Transfer& transfer, std::int64_t index);

/// Coordinates of a DRAM byte in a tensor, or none if it is not one of its bytes.
std::optional<Coordinates> coordinates_in(const hw::TensorSymbol& tensor, int element_bytes,
                                          std::int64_t address);

/// "row 3, column 17, channel 5".
std::string to_text(const Coordinates& place);

}  // namespace npu::sim::golden
