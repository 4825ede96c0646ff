// Lowers each operator of the float graph to oneDNN primitives. What it does not model: training, batches
// above one, integer types.
#include "compiler/data/float_plan.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "compiler/data/float_storage.h"
#include "hw/common/error.h"

namespace npu::compiler {
namespace {

using dnnl::algorithm;
using dnnl::memory;
using dnnl::prop_kind;

memory::desc any_desc(const MapShape& shape) {
  return {dims_of(shape), memory::data_type::f32, memory::format_tag::any};
}

struct Eltwise {
  algorithm kind = algorithm::eltwise_linear;
  float alpha = 1;
  float beta = 0;
};

Eltwise eltwise_of(const Activation& activation) {
  constexpr float kLargest = std::numeric_limits<float>::max();
  switch (activation.kind) {
    case Activation::Kind::kLeaky:
      return {algorithm::eltwise_relu, activation.alpha, 0};
    case Activation::Kind::kClamp:
      return {algorithm::eltwise_clip, std::max(activation.low, -kLargest),
              std::min(activation.high, kLargest)};
    case Activation::Kind::kNone:
      break;
  }
  return {};
}

dnnl::primitive_attr attributes_of(const Activation& activation) {
  dnnl::primitive_attr attributes;
  if (activation.kind == Activation::Kind::kNone) return attributes;
  const Eltwise eltwise = eltwise_of(activation);
  dnnl::post_ops operations;
  operations.append_eltwise(1.0F, eltwise.kind, eltwise.alpha, eltwise.beta);
  attributes.set_post_ops(operations);
  return attributes;
}

class Builder {
 public:
  Builder(const Graph& graph, const ShapeMap& shapes)
      : graph_(graph), shapes_(shapes), storage_(plan_.engine) {}

  FloatPlan build() {
    ids_[graph_.input] = storage_.create(plain_desc(graph_.input_shape), -1);
    plan_.values[graph_.input] = storage_.memory(ids_[graph_.input]);
    for (const Node& node : graph_.nodes) {
      node_ = &node;
      plan_.nodes.push_back({node.output, {}});
      for (const auto& input : node.inputs) storage_.use(ids_.at(input), index());
      try {
        std::visit([this](const auto& op) { add(op); }, node.op);
      } catch (const dnnl::error& error) {
        throw GraphError(node.name, std::string("oneDNN cannot run this operator: ") + error.what());
      }
    }
    storage_.use(ids_.at(graph_.output), index());
    plan_.buffers = storage_.assign_buffers();
    return std::move(plan_);
  }

 private:
  std::int64_t index() const { return static_cast<std::int64_t>(plan_.nodes.size()) - 1; }
  const MapShape& input_shape(std::size_t i = 0) const { return shapes_.at(node_->inputs[i]); }
  const MapShape& output_shape() const { return shapes_.at(node_->output); }
  const memory& input(std::size_t i = 0) const { return plan_.values.at(node_->inputs[i]); }
  memory::desc input_desc(std::size_t i = 0) const { return input(i).get_desc(); }

  void step(const dnnl::primitive& primitive, std::unordered_map<int, memory> arguments) {
    plan_.nodes.back().steps.push_back({primitive, std::move(arguments)});
  }
  memory make_output(const memory::desc& desc) {
    const auto id = storage_.create(desc, index());
    ids_[node_->output] = id;
    return plan_.values[node_->output] = storage_.memory(id);
  }
  memory temporary(const memory::desc& desc) { return storage_.memory(storage_.create(desc, index())); }
  // The output is the input's bytes, seen through `desc`.
  void alias_output(const memory::desc& desc) {
    const auto id = ids_.at(node_->inputs[0]);
    ids_[node_->output] = id;
    plan_.values[node_->output] = storage_.view(id, desc);
  }
  memory reordered(const memory& source, const memory::desc& desc) {
    if (source.get_desc() == desc) return source;
    memory target = temporary(desc);
    step(dnnl::reorder(dnnl::reorder::primitive_desc(plan_.engine, source.get_desc(), plan_.engine, desc)),
         {{DNNL_ARG_FROM, source}, {DNNL_ARG_TO, target}});
    return target;
  }
  // Weights in the layout a primitive wants, copied and reordered now.
  memory constant(const FloatArray& values, const memory::dims& dims, memory::format_tag tag,
                  const memory::desc& wanted) const {
    const memory::desc desc(dims, memory::data_type::f32, tag);
    memory source(desc, plan_.engine);
    std::copy(values->begin(), values->end(), static_cast<float*>(source.get_data_handle()));
    if (desc == wanted) return source;
    memory target(wanted, plan_.engine);
    dnnl::stream stream(plan_.engine);
    dnnl::reorder(source, target).execute(stream, source, target);
    stream.wait();
    return target;
  }
  memory vector_constant(const FloatArray& values) const {
    const memory::dims dims{static_cast<memory::dim>(values->size())};
    return constant(values, dims, memory::format_tag::a,
                    {dims, memory::data_type::f32, memory::format_tag::a});
  }

