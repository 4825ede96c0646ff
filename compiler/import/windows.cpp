#include "compiler/import/windows.h"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/import/onnx_model.h"
#include "hw/common/units.h"

namespace npu::compiler {
namespace {

/// `count` integers, all in [low, kMaximumExtent]; `fallback` for each if the attribute is absent.
std::vector<std::int64_t> checked_integers(const ImportNode& node, const char* name, std::size_t count,
                                           std::int64_t low, std::int64_t fallback) {
  const Attributes& attributes = node.attributes();
  if (!attributes.has(name)) {
    return std::vector<std::int64_t>(count, fallback);
  }
  std::vector<std::int64_t> values = attributes.integers(name);
  const bool in_range = std::all_of(values.begin(), values.end(), [&](std::int64_t value) {
    return value >= low && value <= kMaximumExtent;
  });
  if (values.size() != count || !in_range) {
    attributes.fail(name, fmt::format("found [{}], expected {} integers from {} to {}",
                                      fmt::join(values, ", "), count, low, kMaximumExtent));
  }
  return values;
}

void read_kernel(const ImportNode& node, Window& window) {
  const bool pool = window.kernel_height == 0;
  if (!node.attributes().has("kernel_shape")) {
    if (pool) {
      node.attributes().fail("kernel_shape", "missing");
    }
    return;
  }
  const auto kernel = checked_integers(node, "kernel_shape", 2, 1, 1);
  if (!pool && (kernel[0] != window.kernel_height || kernel[1] != window.kernel_width)) {
    node.attributes().fail("kernel_shape",
                           fmt::format("found [{}], expected the weights' [{}, {}]", fmt::join(kernel, ", "),
                                       window.kernel_height, window.kernel_width));
  }
  window.kernel_height = kernel[0];
  window.kernel_width = kernel[1];
}

void refuse_dilation(const ImportNode& node, const Window& window) {
  const auto dilations = checked_integers(node, "dilations", 2, 1, 1);
  if ((dilations[0] != 1 && window.kernel_height > 1) || (dilations[1] != 1 && window.kernel_width > 1)) {
    node.attributes().fail(
        "dilations", fmt::format("found [{}], supported [1, 1]: the array's taps are neighbouring pixels, it "
                                 "cannot skip any",
                                 fmt::join(dilations, ", ")));
  }
}

/// Padding for an output of ceil(size / stride); an odd pixel goes to the end or to the beginning.
void pad_to_same(std::int64_t size, std::int64_t kernel, std::int64_t stride, bool odd_at_end,
                 std::int64_t& before, std::int64_t& after) {
  const std::int64_t outputs = ceil_div(size, stride);
  const std::int64_t total = std::max<std::int64_t>(0, (outputs - 1) * stride + kernel - size);
  before = odd_at_end ? total / 2 : total - total / 2;
  after = total - before;
}

void read_pads(const ImportNode& node, const MapShape& input, Window& window) {
  const auto pads = checked_integers(node, "pads", 4, 0, 0);
  const std::string automatic = node.attributes().text("auto_pad", "NOTSET");
  if (automatic == "NOTSET") {
    window.pad_top = pads[0];
    window.pad_left = pads[1];
    window.pad_bottom = pads[2];
    window.pad_right = pads[3];
    return;
  }
  if (std::any_of(pads.begin(), pads.end(), [](std::int64_t pad) { return pad != 0; })) {
    node.attributes().fail("pads",
                           fmt::format("found [{}] together with auto_pad '{}', expected only one of them",
                                       fmt::join(pads, ", "), printable_name(automatic)));
  }
  if (automatic == "VALID") {
    return;
  }
  if (automatic != "SAME_UPPER" && automatic != "SAME_LOWER") {
    node.attributes().fail("auto_pad",
                           fmt::format("found '{}', supported NOTSET, VALID, SAME_UPPER and SAME_LOWER",
                                       printable_name(automatic)));
  }
  const bool odd_at_end = automatic == "SAME_UPPER";
  pad_to_same(input.height, window.kernel_height, window.stride_height, odd_at_end, window.pad_top,
              window.pad_bottom);
  pad_to_same(input.width, window.kernel_width, window.stride_width, odd_at_end, window.pad_left,
              window.pad_right);
}

}  // namespace

Window read_window(const ImportNode& node, const MapShape& input, std::int64_t kernel_height,
                   std::int64_t kernel_width) {
  Window window;
  window.kernel_height = kernel_height;
  window.kernel_width = kernel_width;
  read_kernel(node, window);
  refuse_dilation(node, window);
  const auto strides = checked_integers(node, "strides", 2, 1, 1);
  window.stride_height = strides[0];
  window.stride_width = strides[1];
  read_pads(node, input, window);
  const std::int64_t ceil_mode = node.attributes().integer("ceil_mode", 0);
  if (ceil_mode != 0 && ceil_mode != 1) {
    node.attributes().fail("ceil_mode", fmt::format("found {}, supported 0 and 1", ceil_mode));
  }
  window.ceil_mode = ceil_mode == 1;
  return window;
}

}  // namespace npu::compiler
