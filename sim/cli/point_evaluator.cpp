#include "sim/cli/point_evaluator.h"

#include "compiler/codegen/compile.h"
#include "compiler/passes/pipeline.h"
#include "compiler/quant/shape_graph.h"
#include "hw/common/error.h"
#include "hw/common/file.h"
#include "hw/common/hash.h"
#include "hw/energy/energy_table.h"
#include "sim/cli/config_files.h"
#include "sim/cli/host_data.h"
#include "sim/cli/network_source.h"
#include "sim/cli/prepare.h"
#include "sim/engines/estimate/estimate_engine.h"
#include "sim/engines/systemc/systemc_engine.h"

namespace npu::sim {
namespace {

std::int64_t macs_of(const hw::Program& program) {
  std::int64_t macs = 0;
  for (const auto& layer : program.layers) macs += layer.macs;
  return macs;
}

PointAnswer without_values(PointStatus status, const char* message) {
  PointAnswer answer;
  answer.status = status;
  answer.message = message;
  return answer;
}

}  // namespace

const compiler::QuantizedGraph& PointEvaluator::shapes_of(const std::string& network) {
  const auto known = shapes_.find(network);
  if (known != shapes_.end()) return known->second;
  return shapes_.emplace(network, compiler::shape_graph(compiler::canonicalise(load_outline(network))))
      .first->second;
}

compiler::PlanCache& PointEvaluator::plans_for(const hw::ArchConfig& arch) {
  const std::string hash = hw::arch_hash(arch);
  if (!plans_ || hash != plans_arch_hash_) {
    plans_.emplace(arch, compiler::MapperEffort::kQuick);
    plans_arch_hash_ = hash;
  }
  return *plans_;
}

MeasuredPoint PointEvaluator::estimate_point(const std::string& network, const hw::ArchConfig& arch) {
  const hw::Program program = compiler::compile_shapes(shapes_of(network), arch, plans_for(arch));
  const Estimate estimated = estimate(program, arch);
  return {estimated.cycles, estimated.counts, macs_of(program)};
}

// The estimate's program with weights and one random input.
MeasuredPoint PointEvaluator::simulate_point(const std::string& network, const hw::ArchConfig& arch) {
  NetworkOptions options;
  options.network = network;
  options.calibration = kSyntheticCalibration;
  options.mapper = compiler::MapperEffort::kQuick;
  auto known = calibrated_.find(network);
  if (known == calibrated_.end())
    known = calibrated_.emplace(network, calibrate_network(options, false)).first;
  PreparedProgram prepared = known->second;
  compile_network(options, arch, prepared);
  const RunResult result =
      run_systemc(prepared.program, arch, synthetic_codes(prepared.program, options.seed));
  return {result.cycles, result.counts, macs_of(prepared.program)};
}

PointAnswer PointEvaluator::evaluate(const PointRequest& request) {
  try {
    if (request.engine == "functional") return accuracy_.evaluate(request);
    const hw::ArchConfig arch = hw::arch_from_json(request.arch, "machine");
    const MeasuredPoint measured = request.engine == "systemc" ? simulate_point(request.network, arch)
                                                               : estimate_point(request.network, arch);
    const hw::UnitEnergies energies = hw::load_unit_energies(arch, config_root());
    const hw::EnergyBreakdown energy = hw::energy_of(measured.counts, energies);
    PointAnswer answer;
    const auto cycles = static_cast<double>(measured.cycles);
    const double seconds = cycles / arch.clock_hz;
    value_of(answer.values, Metric::kCycles) = cycles;
    value_of(answer.values, Metric::kLatency) = seconds;
    value_of(answer.values, Metric::kEnergy) = energy.total;
    value_of(answer.values, Metric::kEnergyDelay) = energy.total * seconds;
    value_of(answer.values, Metric::kDramBytes) = static_cast<double>(measured.counts[hw::Component::kDram]);
    value_of(answer.values, Metric::kUtilisation) =
        100.0 * static_cast<double>(measured.macs) / (cycles * arch.pe_array.pe_count());
    if (energies.area) value_of(answer.values, Metric::kArea) = energies.area->total_mm2;
    answer.details["energy_unit"] = energies.unit;
    for (int component = 0; component < hw::kComponents; ++component) {
      answer.details["energy"][std::string(hw::component_name(static_cast<hw::Component>(component)))] =
          energy.by_component[static_cast<std::size_t>(component)];
    }
    return answer;
  } catch (const SimulationError& error) {
    return without_values(PointStatus::kFailed, error.what());
  } catch (const Error& error) {
    return without_values(PointStatus::kRefused, error.what());
  } catch (const InternalError& error) {
    return without_values(PointStatus::kFailed, error.what());
  }
}

std::string network_hash(const std::string& network) {
  if (is_built_in(network)) return sha256_hex("built-in " + network);
  return sha256_hex(read_file(network));
}

}  // namespace npu::sim
