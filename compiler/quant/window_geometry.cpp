#include "compiler/quant/window_geometry.h"

#include <algorithm>
#include <utility>

namespace npu::compiler {
namespace {

struct Axis {
  std::int64_t size, kernel, stride, pad_before, pad_after;
  std::int64_t outputs;
};

Axis rows_of(const Window& window, const MapShape& input) {
  return {input.height,
          window.kernel_height,
          window.stride_height,
          window.pad_top,
          window.pad_bottom,
          window_output(input.height, window.kernel_height, window.stride_height, window.pad_top,
                        window.pad_bottom, window.ceil_mode)};
}

Axis columns_of(const Window& window, const MapShape& input) {
  return {input.width,
          window.kernel_width,
          window.stride_width,
          window.pad_left,
          window.pad_right,
          window_output(input.width, window.kernel_width, window.stride_width, window.pad_left,
                        window.pad_right, window.ceil_mode)};
}

std::int64_t pad_to_last_window(const Axis& axis) {
  const std::int64_t end = (axis.outputs - 1) * axis.stride + axis.kernel;
  return std::max<std::int64_t>(0, end - axis.size - axis.pad_before);
}

/// Real pixels and counted positions of each window along an axis.
std::set<std::pair<std::int64_t, std::int64_t>> divisors_along(const Axis& axis) {
  std::set<std::pair<std::int64_t, std::int64_t>> pairs;
  for (std::int64_t output = 0; output < axis.outputs; ++output) {
    const std::int64_t start = output * axis.stride - axis.pad_before;
    const std::int64_t end = std::min(start + axis.kernel, axis.size + axis.pad_after);
    pairs.emplace(real_span(output, axis.stride, axis.pad_before, axis.kernel, axis.size).count(),
                  end - start);
  }
  return pairs;
}

std::set<std::int64_t> counts_along(const Axis& axis) {
  std::set<std::int64_t> counts;
  for (std::int64_t output = 0; output < axis.outputs; ++output) {
    counts.insert(real_span(output, axis.stride, axis.pad_before, axis.kernel, axis.size).count());
  }
  return counts;
}

}  // namespace

MapShape window_output_shape(const Window& window, const MapShape& input, std::int64_t channels) {
  return {channels, rows_of(window, input).outputs, columns_of(window, input).outputs};
}

Window with_explicit_pads(const Window& window, const MapShape& input) {
  if (!window.ceil_mode) return window;
  Window result = window;
  result.ceil_mode = false;
  result.pad_bottom = pad_to_last_window(rows_of(window, input));
  result.pad_right = pad_to_last_window(columns_of(window, input));
  return result;
}

RealSpan real_span(std::int64_t output_index, std::int64_t stride, std::int64_t pad_before,
                   std::int64_t kernel, std::int64_t size) {
  const std::int64_t start = output_index * stride - pad_before;
  return {std::clamp<std::int64_t>(start, 0, size), std::clamp<std::int64_t>(start + kernel, 0, size)};
}

bool every_window_has_a_pixel(const Window& window, const MapShape& input) {
  return !counts_along(rows_of(window, input)).contains(0) &&
         !counts_along(columns_of(window, input)).contains(0);
}

std::set<std::int64_t> window_counts(const Window& window, const MapShape& input) {
  std::set<std::int64_t> counts;
  for (const std::int64_t rows : counts_along(rows_of(window, input))) {
    for (const std::int64_t columns : counts_along(columns_of(window, input))) counts.insert(rows * columns);
  }
  return counts;
}

std::map<std::int64_t, std::int64_t> padded_divisors(const Window& window, const MapShape& input) {
  std::map<std::int64_t, std::int64_t> divisors;
  for (const auto& [rows, counted_rows] : divisors_along(rows_of(window, input))) {
    for (const auto& [columns, counted_columns] : divisors_along(columns_of(window, input))) {
      const std::int64_t divisor = counted_rows * counted_columns;
      if (divisors.emplace(rows * columns, divisor).first->second != divisor) return {};
    }
  }
  return divisors;
}

}  // namespace npu::compiler
