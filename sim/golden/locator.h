// From an element of a stream to the instruction that made it, its place in the network and its time.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "sim/golden/checker.h"

namespace npu::sim::golden {

/// Position in the order of execution: instruction, part of its work, element of its results.
using ExecutionOrder = std::tuple<std::int64_t, int, std::int64_t>;

class Locator {
 public:
  /// `program` null: unit vectors.
  Locator(const Manifest& manifest, const hw::Program* program, const std::filesystem::path& folder);

  ExecutionOrder order_of(const Stream& stream, const Difference& difference) const;

  /// Coordinates in the layer's output tensor, where the element has some.
  std::optional<Coordinates> coordinates_of(const Stream& stream, const Difference& difference) const;

  /// Extents of the tensor that coordinates_of refers to; a row of elements where there are none.
  Coordinates extents_of(const Stream& stream) const;

  /// The instruction that made the element, or -1.
  std::int64_t pc_of(const Stream& stream, const Difference& difference) const;

  /// Fills everything but unit and inputs.
  Location describe(const Stream& stream, const Difference& difference) const;

  const TileMap* tiles() const { return tiles_ ? &*tiles_ : nullptr; }

  /// The layer whose output tensor a stream holds, or the layer it belongs to, or -1.
  std::int64_t layer_of(const Stream& stream) const;

 private:
  std::string place_of(const Stream& stream, const Difference& difference, std::int64_t pc) const;
  std::string transfer_place(const Stream& stream, const Difference& difference, std::int64_t pc) const;
  void read_cycles(const std::filesystem::path& path);

  const Manifest& manifest_;
  const hw::Program* program_;
  std::optional<TileMap> tiles_;
  std::map<std::int64_t, std::pair<std::int64_t, std::int64_t>> cycles_;
};

}  // namespace npu::sim::golden
