#include <algorithm>
#include <functional>

#include "compiler/schedule/tile_axis.h"
#include "tests/support.h"

namespace npu::compiler {

TEST_CASE("Tiles of an axis cover it exactly") {
  const TileAxis axis{10, 4};
  CHECK(axis.count() == 3);
  CHECK(axis.begin(2) == 8);
  CHECK(axis.extent(1) == 4);
  CHECK(axis.extent(2) == 2);
}

TEST_CASE("The input span of output rows is clipped to real rows and reports the padding in front") {
  // 3x3 window, stride 2, padding 1 over 7 rows: output 0 reads rows -1..1.
  const InputSpan first = input_span(0, 1, 3, 2, 1, 7);
  CHECK(first.begin == 0);
  CHECK(first.extent == 2);
  CHECK(first.pad == 1);
  const InputSpan last = input_span(3, 1, 3, 2, 1, 7);  // rows 5..7, of which 7 is padding
  CHECK(last.begin == 5);
  CHECK(last.extent == 2);
  CHECK(last.pad == 0);
}

TEST_CASE("Outputs behind the last position load one that no window of theirs reaches") {
  // 3-wide window, stride 1, 4 positions, 5 of padding in front: output 9 reads positions 4..6.
  const InputSpan behind = input_span(9, 2, 3, 1, 5, 4);
  CHECK(behind.extent == 1);
  CHECK(behind.pad >= (2 - 1) * 1 + 3);
  CHECK(largest_pad({12, 12}, {3, 1, 5, 4}) == 5);  // one tile: padding in front
  CHECK(largest_pad({12, 3}, {3, 1, 5, 4}) == 5);   // outputs 9..11 need (3 - 1) + 3
  CHECK(largest_pad({14, 10}, {3, 1, 5, 4}) == 6);  // outputs 10..13 need (4 - 1) + 3
}

TEST_CASE("Halo rows count once for every tile that loads them") {
  const WindowAxis window{3, 1, 1, 8};
  CHECK(loaded_positions({8, 8}, window) == 8);
  CHECK(loaded_positions({8, 4}, window) == 10);
  CHECK(loaded_positions({8, 1}, window) == 3 * 8 - 2);
}

TEST_CASE("Tile candidates are distinct, descend, start with the whole axis and end with one element") {
  for (std::int64_t size = 1; size <= 130; ++size) {
    const auto candidates = tile_candidates(size, 16);
    CHECK(candidates.front() == size);
    CHECK(candidates.back() == 1);
    CHECK(std::adjacent_find(candidates.begin(), candidates.end(), std::less_equal<>()) == candidates.end());
    for (std::int64_t parts = 1; parts <= size; ++parts) {
      CHECK(std::count(candidates.begin(), candidates.end(), ceil_div(size, parts)) == 1);
    }
  }
}

}  // namespace npu::compiler
