#include "compiler/schedule/tile_axis.h"

#include <algorithm>
#include <functional>
#include <set>

namespace npu::compiler {

InputSpan input_span(std::int64_t out_begin, std::int64_t outputs, std::int64_t kernel, std::int64_t stride,
                     std::int64_t pad_before, std::int64_t size) {
  const std::int64_t low = out_begin * stride - pad_before;
  const std::int64_t high = (out_begin + outputs - 1) * stride - pad_before + kernel;
  InputSpan span;
  span.begin = std::clamp<std::int64_t>(low, 0, size - 1);
  span.extent = std::max<std::int64_t>(std::min(high, size) - span.begin, 1);
  // Behind the last position: padding in front moves the one that is loaded out of reach.
  span.pad = low >= size ? high - low : span.begin - low;
  return span;
}

std::int64_t largest_pad(const TileAxis& out, const WindowAxis& window) {
  // The first tile has the most padding in front; only tiles behind the last position need more.
  const std::int64_t first_behind = ceil_div(window.in_size + window.pad_before, window.stride);
  const std::int64_t last = out.begin(out.count() - 1);
  if (last < first_behind) return window.pad_before;
  std::int64_t behind = last;
  while (behind >= out.tile && behind - out.tile >= first_behind) behind -= out.tile;
  const std::int64_t outputs = std::min(out.tile, out.size - behind);
  return std::max(window.pad_before, (outputs - 1) * window.stride + window.kernel);
}

// Whole tiles whose windows lie on the map need equally much; only those at the edges are looked at.
std::int64_t loaded_positions(const TileAxis& out, const WindowAxis& window) {
  const std::int64_t step = out.tile * window.stride;
  const std::int64_t extent = (out.tile - 1) * window.stride + window.kernel;
  const std::int64_t first_inside = ceil_div(window.pad_before, step);
  const std::int64_t room = window.in_size + window.pad_before - extent;
  const std::int64_t last_inside = std::min(out.size / out.tile - 1, room < 0 ? -1 : room / step);
  std::int64_t sum = 0;
  for (std::int64_t index = 0; index < out.count(); ++index) {
    if (index == first_inside && last_inside >= first_inside) {
      sum += (last_inside - first_inside + 1) * extent;
      index = last_inside;
      continue;
    }
    sum += input_span(out.begin(index), out.extent(index), window.kernel, window.stride, window.pad_before,
                      window.in_size)
               .extent;
  }
  return sum;
}

std::int64_t distinct_positions(const TileAxis& out, const WindowAxis& window) {
  std::int64_t sum = 0;
  std::int64_t reached = 0;  // spans begin in ascending order
  for (std::int64_t index = 0; index < out.count(); ++index) {
    const InputSpan span = input_span(out.begin(index), out.extent(index), window.kernel, window.stride,
                                      window.pad_before, window.in_size);
    sum += std::max<std::int64_t>(0, span.begin + span.extent - std::max(reached, span.begin));
    reached = std::max(reached, span.begin + span.extent);
  }
  return sum;
}

std::int64_t largest_input_extent(const TileAxis& out, const WindowAxis& window) {
  return std::min(window.in_size, (out.tile - 1) * window.stride + window.kernel);
}

std::vector<std::int64_t> tile_candidates(std::int64_t size, std::int64_t granule) {
  std::set<std::int64_t, std::greater<>> sizes;
  for (std::int64_t parts = 1; parts <= size; ++parts) {
    const std::int64_t tile = ceil_div(size, parts);
    sizes.insert(tile);
    sizes.insert(std::min(size, round_up(tile, granule)));
    if (tile == 1) break;
    parts = ceil_div(size, tile - 1) - 1;  // the next number of parts that gives a smaller tile
  }
  return {sizes.begin(), sizes.end()};
}

std::vector<std::int64_t> halving_candidates(std::int64_t size, std::int64_t granule) {
  std::vector<std::int64_t> sizes;
  for (std::int64_t parts = 1;; parts *= 2) {
    const std::int64_t tile = ceil_div(size, parts);
    sizes.push_back(tile);
    sizes.push_back(std::min(size, round_up(tile, granule)));
    if (tile == 1) break;
  }
  std::sort(sizes.begin(), sizes.end(), std::greater<>());
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  return sizes;
}

}  // namespace npu::compiler
