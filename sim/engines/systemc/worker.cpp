// The body of the worker process: one job folder in, one simulation, result or error out.
#include <cstdio>

#include "hw/common/error.h"
#include "hw/common/file.h"
#include "hw/common/stopwatch.h"
#include "hw/modules/run_machine.h"
#include "sim/engines/common/measurement.h"
#include "sim/engines/common/memory_fill.h"
#include "sim/engines/common/tensor_io.h"
#include "sim/engines/systemc/job_folder.h"
#include "sim/engines/systemc/systemc_engine.h"

namespace npu::sim {
namespace {

constexpr int kSuccess = 0;
constexpr int kFailure = 1;  ///< error.json says what

// SystemC does not say if it could not write; its file is whole if it ends with a line, the time of the last
// change.
void deliver_wave(const JobFolder& folder, const std::filesystem::path& place) {
  const std::string text = read_text_file(folder.wave_file());
  if (text.empty() || text.back() != '\n')
    throw InputError(place.string(), "the wave file could not be written whole");
  write_file(place, text);
}

RunResult simulate(const Job& job, const JobFolder& folder) {
  hw::check_compatible(job.program, job.arch);
  auto image = initial_dram(job.program);
  write_tensor(image, job.program.tensor(job.program.input), job.program.format, job.input);
  const Stopwatch watch;
  const hw::MachineRun run =
      hw::run_machine(job.program, job.arch, std::move(image),
                      {job.random_stall_seed, job.wave_out.empty() ? "" : folder.wave_file()});
  const double seconds = watch.seconds();
  RunResult result = measure(job.program, job.arch, run.trace);
  result.fill = memory_fill(job.program, run.trace);
  result.host_seconds = seconds;
  const auto output = read_tensor(run.dram, job.program.tensor(job.program.output), job.program.format);
  for (const auto& record : run.trace.instructions)
    result.instruction_times.push_back({record.start, record.end});
  result.output = element_bytes_of(output, job.program.format.activation_bytes());
  if (!job.wave_out.empty()) deliver_wave(folder, job.wave_out);
  if (!job.dram_out.empty()) write_file(job.dram_out, run.dram);
  return result;
}

}  // namespace

int systemc_worker_main(const std::filesystem::path& job_folder) {
  const JobFolder folder(job_folder);
  try {
    folder.write_result(simulate(folder.read_job(), folder));
    return kSuccess;
  } catch (const Error& error) {
    folder.write_error(error);
  } catch (const std::exception& error) {
    folder.write_error(error);
  }
  return kFailure;
}

}  // namespace npu::sim
