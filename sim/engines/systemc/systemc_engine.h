// The timed, bit-exact SystemC machine, run in a fresh process: SystemC elaborates once per process, and a
// forked child of a process that has used OpenMP hangs, so our own executable is spawned in worker mode. This
// header is SystemC-free.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "hw/arch/arch_config.h"
#include "hw/isa/program.h"
#include "sim/engines/common/run_result.h"

namespace npu::sim {

struct SystemcOptions {
  std::filesystem::path
      executable;  ///< the npusim binary to spawn; empty: this process's own (/proc/self/exe)
  std::uint64_t random_stall_seed =
      0;  ///< not 0: random stalls at every instruction start; results must not change
  std::filesystem::path dram_out = {};  ///< if set, the worker writes the final DRAM image here
  std::filesystem::path wave_out = {};  ///< if set, the worker writes the units' states here, as VCD
};

/// Spawns the worker, runs `program` on `arch` with one input ([row][column][channel]), returns what it
/// measured. Throws ProgramError (incompatible hash), SimulationError (hazard, deadlock, crash or signal of
/// the worker).
RunResult run_systemc(const hw::Program& program, const hw::ArchConfig& arch,
                      std::span<const std::int32_t> input, const SystemcOptions& options = {});

/// The body of worker mode: reads the job folder's program.npu, arch.json, input.bin, job.json and writes
/// result.json and output.bin, or error.json. Returns the process's exit code. Called by sim/cli's hidden
/// `worker` subcommand.
int systemc_worker_main(const std::filesystem::path& job_folder);

}  // namespace npu::sim