  void add(const ConvOp& conv) {
    const Window& window = conv.window;
    const std::int64_t inputs = input_shape().channels;
    memory::dims weight_dims{conv.out_channels, inputs, window.kernel_height, window.kernel_width};
    memory::format_tag tag = memory::format_tag::oihw;
    if (conv.groups > 1) {
      weight_dims = {conv.groups, conv.out_channels / conv.groups, inputs / conv.groups, window.kernel_height,
                     window.kernel_width};
      tag = memory::format_tag::goihw;
    }
    const memory::desc weights_any(weight_dims, memory::data_type::f32, memory::format_tag::any);
    const memory::dims strides{window.stride_height, window.stride_width};
    const memory::dims before{window.pad_top, window.pad_left};
    const memory::dims after{window.pad_bottom, window.pad_right};
    std::unordered_map<int, memory> arguments;
    memory::desc bias_desc;
    if (!conv.bias->empty()) {
      arguments[DNNL_ARG_BIAS] = vector_constant(conv.bias);
      bias_desc = arguments[DNNL_ARG_BIAS].get_desc();
    }
    using Convolution = dnnl::convolution_forward;
    const Convolution::desc desc =
        conv.bias->empty() ? Convolution::desc(prop_kind::forward_inference, algorithm::convolution_direct,
                                               any_desc(input_shape()), weights_any, any_desc(output_shape()),
                                               strides, before, after)
                           : Convolution::desc(prop_kind::forward_inference, algorithm::convolution_direct,
                                               any_desc(input_shape()), weights_any, bias_desc,
                                               any_desc(output_shape()), strides, before, after);
    const Convolution::primitive_desc primitive(desc, attributes_of(conv.activation), plan_.engine);
    arguments[DNNL_ARG_SRC] = reordered(input(), primitive.src_desc());
    arguments[DNNL_ARG_WEIGHTS] = constant(conv.weights, weight_dims, tag, primitive.weights_desc());
    arguments[DNNL_ARG_DST] = make_output(primitive.dst_desc());
    step(Convolution(primitive), std::move(arguments));
  }

  void add(const GemmOp& gemm) {
    const memory::dims weight_dims{gemm.out_features, input_shape().channels, 1, 1};
    const memory::desc weights_any(weight_dims, memory::data_type::f32, memory::format_tag::any);
    const memory::desc output({1, gemm.out_features}, memory::data_type::f32, memory::format_tag::nc);
    std::unordered_map<int, memory> arguments;
    using Product = dnnl::inner_product_forward;
    const auto make_desc = [&] {
      if (gemm.bias->empty()) {
        return Product::desc(prop_kind::forward_inference, any_desc(input_shape()), weights_any, output);
      }
      arguments[DNNL_ARG_BIAS] = vector_constant(gemm.bias);
      return Product::desc(prop_kind::forward_inference, any_desc(input_shape()), weights_any,
                           arguments[DNNL_ARG_BIAS].get_desc(), output);
    };
    const Product::primitive_desc primitive(make_desc(), plan_.engine);
    arguments[DNNL_ARG_SRC] = reordered(input(), primitive.src_desc());
    arguments[DNNL_ARG_WEIGHTS] =
        constant(gemm.weights, weight_dims, memory::format_tag::oihw, primitive.weights_desc());
    memory result = make_output(plain_desc(output_shape()));
    arguments[DNNL_ARG_DST] = storage_.view(ids_.at(node_->output), output);
    step(Product(primitive), std::move(arguments));
  }

