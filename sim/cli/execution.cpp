#include "sim/cli/execution.h"

#include "hw/common/hash.h"
#include "hw/common/stopwatch.h"
#include "sim/engines/common/tensor_io.h"
#include "sim/engines/estimate/estimate_engine.h"
#include "sim/engines/functional/functional_engine.h"

namespace npu::sim {

RunReport describe_run(const PreparedProgram& prepared, const hw::ArchConfig& arch,
                       const std::string& arch_source, const std::string& engine) {
  RunReport report;
  report.arch = arch;
  report.arch_source = arch_source;
  report.program = prepared.program;
  report.network_source = prepared.network_source;
  report.shift_bits = prepared.shift_bits;
  report.engine = engine;
  if (prepared.calibration) {
    report.calibration_source = prepared.calibration->source;
    report.calibration_inputs = prepared.calibration->inputs;
  } else if (prepared.quantized) {
    report.calibration_source = "none: every scale is given by " + prepared.float_graph->given.source;
  }
  report.host.calibration = prepared.calibration_seconds;
  report.host.compile = prepared.compile_seconds;
  return report;
}

std::vector<std::int32_t> run_with_data(const std::vector<std::int32_t>& input,
                                        const std::filesystem::path& configs, const SystemcOptions& options,
                                        RunReport& report) {
  FunctionalEngine engine(report.program);
  std::vector<std::int32_t> output = engine.run(input);
  const auto bytes = element_bytes_of(output, report.program.format.activation_bytes());
  report.output_sha256 = sha256_hex(bytes);
  report.saturated = engine.saturated();
  if (report.engine == "systemc") {
    const auto energies = hw::load_unit_energies(report.arch, configs);
    const Stopwatch watch;
    report.timed = TimedRun{run_systemc(report.program, report.arch, input, options), energies};
    report.host.simulation = watch.seconds();
    compare_outputs(report.timed->result.output, bytes, report.check);
  }
  return output;
}

void run_without_data(const std::filesystem::path& configs, RunReport& report) {
  const auto energies = hw::load_unit_energies(report.arch, configs);
  const Stopwatch watch;
  report.timed = TimedRun{run_estimate(report.program, report.arch), energies};
  report.host.simulation = watch.seconds();
  report.input_source = "none (an estimate has no data)";
}

void compare_outputs(const std::vector<std::uint8_t>& timed, const std::vector<std::uint8_t>& functional,
                     EngineCheck& check) {
  ++check.compared;
  if (timed != functional) ++check.different;
}

}  // namespace npu::sim
