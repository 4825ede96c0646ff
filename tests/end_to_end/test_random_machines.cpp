// Networks on random machines and on every preset: each pair runs with all engines in agreement and all laws
// kept, or is refused with a reason that is true. A few pairs here; the hidden case [.full] takes every
// built-in network on every preset and on 200 machines (target random_machines).
#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>

#include "compiler/codegen/compile.h"
#include "compiler/data/image_set.h"
#include "compiler/passes/pipeline.h"
#include "compiler/quant/quantizer.h"
#include "hw/common/error.h"
#include "tests/end_to_end/agreement.h"
#include "tests/end_to_end/random_machine.h"
#include "tests/random_network.h"
#include "workloads/networks.h"

namespace npu {
namespace {

using tests::check_functional;
using tests::check_systemc;

constexpr std::uint64_t kFirstSeed = 1;
constexpr std::uint64_t kFullMachines = 200;

/// A built-in network with its calibration, which no machine changes.
struct Built {
  compiler::Graph canonical;
  compiler::Calibration calibration;
};

Built build(const std::string& name) {
  Built built;
  built.canonical = compiler::canonicalise(workloads::build_network(name));
  const auto& shape = built.canonical.input_shape;
  built.calibration = compiler::calibrate(built.canonical, 2, "synthetic", [&](std::int64_t index) {
    return compiler::synthetic_input(shape, static_cast<std::uint64_t>(index) + 1);
  });
  return built;
}

enum class Outcome { kRan, kRefused };

// Runs `graph` on `arch` or checks the refusal.
template <class Run>
Outcome run_or_refuse(const std::string& pair, const Run& run) {
  INFO(pair);
  try {
    run();
    return Outcome::kRan;
  } catch (const CapacityError& error) {
    std::printf("refused: %s: %s\n", pair.c_str(), error.what());
    CHECK(error.needed_bytes() > error.available_bytes());
  } catch (const GraphError& error) {
    // Number formats that cannot hold the network: 24-bit accumulators, multipliers of few bits.
    std::printf("refused: %s: %s\n", pair.c_str(), error.what());
  }
  return Outcome::kRefused;
}

Outcome run_built(const std::string& name, const Built& built, const hw::ArchConfig& arch, bool interpret) {
  const auto pair = fmt::format("{} on {}", name, hw::arch_to_json(arch).dump());
  return run_or_refuse(pair, [&] {
    const compiler::QuantizerOptions options{arch.compounding.shift_bits, {}, {}};
    const auto graph = compiler::quantize(built.canonical, built.calibration, arch, options);
    const auto input = compiler::quantize_input(compiler::synthetic_input(built.canonical.input_shape, 77),
                                                graph.tensors[graph.input], arch.data.activation_bits);
    if (interpret) check_functional(graph, arch, input);
    check_systemc(compiler::compile(graph, arch), arch, input);
  });
}

std::vector<std::string> preset_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(tests::source_folder() / "configs/arch")) {
    names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

hw::ArchConfig machine(std::uint64_t seed) {
  return hw::arch_from_json(tests::random_machine(seed), fmt::format("random machine {}", seed));
}

// Makes the network's random shifts those of a machine with `bits`-bit equalising shifts.
void fit_shifts(compiler::QuantizedGraph& graph, int bits) {
  const int largest = (1 << bits) - 1;
  for (auto& node : graph.nodes) {
    auto* conv = std::get_if<compiler::QConv>(&node.op);
    if (conv == nullptr) continue;
    for (auto& shift : conv->channel_shift) shift = static_cast<std::uint8_t>(shift & largest);
    conv->stage.shift = std::min(conv->stage.shift, hw::kMaxShift - largest);
    conv->stage.negative_shift = std::min(conv->stage.negative_shift, hw::kMaxShift - largest);
  }
}

}  // namespace

TEST_CASE("A network with all operators runs on 24 random machines with all engines in agreement") {
  int ran = 0;
  for (std::uint64_t seed = kFirstSeed; seed < kFirstSeed + 24; ++seed) {
    const auto arch = machine(seed);
    const auto pair = fmt::format("seed {}: {}", seed, hw::arch_to_json(arch).dump());
    const auto outcome = run_or_refuse(pair, [&] {
      auto graph = tests::all_operators_network(seed, {3, 45, 37}, arch.data);
      graph.shift_bits = arch.compounding.shift_bits;
      graph.rounding = arch.compounding.rounding;
      fit_shifts(graph, arch.compounding.shift_bits);
      const auto input = tests::random_input(graph, seed);
      check_functional(graph, arch, input);
      check_systemc(compiler::compile(graph, arch), arch, input, seed);
    });
    ran += outcome == Outcome::kRan ? 1 : 0;
  }
  CHECK(ran == 24);  // none of them is too small for any layer
}

TEST_CASE("SqueezeNext runs on every preset with both timed and functional engine in agreement") {
  const auto built = build("sqnxt_23v5_1.0");
  for (const auto& name : preset_names()) {
    CHECK(run_built("sqnxt_23v5_1.0", built, tests::preset(name), false) == Outcome::kRan);
  }
}

TEST_CASE("Every network on every preset and on 200 random machines runs or is truly refused", "[.full]") {
  std::map<Outcome, int> outcomes;
  for (const auto& name : workloads::network_names()) {
    const auto built = build(name);
    for (const auto& arch : preset_names()) ++outcomes[run_built(name, built, tests::preset(arch), true)];
    for (std::uint64_t seed = kFirstSeed; seed < kFirstSeed + kFullMachines; ++seed) {
      ++outcomes[run_built(name, built, machine(seed), false)];
    }
    std::printf("%s: so far %d ran, %d were refused\n", name.c_str(), outcomes[Outcome::kRan],
                outcomes[Outcome::kRefused]);
    std::fflush(stdout);
  }
  CHECK(outcomes[Outcome::kRan] > 0);
}

TEST_CASE("Random machines of the full run, twelve of them with the smallest networks", "[.sample]") {
  std::map<Outcome, int> outcomes;
  for (const char* name : {"sqnxt_23v5_1.0", "mobilenet_v1_0.25", "squeezenet_1.1"}) {
    const auto built = build(name);
    for (std::uint64_t seed = kFirstSeed; seed < kFirstSeed + 12; ++seed) {
      ++outcomes[run_built(name, built, machine(seed), false)];
    }
  }
  std::printf("%d ran, %d were refused\n", outcomes[Outcome::kRan], outcomes[Outcome::kRefused]);
}

}  // namespace npu
