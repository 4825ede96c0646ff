// The files through which an engine and its worker process talk. Written and read here only.
//   program.npu, arch.json, input.bin (int32 little-endian), job.json  ->
//   result.json, output.bin, times.bin (int64 start and end of each instruction)  or  error.json
#pragma once

#include <cstdint>
#include <exception>
#include <filesystem>
#include <vector>

#include "hw/arch/arch_config.h"
#include "hw/isa/program.h"
#include "sim/engines/common/run_result.h"
#include "sim/engines/systemc/systemc_engine.h"

namespace npu::sim {

struct Job {
  hw::Program program;
  hw::ArchConfig arch;
  std::vector<std::int32_t> input;  ///< [row][column][channel]
  std::uint64_t random_stall_seed = 0;
  std::filesystem::path dram_out;  ///< empty: not wanted
  std::filesystem::path wave_out;  ///< empty: not wanted
};

class JobFolder {
 public:
  explicit JobFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}

  void write_job(const hw::Program& program, const hw::ArchConfig& arch, std::span<const std::int32_t> input,
                 const SystemcOptions& options) const;
  Job read_job() const;

  void write_result(const RunResult& result) const;
  RunResult read_result() const;
  bool has_result() const;

  /// Keeps an error so that rethrow_error throws it again with the same type, fields and message.
  void write_error(const std::exception& error) const;
  /// Throws what write_error kept; returns if there is nothing.
  void rethrow_error() const;

  /// Where the machine writes its wave file before it is moved to its place.
  std::filesystem::path wave_file() const { return folder_ / "wave.vcd"; }
  std::filesystem::path error_output() const { return folder_ / "stderr.txt"; }
  const std::filesystem::path& path() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

}  // namespace npu::sim
