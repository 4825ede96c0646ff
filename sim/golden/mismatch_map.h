// A picture of where a tensor is wrong: rows x columns as a grid of cells, and channels as a bar. Cells hold
// the part of their elements that differ.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/golden/tile_map.h"

namespace npu::sim::golden {

class MismatchMap {
 public:
  MismatchMap(std::string title, std::int64_t height, std::int64_t width, std::int64_t channels);

  void add(const Coordinates& place);
  std::int64_t count() const { return count_; }

  std::string text() const;  ///< characters, light to dark
  std::string svg() const;

 private:
  struct Axis {
    std::int64_t extent = 1;
    std::int64_t cells = 1;
    std::int64_t cell(std::int64_t index) const { return index * cells / extent; }
    std::int64_t size(std::int64_t cell) const;  ///< indices in a cell
  };
  double share(std::int64_t row_cell, std::int64_t column_cell) const;
  double channel_share(std::int64_t cell) const;

  std::string title_;
  Axis rows_, columns_, channels_;
  std::vector<std::int64_t> grid_;
  std::vector<std::int64_t> bar_;
  std::int64_t count_ = 0;
};

}  // namespace npu::sim::golden
