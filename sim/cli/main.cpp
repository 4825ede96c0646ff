// The one executable. This file alone turns errors into messages and exit codes.
#include <fmt/core.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <system_error>

#include "hw/common/error.h"
#include "sim/cli/command_line.h"
#include "sim/cli/exit_codes.h"

namespace {

int fail(int code, const char* kind, const char* message) {
  fmt::print(stderr, "npusim: {}{}\n", kind, message);
  return code;
}

/// What was printed may wait in the buffer of a file on a full disk.
int finished(int code) {
  const bool written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  return written ? code : fail(npu::sim::kExitBadInput, "standard output: ", "cannot be written");
}

}  // namespace

int main(int argument_count, char** arguments) {
  using namespace npu::sim;
  std::signal(SIGXFSZ,
              SIG_IGN);  // a limit on file sizes is an error of the write, not the end of the process
  try {
    return finished(run_command_line(argument_count, arguments));
  } catch (const npu::SimulationError& error) {
    return fail(kExitSimulationError, "", error.what());
  } catch (const npu::Error& error) {
    return fail(kExitBadInput, "", error.what());
  } catch (const std::system_error& error) {
    return fail(kExitBadInput, "", error.what());
  } catch (const std::bad_alloc&) {
    return fail(kExitInternalError, "out of memory", "");
  } catch (const std::exception& error) {
    return fail(kExitInternalError, "internal error, please report it: ", error.what());
  }
}