  void add(const BatchNormOp& norm) {
    using Norm = dnnl::batch_normalization_forward;
    const auto flags = dnnl::normalization_flags::use_global_stats | dnnl::normalization_flags::use_scale |
                       dnnl::normalization_flags::use_shift;
    const Norm::primitive_desc primitive(
        Norm::desc(prop_kind::forward_inference, input_desc(), norm.epsilon, flags), plan_.engine);
    step(Norm(primitive), {{DNNL_ARG_SRC, input()},
                           {DNNL_ARG_MEAN, vector_constant(norm.mean)},
                           {DNNL_ARG_VARIANCE, vector_constant(norm.variance)},
                           {DNNL_ARG_SCALE, vector_constant(norm.scale)},
                           {DNNL_ARG_SHIFT, vector_constant(norm.bias)},
                           {DNNL_ARG_DST, make_output(input_desc())}});
  }

  void add(const ActivationOp& op) {
    const Eltwise eltwise = eltwise_of(op.activation);
    using Forward = dnnl::eltwise_forward;
    const Forward::primitive_desc primitive(
        Forward::desc(prop_kind::forward_inference, eltwise.kind, input_desc(), eltwise.alpha, eltwise.beta),
        plan_.engine);
    step(Forward(primitive), {{DNNL_ARG_SRC, input()}, {DNNL_ARG_DST, make_output(input_desc())}});
  }

  void add(const AddOp& op) {
    const memory::desc desc = input_desc();
    const dnnl::binary::primitive_desc primitive(dnnl::binary::desc(algorithm::binary_add, desc, desc, desc),
                                                 attributes_of(op.activation), plan_.engine);
    const memory second = reordered(input(1), desc);
    step(dnnl::binary(primitive),
         {{DNNL_ARG_SRC_0, input()}, {DNNL_ARG_SRC_1, second}, {DNNL_ARG_DST, make_output(desc)}});
  }

  void add(const ConcatOp&) {
    std::vector<memory::desc> sources;
    std::unordered_map<int, memory> arguments;
    for (std::size_t i = 0; i < node_->inputs.size(); ++i) {
      sources.push_back(input_desc(i));
      arguments[DNNL_ARG_MULTIPLE_SRC + static_cast<int>(i)] = input(i);
    }
    constexpr int kChannelAxis = 1;
    const dnnl::concat::primitive_desc primitive(kChannelAxis, sources, plan_.engine);
    arguments[DNNL_ARG_DST] = make_output(primitive.dst_desc());
    step(dnnl::concat(primitive), std::move(arguments));
  }

  // Pads are given as they act: ceil mode is a longer bottom or right pad.
  void pool(algorithm kind, const Window& window, const memory& source) {
    const MapShape& out = output_shape();
    const auto source_dims = source.get_desc().dims();
    const auto pad_after = [](std::int64_t size, std::int64_t outputs, std::int64_t stride,
                              std::int64_t kernel, std::int64_t pad_before) {
      return (outputs - 1) * stride + kernel - size - pad_before;
    };
    const memory::dims after{
        pad_after(source_dims[2], out.height, window.stride_height, window.kernel_height, window.pad_top),
        pad_after(source_dims[3], out.width, window.stride_width, window.kernel_width, window.pad_left)};
    using Pooling = dnnl::pooling_forward;
    const Pooling::primitive_desc primitive(
        Pooling::desc(prop_kind::forward_inference, kind, source.get_desc(), any_desc(out),
                      {window.stride_height, window.stride_width},
                      {window.kernel_height, window.kernel_width}, {window.pad_top, window.pad_left}, after),
        plan_.engine);
    step(Pooling(primitive), {{DNNL_ARG_SRC, source}, {DNNL_ARG_DST, make_output(primitive.dst_desc())}});
  }

