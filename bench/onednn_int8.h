// The operators of a quantised network as oneDNN's int8 primitives, to have a measure for the functional
// engine's speed. Shapes and operators are the network's; numbers are not (random weights, one rounding rule,
// no shifts), so only the time means something.
#pragma once

#include <cstdint>
#include <dnnl.hpp>
#include <unordered_map>
#include <vector>

#include "compiler/quant/quantized_graph.h"

namespace npu::bench {

class OnednnInt8 {
 public:
  /// One thread. Convolutions, additions and average pools; NPU_CHECK on others.
  explicit OnednnInt8(const compiler::QuantizedGraph& graph);

  /// One image.
  void run();

 private:
  struct Step {
    dnnl::primitive primitive;
    std::unordered_map<int, dnnl::memory> arguments;
  };

  void add(const compiler::QConv& conv);
  void add(const compiler::QAdd& sum);
  void add(const compiler::QAveragePool& pool);
  dnnl::memory& map_of(compiler::TensorId id) { return maps_[static_cast<std::size_t>(id)]; }
  dnnl::memory filled(const dnnl::memory::desc& desc);

  const compiler::QuantizedGraph& graph_;
  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream_{engine_};
  std::vector<dnnl::memory> maps_;  ///< u8, channels innermost
  std::vector<Step> steps_;
};

}  // namespace npu::bench
