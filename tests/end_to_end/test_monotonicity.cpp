// Better hardware is never slower, in the estimate engine over random machines: one program on a faster DRAM,
// and with mapping included on faster DRAM or larger buffers. The second bound is the stated error of the
// mapper's predictions (docs/validation.md).
#include <fmt/core.h>

#include <algorithm>
#include <functional>

#include "compiler/codegen/compile.h"
#include "compiler/passes/pipeline.h"
#include "compiler/quant/shape_graph.h"
#include "hw/common/error.h"
#include "sim/engines/estimate/estimate_engine.h"
#include "tests/support.h"
#include "workloads/networks.h"

namespace npu {
namespace {

constexpr double kOneProgram = 1.005;
constexpr double kWithMapping = 1.015;
constexpr int kMachines = 24;

hw::ArchConfig random_machine(tests::TestRandom& random) {
  auto arch = hw::load_arch(tests::source_folder() / "configs/arch/shift_npu.json");
  arch.pe_array.rows = static_cast<int>(random.integer(4, 32));
  arch.pe_array.columns = static_cast<int>(random.integer(4, 32));
  arch.pe_array.register_file_entries = static_cast<int>(random.integer(2, 16));
  arch.weight_sram.capacity_bytes = 1024 * random.integer(16, 128);
  arch.global_buffer.capacity_bytes = 1024 * random.integer(32, 256);
  arch.dram.latency_cycles = random.integer(0, 300);
  arch.dram.bytes_per_cycle = static_cast<double>(random.integer(2, 64));
  return arch;
}

hw::Program program_for(const compiler::QuantizedGraph& shapes, const hw::ArchConfig& arch) {
  compiler::PlanCache plans(arch, compiler::MapperEffort::kQuick);
  return compiler::compile_shapes(shapes, arch, plans);
}

using Change = std::function<void(hw::ArchConfig&, double factor)>;

void faster_dram(hw::ArchConfig& arch, double factor) { arch.dram.bytes_per_cycle *= factor; }
void nearer_dram(hw::ArchConfig& arch, double factor) {
  arch.dram.latency_cycles = static_cast<Cycles>(static_cast<double>(arch.dram.latency_cycles) / factor);
}
void larger_buffer(hw::ArchConfig& arch, double factor) {
  arch.global_buffer.capacity_bytes =
      static_cast<Bytes>(static_cast<double>(arch.global_buffer.capacity_bytes) * factor) / 64 * 64;
}
void larger_weight_sram(hw::ArchConfig& arch, double factor) {
  arch.weight_sram.capacity_bytes =
      static_cast<Bytes>(static_cast<double>(arch.weight_sram.capacity_bytes) * factor) / 64 * 64;
}

// Largest ratio of cycles after to before the change over random machines and three networks.
double worst_ratio(const Change& change, bool maps_again) {
  double worst = 0;
  tests::TestRandom random(11);
  for (const char* network : {"sqnxt_23v5_1.0", "squeezenet_1.1", "mobilenet_v1_0.5"}) {
    const auto shapes = compiler::shape_graph(compiler::canonicalise(workloads::outline_network(network)));
    for (int machine = 0; machine < kMachines / 3; ++machine) {
      const auto before = random_machine(random);
      auto after = before;
      change(after, 1.0 + static_cast<double>(random.integer(1, 100)) / 50);
      try {
        const auto program = program_for(shapes, before);
        const auto other = maps_again ? program_for(shapes, after) : program;
        worst = std::max(worst, static_cast<double>(sim::estimate(other, after).cycles) /
                                    static_cast<double>(sim::estimate(program, before).cycles));
      } catch (const CapacityError&) {
        continue;  // too small a machine
      }
    }
  }
  return worst;
}

}  // namespace

TEST_CASE("One program is never slower with more DRAM bandwidth or lower latency, to 0.5 %") {
  CHECK(worst_ratio(faster_dram, false) <= kOneProgram);
  CHECK(worst_ratio(nearer_dram, false) <= kOneProgram);
}

TEST_CASE("Mapped anew, a better machine is slower by no more than the mapper's stated error") {
  const auto check = [](const char* change, double worst) {
    INFO(change);
    CHECK(worst <= kWithMapping);
    fmt::print("mapped anew, {}: at worst {:+.2f} % of the cycles\n", change, 100 * (worst - 1));
  };
  check("more bandwidth", worst_ratio(faster_dram, true));
  check("lower latency", worst_ratio(nearer_dram, true));
  check("larger global buffer", worst_ratio(larger_buffer, true));
  check("larger weight SRAM", worst_ratio(larger_weight_sram, true));
}

}  // namespace npu
