#include "sim/cli/functional_executor.h"

#include "compiler/codegen/compile.h"
#include "compiler/refine/parallel_for.h"
#include "sim/engines/functional/functional_engine.h"

namespace npu::sim {

compiler::GraphExecutor functional_executor(const hw::ArchConfig& arch, int threads) {
  return [&arch, threads](const compiler::QuantizedGraph& graph,
                          const std::vector<std::vector<std::int32_t>>& inputs) {
    const hw::Program program = compiler::compile(graph, arch);
    const auto workers = static_cast<std::size_t>(threads);
    std::vector<std::vector<std::int32_t>> outputs(inputs.size());
    compiler::parallel_for(workers, threads, [&](std::size_t worker) {
      FunctionalEngine engine(program);
      for (std::size_t i = worker; i < inputs.size(); i += workers) outputs[i] = engine.run(inputs[i]);
    });
    return outputs;
  };
}

}  // namespace npu::sim
