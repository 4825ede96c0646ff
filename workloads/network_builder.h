// Builds a float graph layer by layer with random weights of realistic spread. Batch norms get their mean and
// variance afterwards, from measured activations (settle_statistics.h), as training would have given them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"

namespace npu::workloads {

/// A value of the graph under construction.
struct Value {
  std::string name;
  compiler::MapShape shape;
};

/// What a generator is asked for.
struct BuildOptions {
  std::string name;  ///< of the graph
  std::uint64_t seed = 1;
  /// False: an outline, all weights zero. For shapes, sizes and anything else that needs no values; a
  /// hundred times faster.
  bool weights = true;
};

struct ConvLayer {
  std::string name;
  std::int64_t out_channels = 0;
  compiler::Window window;
  std::int64_t groups = 1;
};

/// Square window with the same pads on all sides.
compiler::Window square_window(std::int64_t kernel, std::int64_t stride, std::int64_t pad);

class NetworkBuilder {
 public:
  NetworkBuilder(const BuildOptions& options, const compiler::MapShape& input);

  Value input() const { return {graph_.input, graph_.input_shape}; }

  /// Convolution without bias followed by batch norm ("NAME" and "NAME.bn"), as frameworks export them before
  /// folding.
  Value conv_norm(const ConvLayer& layer, const Value& in);
  /// Convolution with a bias, from networks without batch norms. Its channels get the mean and the spread
  /// that a batch norm would have given them, folded into weights and bias.
  Value conv_bias(const ConvLayer& layer, const Value& in);
  Value relu(const Value& in);
  Value relu6(const Value& in);
  Value leaky_relu(const Value& in, float alpha);
  Value concat(const std::string& name, const std::vector<Value>& inputs);
  Value add(const std::string& name, const Value& a, const Value& b);
  Value max_pool(const std::string& name, const Value& in, const compiler::Window& window);
  Value global_average_pool(const std::string& name, const Value& in);
  Value flatten(const std::string& name, const Value& in);
  /// Fully connected layer with bias on flattened features.
  Value fully_connected(const std::string& name, const Value& in, std::int64_t features);
  /// A 1x1 convolution with bias whose channels are the classes' scores at each pixel.
  Value score_maps(const std::string& name, const Value& in, std::int64_t classes);
  /// Global average pool, flatten and a fully connected layer with bias.
  Value classifier(const std::string& name, const Value& in, std::int64_t classes);

  /// Settles the batch norms and the classifier on synthetic inputs, absorbs the norms of conv_bias, and
  /// returns the verified graph.
  compiler::Graph finish(const Value& output);

 private:
  Value append(const std::string& name, compiler::Operator op, const std::vector<Value>& inputs,
               const compiler::MapShape& shape, const std::string& output = {});
  Value clamp(const Value& in, float high, const char* suffix);

  struct ConvPair {
    compiler::ConvOp conv;
    compiler::BatchNormOp norm;
  };
  ConvPair make_conv(const ConvLayer& layer, const Value& in) const;
  compiler::FloatArray dense_weights(const std::string& name, std::int64_t outputs,
                                     std::int64_t inputs) const;

  compiler::Graph graph_;
  BuildOptions options_;
  bool absorb_norms_ = false;
};

}  // namespace npu::workloads
