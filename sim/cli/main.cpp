// The one executable. This file alone turns errors into messages and exit codes.
#include <fmt/core.h>

#include <cstdio>
#include <exception>
#include <new>

#include "hw/common/error.h"
#include "sim/cli/command_line.h"
#include "sim/cli/exit_codes.h"

namespace {

int fail(int code, const char* kind, const char* message) {
  fmt::print(stderr, "npusim: {}{}\n", kind, message);
  return code;
}

}  // namespace

int main(int argument_count, char** arguments) {
  using namespace npu::sim;
  try {
    return run_command_line(argument_count, arguments);
  } catch (const npu::SimulationError& error) {
    return fail(kExitSimulationError, "", error.what());
  } catch (const npu::Error& error) {
    return fail(kExitBadInput, "", error.what());
  } catch (const std::bad_alloc&) {
    return fail(kExitInternalError, "out of memory", "");
  } catch (const std::exception& error) {
    return fail(kExitInternalError, "internal error, please report it: ", error.what());
  }
}
