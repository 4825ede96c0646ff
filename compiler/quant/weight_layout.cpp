#include "compiler/quant/weight_layout.h"

namespace npu::compiler {
namespace {

/// visit(position in [out][in][tap], position in [out][tap][in])
template <class Visit>
void for_weights(std::size_t count, const ConvOp& op, const Visit& visit) {
  const auto area = static_cast<std::size_t>(op.window.kernel_height * op.window.kernel_width);
  const auto outputs = static_cast<std::size_t>(op.out_channels);
  const std::size_t inputs = count / outputs / area;
  for (std::size_t out = 0; out < outputs; ++out) {
    for (std::size_t in = 0; in < inputs; ++in) {
      for (std::size_t tap = 0; tap < area; ++tap) {
        visit((out * inputs + in) * area + tap, (out * area + tap) * inputs + in);
      }
    }
  }
}

}  // namespace

std::vector<std::int16_t> channel_innermost(const std::vector<std::int16_t>& values, const ConvOp& op) {
  std::vector<std::int16_t> result(values.size());
  for_weights(values.size(), op,
              [&](std::size_t outer, std::size_t inner) { result[inner] = values[outer]; });
  return result;
}

std::vector<std::int16_t> channel_outermost(const std::vector<std::int16_t>& values, const ConvOp& op) {
  std::vector<std::int16_t> result(values.size());
  for_weights(values.size(), op,
              [&](std::size_t outer, std::size_t inner) { result[outer] = values[inner]; });
  return result;
}

}  // namespace npu::compiler
