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
  NetworkBuilder(std::string name, const compiler::MapShape& input, std::uint64_t seed);

  Value input() const { return {graph_.input, graph_.input_shape}; }

  /// Convolution without bias followed by batch norm ("NAME" and "NAME.bn"), as frameworks export them before
  /// folding.
  Value conv_norm(const ConvLayer& layer, const Value& in);
  Value relu(const Value& in);
  Value relu6(const Value& in);
  Value add(const std::string& name, const Value& a, const Value& b);
  Value max_pool(const std::string& name, const Value& in, const compiler::Window& window);
  /// Global average pool, flatten and a fully connected layer with bias.
  Value classifier(const std::string& name, const Value& in, std::int64_t classes);

  /// Settles the batch norms and the classifier's bias on synthetic inputs and returns the verified graph.
  compiler::Graph finish(const Value& output);

 private:
  Value append(std::string name, compiler::Operator op, const std::vector<Value>& inputs,
               const compiler::MapShape& shape);
  Value clamp(const Value& in, float high, const char* suffix);

  compiler::Graph graph_;
  std::uint64_t seed_;
};

}  // namespace npu::workloads
