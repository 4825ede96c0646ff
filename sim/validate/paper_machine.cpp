#include "sim/validate/paper_machine.h"

#include "compiler/codegen/compile.h"
#include "compiler/passes/pipeline.h"
#include "compiler/quant/shape_graph.h"
#include "hw/energy/energy_table.h"
#include "sim/engines/estimate/estimate_engine.h"
#include "workloads/networks.h"

namespace npu::sim {

PaperMachine::PaperMachine(const std::string& preset, const std::filesystem::path& config_root,
                           compiler::MapperEffort effort)
    : arch_(hw::load_arch(config_root / "arch" / (preset + ".json"))),
      config_root_(config_root),
      effort_(effort) {}

const PaperRun& PaperMachine::run(const std::string& network, Dataflows dataflows) {
  const auto known = runs_.find({network, dataflows});
  if (known != runs_.end()) return known->second;
  hw::ArchConfig arch = arch_;
  if (dataflows == Dataflows::kWeightStationaryOnly) arch.pe_array.output_stationary = false;
  if (dataflows == Dataflows::kOutputStationaryOnly) arch.pe_array.weight_stationary = false;
  const auto shapes = compiler::shape_graph(compiler::canonicalise(workloads::outline_network(network)));
  compiler::PlanCache plans(arch, effort_);
  const auto program = compiler::compile_shapes(shapes, arch, plans);
  const auto estimated = estimate(program, arch);
  PaperRun run;
  run.kcycles = static_cast<double>(estimated.cycles) / 1e3;
  run.energy = hw::energy_of(estimated.counts, hw::load_unit_energies(arch, config_root_)).total;
  for (std::size_t index = 0; index < program.layers.size(); ++index) {
    const auto& layer = program.layers[index];
    if (layer.dataflow.empty()) continue;
    run.layers.push_back(
        {layer.name, layer.dataflow, static_cast<double>(estimated.layers[index].cycles) / 1e3});
  }
  return runs_.emplace(std::pair(network, dataflows), std::move(run)).first->second;
}

}  // namespace npu::sim
