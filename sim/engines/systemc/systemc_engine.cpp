// Spawns the worker process and collects what it leaves in the job folder.
#include "sim/engines/systemc/systemc_engine.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "hw/common/error.h"
#include "hw/common/file.h"
#include "hw/common/temporary_folder.h"
#include "sim/engines/systemc/job_folder.h"

extern char** environ;  // NOLINT: POSIX declares it so

namespace npu::sim {
namespace {

constexpr const char* kWorkerModule = "systemc worker";
constexpr Cycles kUnknownCycle = -1;
constexpr std::size_t kShownErrorOutput = 2000;  ///< last characters of the worker's stderr in a message

/// Runs `executable worker FOLDER` to its end, stdin and stdout closed, stderr into the folder. Returns wait
/// status.
int run_worker(const std::filesystem::path& executable, const JobFolder& folder) {
  std::string program = executable.string();
  std::string mode = "worker";
  std::string job = folder.path().string();
  char* arguments[] = {program.data(), mode.data(), job.data(), nullptr};
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, folder.error_output().c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC, 0600);
  pid_t process = 0;
  const int failure = posix_spawn(&process, program.c_str(), &files, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&files);
  if (failure != 0) throw InputError(program, fmt::format("cannot start: {}", std::strerror(failure)));
  int status = 0;
  while (waitpid(process, &status, 0) < 0) {
    if (errno != EINTR)
      throw InputError(program, fmt::format("cannot wait for it: {}", std::strerror(errno)));
  }
  return status;
}

std::string error_output(const JobFolder& folder) {
  if (!std::filesystem::exists(folder.error_output())) return "";
  std::string text = read_text_file(folder.error_output());
  if (text.size() > kShownErrorOutput) text = "..." + text.substr(text.size() - kShownErrorOutput);
  return text.empty() ? ", it printed nothing" : ", it printed:\n" + text;
}

}  // namespace

RunResult run_systemc(const hw::Program& program, const hw::ArchConfig& arch,
                      std::span<const std::int32_t> input, const SystemcOptions& options) {
  hw::check_compatible(program, arch);
  const TemporaryFolder temporary("job");
  const JobFolder folder(temporary.path());
  SystemcOptions absolute = options;
  for (auto* path : {&absolute.dram_out, &absolute.wave_out}) {
    if (!path->empty()) *path = std::filesystem::absolute(*path);
  }
  folder.write_job(program, arch, input, absolute);
  const int status = run_worker(options.executable.empty() ? "/proc/self/exe" : options.executable, folder);
  if (WIFSIGNALED(status)) {
    throw SimulationError(kWorkerModule, kUnknownCycle,
                          fmt::format("ended by signal {} ({}){}", WTERMSIG(status),
                                      strsignal(WTERMSIG(status)), error_output(folder)));
  }
  folder.rethrow_error();
  if (WEXITSTATUS(status) != 0 || !folder.has_result()) {
    throw SimulationError(kWorkerModule, kUnknownCycle,
                          fmt::format("ended with exit code {} and left no result{}", WEXITSTATUS(status),
                                      error_output(folder)));
  }
  return folder.read_result();
}

}  // namespace npu::sim
