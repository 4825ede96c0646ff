// Better hardware is never slower, in the estimate engine over random machines: one program on a faster DRAM,
// and with mapping included on faster DRAM or larger buffers. The second bound is the stated error of the
// mapper's predictions (docs/validation.md).
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <utility>
#include <vector>

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
constexpr double kWithMapping = 1.025;
constexpr std::uint64_t kMachines = 60;

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

struct Worst {
  double ratio = 0;  ///< cycles after the change over cycles before
  std::uint64_t seed = 0;
  std::string text;  ///< which machine, and the layers that grew most
};

// The layers whose cycles grew most.
std::string grown_layers(const hw::Program& program, const sim::Estimate& before,
                         const sim::Estimate& after) {
  if (before.layers.size() != after.layers.size()) return {};
  std::vector<std::pair<Cycles, std::size_t>> growth;
  for (std::size_t layer = 0; layer < before.layers.size(); ++layer) {
    growth.push_back({after.layers[layer].cycles - before.layers[layer].cycles, layer});
  }
  std::sort(growth.rbegin(), growth.rend());
  std::string text;
  for (std::size_t index = 0; index < std::min<std::size_t>(4, growth.size()); ++index) {
    const std::size_t layer = growth[index].second;
    text += fmt::format("    {} {:+} of {} cycles\n", program.layers[layer].name, growth[index].first,
                        before.layers[layer].cycles);
  }
  return text;
}

// The worst of random machines, each with one of three networks, all from one seed.
Worst worst_of(const Change& change, bool maps_again) {
  Worst worst;
  const std::array networks{"sqnxt_23v5_1.0", "squeezenet_1.1", "mobilenet_v1_0.5"};
  std::vector<compiler::QuantizedGraph> shapes;
  for (const char* network : networks) {
    shapes.push_back(compiler::shape_graph(compiler::canonicalise(workloads::outline_network(network))));
  }
  for (std::uint64_t seed = 1; seed <= kMachines; ++seed) {
    tests::TestRandom random(seed);
    const auto& network = shapes[seed % networks.size()];
    const auto before = random_machine(random);
    auto after = before;
    const double factor = 1.0 + static_cast<double>(random.integer(1, 100)) / 50;
    change(after, factor);
    try {
      const auto program = program_for(network, before);
      const auto other = maps_again ? program_for(network, after) : program;
      const auto first = sim::estimate(program, before);
      const auto second = sim::estimate(other, after);
      const double ratio = static_cast<double>(second.cycles) / static_cast<double>(first.cycles);
      if (ratio <= worst.ratio) continue;
      worst = {
          ratio, seed,
          fmt::format("{}, array {}x{}, weight SRAM {}, buffer {}, latency {}, {} bytes a cycle, factor {}\n",
                      network.name, before.pe_array.rows, before.pe_array.columns,
                      before.weight_sram.capacity_bytes, before.global_buffer.capacity_bytes,
                      before.dram.latency_cycles, before.dram.bytes_per_cycle, factor) +
              grown_layers(program, first, second)};
    } catch (const CapacityError&) {
      continue;  // too small a machine
    }
  }
  return worst;
}

double worst_ratio(const Change& change, bool maps_again) { return worst_of(change, maps_again).ratio; }

}  // namespace

TEST_CASE("One program is never slower with more DRAM bandwidth or lower latency, to 0.5 %") {
  CHECK(worst_ratio(faster_dram, false) <= kOneProgram);
  CHECK(worst_ratio(nearer_dram, false) <= kOneProgram);
}

TEST_CASE("Mapped anew, a better machine is slower by no more than the mapper's stated error") {
  const auto check = [](const char* name, const Change& change) {
    const Worst worst = worst_of(change, true);
    INFO(name << ", seed " << worst.seed << ": " << worst.text);
    CHECK(worst.ratio <= kWithMapping);
    fmt::print("mapped anew, {}: at worst {:+.2f} % of the cycles, seed {}: {}", name,
               100 * (worst.ratio - 1), worst.seed, worst.text);
  };
  check("more bandwidth", faster_dram);
  check("lower latency", nearer_dram);
  check("larger global buffer", larger_buffer);
  check("larger weight SRAM", larger_weight_sram);
}

}  // namespace npu