  void add(const MaxPoolOp& op) { pool(algorithm::pooling_max, op.window, input()); }

  void add(const AveragePoolOp& op) {
    const bool padded =
        op.window.pad_top + op.window.pad_left + op.window.pad_bottom + op.window.pad_right > 0;
    if (!op.count_include_pad || !padded) {
      pool(algorithm::pooling_avg_exclude_padding, op.window, input());
      return;
    }
    // Zeros written out count as pixels; what ceil mode adds beyond them does not.
    Window bare = op.window;
    bare.pad_top = bare.pad_left = bare.pad_bottom = bare.pad_right = 0;
    const PadOp pads{op.window.pad_top, op.window.pad_left, op.window.pad_bottom, op.window.pad_right};
    pool(algorithm::pooling_avg_exclude_padding, bare, storage_.memory(zero_padded(pads)));
  }

  void add(const GlobalAveragePoolOp&) {
    Window window;
    window.kernel_height = input_shape().height;
    window.kernel_width = input_shape().width;
    pool(algorithm::pooling_avg_exclude_padding, window, input());
  }

  void add(const FlattenOp&) {
    if (input_desc() == plain_desc(input_shape())) {
      alias_output(plain_desc(output_shape()));
      return;
    }
    memory result = make_output(plain_desc(output_shape()));
    const memory as_map = storage_.view(ids_.at(node_->output), plain_desc(input_shape()));
    step(dnnl::reorder(
             dnnl::reorder::primitive_desc(plan_.engine, input_desc(), plan_.engine, as_map.get_desc())),
         {{DNNL_ARG_FROM, input()}, {DNNL_ARG_TO, as_map}});
  }

  // The input with a frame of zeros, in plain layout. The frame is written once; each run copies the inside.
  FloatStorage::Id zero_padded(const PadOp& pads) {
    const MapShape& in = input_shape();
    const MapShape shape{in.channels, in.height + pads.top + pads.bottom, in.width + pads.left + pads.right};
    const auto id = storage_.create_zeroed(plain_desc(shape));
    const memory& target = storage_.memory(id);
    const memory::desc inside = target.get_desc().submemory_desc(dims_of(in), {0, 0, pads.top, pads.left});
    step(dnnl::reorder(dnnl::reorder::primitive_desc(plan_.engine, input_desc(), plan_.engine, inside)),
         {{DNNL_ARG_FROM, input()}, {DNNL_ARG_TO, target}});
    return id;
  }
  void add(const PadOp& op) {
    const auto id = zero_padded(op);
    ids_[node_->output] = id;
    plan_.values[node_->output] = storage_.memory(id);
  }

  void add(const IdentityOp&) { alias_output(input_desc()); }

  void add(const SoftmaxOp&) {
    using Forward = dnnl::softmax_forward;
    constexpr int kChannelAxis = 1;
    const memory source = reordered(input(), plain_desc(input_shape()));
    const Forward::primitive_desc primitive(
        Forward::desc(prop_kind::forward_inference, source.get_desc(), kChannelAxis), plan_.engine);
    step(Forward(primitive), {{DNNL_ARG_SRC, source}, {DNNL_ARG_DST, make_output(source.get_desc())}});
  }

  const Graph& graph_;
  const ShapeMap& shapes_;
  FloatPlan plan_;
  FloatStorage storage_;
  std::map<std::string, FloatStorage::Id> ids_;
  const Node* node_ = nullptr;
};

}  // namespace

dnnl::memory::dims dims_of(const MapShape& shape) { return {1, shape.channels, shape.height, shape.width}; }

dnnl::memory::desc plain_desc(const MapShape& shape) {
  return {dims_of(shape), memory::data_type::f32, memory::format_tag::nchw};
}

FloatPlan build_float_plan(const Graph& graph, const ShapeMap& shapes) {
  return Builder(graph, shapes).build();
}

}  // namespace npu::compiler
