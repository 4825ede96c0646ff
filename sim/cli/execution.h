// One prepared program on one input: what every front end (npusim run, the library, Python) runs and reports.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "hw/arch/arch_config.h"
#include "sim/cli/prepare.h"
#include "sim/engines/systemc/systemc_engine.h"
#include "sim/report/run_report.h"

namespace npu::sim {

/// A report of everything that is known before the run. `arch_source`: the file `arch` was read from.
RunReport describe_run(const PreparedProgram& prepared, const hw::ArchConfig& arch,
                       const std::string& arch_source, const std::string& engine);

/// Runs `input` [image][row][column][channel] on the functional engine and, where report.engine is systemc,
/// on the timed machine; fills in output_sha256, saturated, timed, host.simulation and check. `configs`: the
/// folder of energy tables. Returns the functional engine's output, in the layout of the input. Throws what
/// the engines and load_unit_energies throw.
std::vector<std::int32_t> run_with_data(const std::vector<std::int32_t>& input,
                                        const std::filesystem::path& configs, const SystemcOptions& options,
                                        RunReport& report);

/// Runs the estimate engine, which has no data; fills in timed, host.simulation and input_source.
void run_without_data(const std::filesystem::path& configs, RunReport& report);

/// Counts one more output of the timed machine that was compared with the functional engine's.
void compare_outputs(const std::vector<std::uint8_t>& timed, const std::vector<std::uint8_t>& functional,
                     EngineCheck& check);

}  // namespace npu::sim
