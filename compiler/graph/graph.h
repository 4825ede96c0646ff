// The float network: a directed acyclic graph of operators on feature maps [1][channel][height][width],
// float32. Nodes stand in topological order. Weights are shared, immutable arrays.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "compiler/graph/given_quantization.h"

namespace npu::compiler {

/// Feature map shape. A vector of features (after Flatten) has height = width = 1.
struct MapShape {
  std::int64_t channels = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;

  std::int64_t elements() const { return channels * height * width; }
  friend bool operator==(const MapShape&, const MapShape&) = default;
};

/// Never null in a verified graph: "none" is an empty array, which is also what members default to.
using FloatArray = std::shared_ptr<const std::vector<float>>;
FloatArray make_array(std::vector<float> values);
FloatArray empty_array();

/// Window geometry of convolutions and pools. Bottom and right pads are explicit, so that output sizes
/// follow.
struct Window {
  std::int64_t kernel_height = 1;
  std::int64_t kernel_width = 1;
  std::int64_t stride_height = 1;
  std::int64_t stride_width = 1;
  std::int64_t pad_top = 0;
  std::int64_t pad_left = 0;
  std::int64_t pad_bottom = 0;
  std::int64_t pad_right = 0;
  bool ceil_mode = false;  ///< pools only: the last, partial window counts

  friend bool operator==(const Window&, const Window&) = default;
};

/// y = x for x in [low, high], clamped outside; LeakyReLU: alpha * x for x < 0 (low, high unlimited then).
struct Activation {
  enum class Kind { kNone, kClamp, kLeaky };
  Kind kind = Kind::kNone;
  float low = 0;
  float high = 0;  ///< +infinity for ReLU
  float alpha = 0;

  friend bool operator==(const Activation&, const Activation&) = default;
};

/// weights [out_channel][in_channel / groups][kernel_h][kernel_w]; bias [out_channel], empty array if none.
struct ConvOp {
  Window window;
  std::int64_t groups = 1;
  std::int64_t out_channels = 0;
  FloatArray weights = empty_array();
  FloatArray bias = empty_array();
  Activation activation;  ///< fused behind the bias; kNone until the fusion pass
  /// Batch-norm statistics of the *output* channels, kept by folding for analytic bias correction; empty if
  /// none.
  FloatArray output_mean = empty_array();
  FloatArray output_deviation = empty_array();
};
/// y = scale * (x - mean) / sqrt(variance + epsilon) + bias, per channel.
struct BatchNormOp {
  FloatArray scale = empty_array();
  FloatArray bias = empty_array();
  FloatArray mean = empty_array();
  FloatArray variance = empty_array();
  float epsilon = 1e-5F;
};
struct ActivationOp {
  Activation activation;
};
struct AddOp {
  Activation activation;  ///< fused behind the sum
};
struct ConcatOp {};  ///< along channels
struct MaxPoolOp {
  Window window;
};
struct AveragePoolOp {
  Window window;
  bool count_include_pad = false;
};
struct GlobalAveragePoolOp {};
struct FlattenOp {};  ///< [c][h][w] -> c*h*w features
/// y = W x + b: weights [out_feature][in_feature], bias [out_feature] or empty.
struct GemmOp {
  std::int64_t out_features = 0;
  FloatArray weights = empty_array();
  FloatArray bias = empty_array();
};
struct PadOp {  ///< zero padding of rows and columns
  std::int64_t top = 0, left = 0, bottom = 0, right = 0;
};
struct IdentityOp {};
struct SoftmaxOp {};  ///< at the end of the network only

using Operator = std::variant<ConvOp, BatchNormOp, ActivationOp, AddOp, ConcatOp, MaxPoolOp, AveragePoolOp,
                              GlobalAveragePoolOp, FlattenOp, GemmOp, PadOp, IdentityOp, SoftmaxOp>;

/// "conv", "batch_norm", ...
const char* operator_name(const Operator& op);

struct Node {
  std::string name;  ///< unique
  Operator op;
  std::vector<std::string> inputs;  ///< value names
  std::string output;               ///< value name, unique; every node has one output
};

struct Graph {
  std::string name;
  std::string input;  ///< value name
  MapShape input_shape;
  std::string output;            ///< value name
  std::vector<Node> nodes;       ///< topological order
  bool ends_in_softmax = false;  ///< a Softmax was cut off the end
  GivenQuantization given;  ///< of a model that comes quantised; names are those of values and nodes here
};

using ShapeMap = std::map<std::string, MapShape>;

/// Largest extent of one axis and largest number of elements of one feature map.
inline constexpr std::int64_t kMaximumExtent = 65'535;
inline constexpr std::int64_t kMaximumElements = std::int64_t{1} << 31;

/// Shape of every value. Throws GraphError naming node, operator, found and expected (channel mismatch, empty
/// output, sizes beyond 65,535 per axis or 2^31 elements).
ShapeMap infer_shapes(const Graph& graph);

/// The same for the output of one node whose inputs are in `shapes`: for building a graph step by step.
MapShape infer_node_shape(const Node& node, const ShapeMap& shapes);

/// Output extent of a window over `size` with the given pads; ONNX rules. With ceil_mode a last, partial
/// window counts only if it begins inside the map or its leading pad, so that no window lies in padding
/// alone. May be <= 0.
std::int64_t window_output(std::int64_t size, std::int64_t kernel, std::int64_t stride,
                           std::int64_t pad_before, std::int64_t pad_after, bool ceil_mode);

/// Structural checks between passes: unique names, topological order, every input produced, arities, array
/// sizes against shapes, one output reachable, no NaN or infinity in weights. Throws GraphError.
void verify_graph(const Graph& graph);

/// Multiply-accumulates (conv and gemm) and parameters (weights, biases, batch-norm scale and shift) of one
/// node.
std::int64_t node_macs(const Node& node, const ShapeMap& shapes);
std::int64_t node_parameters(const Node& node);

}  // namespace npu::compiler
