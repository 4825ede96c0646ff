// Compiles a network, runs it on the SystemC machine in a worker of the installed tool, prints the cycles.
#include <cstdio>

#include "hw/common/error.h"
#include "sim/cli/session.h"

int main() {
  try {
    const npu::sim::Session session("shift_npu", NPUSIM_TOOL);
    npu::sim::NetworkOptions options;
    options.network = "sqnxt_23v5_1.0_cifar";
    const auto program = session.compile(options);
    const auto result = session.run(program, "systemc", {});
    std::printf("%lld cycles, %zu outputs\n", result.report["cycles"].get<long long>(), result.output.size());
    return result.report["engine_check"]["different"] == 0 && result.output.size() == 10 ? 0 : 1;
  } catch (const npu::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
