// Where pooling and convolution windows lie on a map: output shapes, explicit pads for ceil mode, real pixels
// counted.
#pragma once

#include <cstdint>
#include <map>
#include <set>

#include "compiler/graph/graph.h"

namespace npu::compiler {

/// Output of `window` over `input`, with `channels` channels.
MapShape window_output_shape(const Window& window, const MapShape& input, std::int64_t channels);

/// The same windows without ceil_mode: bottom and right pads are changed to reach exactly the last window's
/// end.
Window with_explicit_pads(const Window& window, const MapShape& input);

/// Positions [begin, end) of one window that lie on the map, along one axis.
struct RealSpan {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::int64_t count() const { return end > begin ? end - begin : 0; }
};
RealSpan real_span(std::int64_t output_index, std::int64_t stride, std::int64_t pad_before,
                   std::int64_t kernel, std::int64_t size);

bool every_window_has_a_pixel(const Window& window, const MapShape& input);

/// The different numbers of real pixels that windows contain.
std::set<std::int64_t> window_counts(const Window& window, const MapShape& input);

/// For an average that counts padding: real pixels of a window -> the positions it is divided by, those on
/// the map or its explicit padding (what ceil mode adds beyond does not count). Empty if windows with equally
/// many real pixels are divided by different numbers.
std::map<std::int64_t, std::int64_t> padded_divisors(const Window& window, const MapShape& input);

}  // namespace npu::compiler
