// MaxPool, AveragePool, GlobalAveragePool, and ReduceMean over height and width.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "compiler/import/converters.h"
#include "compiler/import/windows.h"

namespace npu::compiler {
namespace {

void convert_max_pool(const ImportNode& node) {
  node.expect_inputs(1, 1);
  node.attributes().expect_only(
      {"auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "storage_order", "strides"});
  const ImportedValue& input = node.map(0);
  node.emit(MaxPoolOp{read_window(node, input.shape, 0, 0)}, {input}, 4);
}

void convert_average_pool(const ImportNode& node) {
  node.expect_inputs(1, 1);
  node.attributes().expect_only(
      {"auto_pad", "ceil_mode", "count_include_pad", "kernel_shape", "pads", "strides"});
  const std::int64_t include = node.attributes().integer("count_include_pad", 0);
  if (include != 0 && include != 1) {
    node.attributes().fail("count_include_pad", fmt::format("found {}, supported 0 and 1", include));
  }
  const ImportedValue& input = node.map(0);
  node.emit(AveragePoolOp{read_window(node, input.shape, 0, 0), include == 1}, {input}, 4);
}

void convert_global_average_pool(const ImportNode& node) {
  node.expect_inputs(1, 1);
  node.attributes().expect_only({});
  node.emit(GlobalAveragePoolOp{}, {node.map(0)}, 4);
}

void convert_reduce_mean(const ImportNode& node) {
  node.expect_inputs(1, 1);
  node.attributes().expect_only({"axes", "keepdims"});
  const ImportedValue& input = node.map(0);
  std::vector<std::int64_t> axes = node.attributes().integers("axes");
  for (std::int64_t& axis : axes) {
    axis = node.checked_axis(axis, input.rank);
  }
  std::sort(axes.begin(), axes.end());
  if (axes != std::vector<std::int64_t>{2, 3}) {
    node.attributes().fail("axes", fmt::format("found [{}], supported [2, 3] (height and width)",
                                               fmt::join(node.attributes().integers("axes"), ", ")));
  }
  const std::int64_t keep = node.attributes().integer("keepdims", 1);
  if (keep != 0 && keep != 1) {
    node.attributes().fail("keepdims", fmt::format("found {}, supported 0 and 1", keep));
  }
  if (keep == 1) {
    node.emit(GlobalAveragePoolOp{}, {input}, 4);
    return;
  }
  const ImportedValue pooled = node.emit_helper(".mean", GlobalAveragePoolOp{}, {input}, 4);
  node.emit(FlattenOp{}, {pooled}, 2);
}

constexpr std::array<Converter, 4> kConverters{{{"MaxPool", convert_max_pool},
                                                {"AveragePool", convert_average_pool},
                                                {"GlobalAveragePool", convert_global_average_pool},
                                                {"ReduceMean", convert_reduce_mean}}};

}  // namespace

std::span<const Converter> pool_converters() { return kConverters; }

}  // namespace npu::compiler
