// The window attributes that Conv and the pools share. Internal to this folder.
#pragma once

#include "compiler/graph/graph.h"
#include "compiler/import/import_node.h"

namespace npu::compiler {

/// Window from kernel_shape, strides, pads, auto_pad, dilations and ceil_mode over an input of the given
/// shape, with padding made explicit. For Conv, `kernel_height` and `kernel_width` come from the weights and
/// kernel_shape must agree if present; for pools pass 0. Supported: dilation 1 (or any along an axis where
/// the kernel is 1), pads >= 0.
Window read_window(const ImportNode& node, const MapShape& input, std::int64_t kernel_height,
                   std::int64_t kernel_width);

}  // namespace npu::compiler
