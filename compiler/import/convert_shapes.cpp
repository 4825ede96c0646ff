// Flatten, Reshape, Squeeze and Unsqueeze, as far as they only turn a map into a feature vector or back at
// height and width 1; Pad of height and width with zeros.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "compiler/import/converters.h"

namespace npu::compiler {
namespace {

void convert_flatten(const ImportNode& node) {
  node.expect_inputs(1, 1);
  node.attributes().expect_only({"axis"});
  const ImportedValue& input = node.features(0);
  const std::int64_t axis = node.attributes().integer("axis", 1);
  if (node.checked_axis(axis, input.rank) != 1) {
    node.attributes().fail("axis", fmt::format("found {}, supported 1", axis));
  }
  node.emit(FlattenOp{}, {input}, 2);
}

/// Target dimensions of a Reshape with 0 (copy) and -1 (the rest) resolved.
std::vector<std::int64_t> resolve_target(const ImportNode& node, const ImportedValue& input,
                                         const ConstantTensor& target) {
  const std::vector<std::int64_t> source = dims_of(input);
  const bool zero_copies = node.attributes().integer("allowzero", 0) == 0;
  const auto refuse = [&]() {
    node.fail(fmt::format(
        "found target shape [{}] for an input of shape [{}], expected the same number of elements",
        fmt::join(target.integers, ", "), fmt::join(source, ", ")));
  };
  std::vector<std::int64_t> dims = target.integers;
  if (!dims.empty() && dims[0] == node.context().batch()) {
    dims[0] = 1;  // the batch that the file was exported for
  }
  std::int64_t product = 1;
  std::int64_t* rest = nullptr;
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    if (dims[axis] == 0 && zero_copies && axis < source.size()) {
      dims[axis] = source[axis];
    }
    if (dims[axis] == -1 && rest == nullptr) {
      rest = &dims[axis];
    } else if (dims[axis] < 1 || dims[axis] > kMaximumElements / product) {
      refuse();
    } else {
      product *= dims[axis];
    }
  }
  if (rest != nullptr) {
    *rest = input.shape.elements() / product;
    product *= *rest;
  }
  if (product != input.shape.elements()) {
    refuse();
  }
  return dims;
}

void convert_reshape(const ImportNode& node) {
  node.expect_inputs(2, 2);
  node.attributes().expect_only({"allowzero"});
  const ImportedValue& input = node.features(0);
  const ConstantTensor& target = node.integer_constant(1, "shape");
  if (target.dims.size() != 1 || target.integers.size() > 8) {
    node.fail(fmt::format("found shape {}, expected a vector of up to 8 integers", describe(target)));
  }
  const std::vector<std::int64_t> dims = resolve_target(node, input, target);
  const std::int64_t elements = input.shape.elements();
  if (dims == dims_of(input)) {
    return node.emit(IdentityOp{}, {input}, input.rank);
  }
  if (dims == std::vector<std::int64_t>{1, elements} ||
      dims == std::vector<std::int64_t>{1, elements, 1, 1}) {
    return node.emit(FlattenOp{}, {input}, static_cast<int>(dims.size()));
  }
  node.fail(
      fmt::format("found target shape [{}] for an input of shape [{}], supported is flattening to [1, {}]",
                  fmt::join(dims, ", "), fmt::join(dims_of(input), ", "), elements));
}

/// Axes from the attribute (before opset 13) or the second input, counted from the front in a value of
/// `rank`, sorted.
std::vector<std::int64_t> read_axes(const ImportNode& node, int rank) {
  std::vector<std::int64_t> axes;
  if (node.opset() < 13) {
    node.expect_inputs(1, 1);
    node.attributes().expect_only({"axes"});
    axes = node.attributes().integers("axes");
  } else {
    node.expect_inputs(1, 2);
    node.attributes().expect_only({});
    if (node.has_input(1)) {
      axes = node.integer_constant(1, "axes").integers;
    }
  }
  if (axes.size() > 8) {
    node.fail(fmt::format("found {} axes, supported up to 8", axes.size()));
  }
  for (std::int64_t& axis : axes) {
    axis = node.checked_axis(axis, rank);
  }
  std::sort(axes.begin(), axes.end());
  return axes;
}

void convert_squeeze(const ImportNode& node) {
  const ImportedValue& input = node.features(0);
  const std::vector<std::int64_t> axes = read_axes(node, input.rank);
  if (input.rank != 4 || axes != std::vector<std::int64_t>{2, 3} || input.shape.height != 1 ||
      input.shape.width != 1) {
    node.fail(fmt::format(
        "found axes [{}] of a value of shape [{}], supported is [2, 3] where height and width are 1",
        fmt::join(axes, ", "), fmt::join(dims_of(input), ", ")));
  }
  node.emit(FlattenOp{}, {input}, 2);
}

void convert_unsqueeze(const ImportNode& node) {
  const ImportedValue& input = node.features(0);
  const std::vector<std::int64_t> axes = read_axes(node, 4);
  if (input.rank != 2 || axes != std::vector<std::int64_t>{2, 3}) {
    node.fail(fmt::format("found axes [{}] for a value of rank {}, supported is [2, 3] for rank 2",
                          fmt::join(axes, ", "), input.rank));
  }
  node.emit(IdentityOp{}, {input}, 4);
}

/// Pads [begin of each axis, end of each axis], from the attribute (before opset 11) or the second input.
std::vector<std::int64_t> read_pad_amounts(const ImportNode& node) {
  if (node.opset() < 11) {
    node.expect_inputs(1, 1);
    node.attributes().expect_only({"mode", "pads", "value"});
    if (node.attributes().real("value", 0.0F) != 0.0F) {
      node.attributes().fail("value",
                             fmt::format("found {}, supported 0", node.attributes().real("value", 0.0F)));
    }
    return node.attributes().integers("pads");
  }
  node.expect_inputs(2, 3);
  node.attributes().expect_only({"mode"});
  if (node.has_input(2) && node.scalar(2, "constant_value") != 0.0F) {
    node.fail(fmt::format("found constant_value {}, supported 0", node.scalar(2, "constant_value")));
  }
  return node.integer_constant(1, "pads").integers;
}

void convert_pad(const ImportNode& node) {
  const std::string mode = node.attributes().text("mode", "constant");
  if (mode != "constant") {
    node.attributes().fail("mode", "found another mode, supported 'constant'");
  }
  const std::vector<std::int64_t> pads = read_pad_amounts(node);
  const ImportedValue& input = node.map(0);
  const bool in_range = std::all_of(pads.begin(), pads.end(),
                                    [](std::int64_t pad) { return pad >= 0 && pad <= kMaximumExtent; });
  if (pads.size() != 8 || !in_range || pads[0] != 0 || pads[1] != 0 || pads[4] != 0 || pads[5] != 0) {
    const std::size_t shown = std::min<std::size_t>(pads.size(), 16);
    node.fail(fmt::format("found pads [{}], supported are 8 pads from 0 to {}, those of batch and channels 0",
                          fmt::join(pads.begin(), pads.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                          kMaximumExtent));
  }
  node.emit(PadOp{pads[2], pads[3], pads[6], pads[7]}, {input}, 4);
}

constexpr std::array<Converter, 5> kConverters{{{"Flatten", convert_flatten},
                                                {"Reshape", convert_reshape},
                                                {"Squeeze", convert_squeeze},
                                                {"Unsqueeze", convert_unsqueeze},
                                                {"Pad", convert_pad}}};

}  // namespace

std::span<const Converter> shape_converters() { return kConverters; }

}  // namespace npu::compiler
