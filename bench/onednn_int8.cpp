#include "bench/onednn_int8.h"

#include <omp.h>

#include <cstring>

#include "hw/common/error.h"

namespace npu::bench {
namespace {

using dnnl::memory;

constexpr float kOutputScale = 0.001F;  // any value does

memory::dims dims_of(const compiler::QTensor& tensor) {
  return {1, tensor.shape.channels, tensor.shape.height, tensor.shape.width};
}

}  // namespace

OnednnInt8::OnednnInt8(const compiler::QuantizedGraph& graph) : graph_(graph) {
  omp_set_num_threads(1);
  for (const auto& tensor : graph.tensors) {
    maps_.push_back(filled({dims_of(tensor), memory::data_type::u8, memory::format_tag::nhwc}));
  }
  for (const auto& node : graph.nodes) {
    if (const auto* conv = std::get_if<compiler::QConv>(&node.op)) {
      add(*conv);
    } else if (const auto* sum = std::get_if<compiler::QAdd>(&node.op)) {
      add(*sum);
    } else if (const auto* pool = std::get_if<compiler::QAveragePool>(&node.op)) {
      add(*pool);
    } else {
      NPU_CHECK(false, "the oneDNN comparison knows convolutions, additions and average pools only");
    }
  }
}

void OnednnInt8::run() {
  for (const auto& step : steps_) step.primitive.execute(stream_, step.arguments);
  stream_.wait();
}

memory OnednnInt8::filled(const memory::desc& desc) {
  memory result(desc, engine_);
  std::memset(result.get_data_handle(), 3, desc.get_size());
  return result;
}

void OnednnInt8::add(const compiler::QConv& conv) {
  const memory& source = map_of(conv.input);
  const memory& target = map_of(conv.output);
  const auto& window = conv.window;
  const memory::dim inputs = source.get_desc().dims()[1] / conv.groups;
  const memory::dim outputs = target.get_desc().dims()[1] / conv.groups;
  memory::dims weights{outputs, inputs, window.kernel_height, window.kernel_width};
  if (conv.groups > 1) weights.insert(weights.begin(), conv.groups);
  const dnnl::convolution_forward::desc desc(
      dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, source.get_desc(),
      {weights, memory::data_type::s8, memory::format_tag::any},
      {{outputs * conv.groups}, memory::data_type::s32, memory::format_tag::a}, target.get_desc(),
      {window.stride_height, window.stride_width}, {window.pad_top, window.pad_left},
      {window.pad_bottom, window.pad_right});
  dnnl::primitive_attr attributes;
  attributes.set_output_scales(0, {kOutputScale});
  const dnnl::convolution_forward::primitive_desc primitive(desc, attributes, engine_);
  steps_.push_back({dnnl::convolution_forward(primitive),
                    {{DNNL_ARG_SRC, source},
                     {DNNL_ARG_WEIGHTS, filled(primitive.weights_desc())},
                     {DNNL_ARG_BIAS, filled(primitive.bias_desc())},
                     {DNNL_ARG_DST, target}}});
}

void OnednnInt8::add(const compiler::QAdd& sum) {
  const dnnl::binary::desc desc(dnnl::algorithm::binary_add, map_of(sum.a).get_desc(),
                                map_of(sum.b).get_desc(), map_of(sum.output).get_desc());
  dnnl::primitive_attr attributes;
  attributes.set_scales(DNNL_ARG_SRC_0, 0, {0.5F});
  attributes.set_scales(DNNL_ARG_SRC_1, 0, {0.5F});
  steps_.push_back({dnnl::binary({desc, attributes, engine_}),
                    {{DNNL_ARG_SRC_0, map_of(sum.a)},
                     {DNNL_ARG_SRC_1, map_of(sum.b)},
                     {DNNL_ARG_DST, map_of(sum.output)}}});
}

void OnednnInt8::add(const compiler::QAveragePool& pool) {
  const auto& window = pool.window;
  const dnnl::pooling_forward::desc desc(
      dnnl::prop_kind::forward_inference, dnnl::algorithm::pooling_avg_exclude_padding,
      map_of(pool.input).get_desc(), map_of(pool.output).get_desc(),
      {window.stride_height, window.stride_width}, {window.kernel_height, window.kernel_width},
      {window.pad_top, window.pad_left}, {window.pad_bottom, window.pad_right});
  steps_.push_back({dnnl::pooling_forward({desc, engine_}),
                    {{DNNL_ARG_SRC, map_of(pool.input)}, {DNNL_ARG_DST, map_of(pool.output)}}});
}

}  // namespace npu::bench
