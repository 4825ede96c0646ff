// Small float graphs by hand, and the check of an error's node and message.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"
#include "hw/common/error.h"
#include "tests/support.h"

namespace npu::tests {

class GraphMaker {
 public:
  explicit GraphMaker(const compiler::MapShape& input) {
    graph.name = "test";
    graph.input = "input";
    graph.input_shape = input;
  }

  /// Appends a node that makes a value of its own name, which is the network's output until the next one.
  std::string add(const std::string& name, compiler::Operator op, std::vector<std::string> inputs) {
    graph.nodes.push_back({name, std::move(op), std::move(inputs), name});
    graph.output = name;
    return name;
  }
  /// The same, reading the value made last.
  std::string then(const std::string& name, compiler::Operator op) {
    return add(name, std::move(op), {graph.output.empty() ? graph.input : graph.output});
  }

  compiler::Graph graph;
};

/// Convolution with the given weights; kernel, stride and pads square and symmetric.
inline compiler::ConvOp make_conv(std::int64_t out_channels, std::int64_t kernel, std::int64_t stride,
                                  std::int64_t pad, compiler::FloatArray weights) {
  compiler::ConvOp conv;
  conv.window = {kernel, kernel, stride, stride, pad, pad, pad, pad, false};
  conv.out_channels = out_channels;
  conv.weights = std::move(weights);
  return conv;
}

inline compiler::ActivationOp make_clamp(float low, float high) {
  return {{compiler::Activation::Kind::kClamp, low, high, 0.0F}};
}
inline compiler::ActivationOp make_leaky(float alpha) {
  return {{compiler::Activation::Kind::kLeaky, 0.0F, 0.0F, alpha}};
}

/// Requires that `action` throws a GraphError at `node` whose message holds every one of `parts`.
inline void expect_graph_error(const std::function<void()>& action, const std::string& node,
                               std::initializer_list<const char*> parts) {
  try {
    action();
  } catch (const GraphError& error) {
    INFO("message: " << error.what());
    CHECK(error.node() == node);
    for (const char* part : parts) {
      INFO("expected part: " << part);
      CHECK(std::string(error.what()).find(part) != std::string::npos);
    }
    return;
  }
  FAIL("no GraphError for node '" << node << "'");
}

}  // namespace npu::tests
