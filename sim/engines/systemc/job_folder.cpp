#include "sim/engines/systemc/job_folder.h"

#include <cstring>

#include "hw/common/error.h"
#include "hw/common/file.h"
#include "hw/common/json_reader.h"

namespace npu::sim {
namespace {

using nlohmann::json;

constexpr std::int64_t kMaxPc = std::int64_t{1} << 40;

/// The problem of an error: its message without the prefix that its type puts before it.
template <class Rebuilt>
std::string without_prefix(const std::exception& error, const Rebuilt& rebuilt_with_empty_problem) {
  const std::string prefix = rebuilt_with_empty_problem.what();
  const std::string message = error.what();
  return message.starts_with(prefix) ? message.substr(prefix.size()) : message;
}

json describe(const std::exception& error) {
  if (const auto* simulation = dynamic_cast<const SimulationError*>(&error)) {
    const SimulationError empty(simulation->module(), simulation->cycle(), "");
    return {{"type", "SimulationError"},
            {"module", simulation->module()},
            {"cycle", simulation->cycle()},
            {"problem", without_prefix(error, empty)}};
  }
  if (const auto* program = dynamic_cast<const ProgramError*>(&error)) {
    return {{"type", "ProgramError"},
            {"pc", program->pc()},
            {"problem", without_prefix(error, ProgramError(program->pc(), ""))}};
  }
  const bool users_fault = dynamic_cast<const Error*>(&error) != nullptr;
  return {{"type", users_fault ? "Error" : "InternalError"}, {"problem", error.what()}};
}

}  // namespace

void JobFolder::write_job(const hw::Program& program, const hw::ArchConfig& arch,
                          std::span<const std::int32_t> input, const SystemcOptions& options) const {
  hw::write_program(program, folder_ / "program.npu");
  write_file(folder_ / "arch.json", hw::arch_to_json(arch).dump());
  std::vector<std::uint8_t> bytes(input.size_bytes());
  if (!bytes.empty()) std::memcpy(bytes.data(), input.data(), bytes.size());
  write_file(folder_ / "input.bin", bytes);
  // As text: a JSON number of a foreign reader may not hold 64 bits.
  const json job{{"random_stall_seed", std::to_string(options.random_stall_seed)},
                 {"dram_out", options.dram_out.string()},
                 {"wave_out", options.wave_out.string()}};
  write_file(folder_ / "job.json", job.dump());
}

Job JobFolder::read_job() const {
  Job job;
  job.program = hw::read_program(folder_ / "program.npu");
  job.arch = hw::load_arch(folder_ / "arch.json");
  const auto bytes = read_file(folder_ / "input.bin");
  job.input.resize(bytes.size() / sizeof(std::int32_t));
  if (!bytes.empty()) std::memcpy(job.input.data(), bytes.data(), job.input.size() * sizeof(std::int32_t));
  const json options = read_json_file(folder_ / "job.json");
  JsonReader reader((folder_ / "job.json").string(), options);
  job.random_stall_seed = std::stoull(reader.string("random_stall_seed"));
  job.dram_out = reader.string("dram_out");
  job.wave_out = reader.string("wave_out");
  reader.finish();
  return job;
}

// The output first: a result that can be seen is complete.
void JobFolder::write_result(const RunResult& result) const {
  write_file(folder_ / "output.bin", result.output);
  std::vector<std::uint8_t> times(result.instruction_times.size() * sizeof(result.instruction_times[0]));
  if (!times.empty()) std::memcpy(times.data(), result.instruction_times.data(), times.size());
  write_file(folder_ / "times.bin", times);
  write_file(folder_ / "result.json", to_json(result).dump());
}

RunResult JobFolder::read_result() const {
  RunResult result = run_result_from_json(read_json_file(folder_ / "result.json"));
  result.output = read_file(folder_ / "output.bin");
  const auto times = read_file(folder_ / "times.bin");
  result.instruction_times.resize(times.size() / sizeof(result.instruction_times[0]));
  if (!times.empty()) std::memcpy(result.instruction_times.data(), times.data(), times.size());
  return result;
}

bool JobFolder::has_result() const { return std::filesystem::exists(folder_ / "result.json"); }

void JobFolder::write_error(const std::exception& error) const {
  write_file(folder_ / "error.json", describe(error).dump(-1, ' ', false, json::error_handler_t::replace));
}

void JobFolder::rethrow_error() const {
  const auto path = folder_ / "error.json";
  if (!std::filesystem::exists(path)) return;
  const json error = read_json_file(path);
  JsonReader reader(path.string(), error);
  const std::string type = reader.string("type");
  const std::string problem = reader.string("problem");
  if (type == "SimulationError") {
    throw SimulationError(reader.string("module"), reader.integer("cycle", INT64_MIN, INT64_MAX), problem);
  }
  if (type == "ProgramError") throw ProgramError(reader.integer("pc", -1, kMaxPc), problem);
  if (type == "InternalError") throw InternalError(problem);
  throw Error(problem);
}

}  // namespace npu::sim
