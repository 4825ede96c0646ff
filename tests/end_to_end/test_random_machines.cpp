// Networks on random machines and on every preset: each pair runs with all engines in agreement and all laws
// kept, or is refused with a reason that is shown to be true. A few pairs here; the hidden cases [.full]
// (target random_machines) estimate every built-in network on every preset and on 200 machines, and run a
// part of the pairs with data: each network at least four times, each machine at least once.
#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>

#include "compiler/codegen/compile.h"
#include "compiler/data/image_set.h"
#include "compiler/passes/pipeline.h"
#include "compiler/quant/quantizer.h"
#include "compiler/quant/shape_graph.h"
#include "hw/isa/verifier.h"
#include "sim/engines/estimate/estimate_engine.h"
#include "tests/end_to_end/agreement.h"
#include "tests/end_to_end/random_machine.h"
#include "tests/end_to_end/refusal.h"
#include "tests/random_network.h"
#include "workloads/networks.h"

namespace npu {
namespace {

using tests::check_functional;
using tests::check_systemc;
using tests::Outcome;
using tests::run_or_refuse;

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

std::string pair_name(const std::string& network, const hw::ArchConfig& arch) {
  return fmt::format("{} on {}", network, hw::arch_to_json(arch).dump());
}

// Quantised, compiled, computed by both engines (and the interpreter), timed.
Outcome run_built(const std::string& name, const Built& built, const hw::ArchConfig& machine,
                  bool interpret) {
  return run_or_refuse(pair_name(name, machine), machine, [&](const hw::ArchConfig& arch) {
    const compiler::QuantizerOptions options{arch.compounding.shift_bits, {}, {}};
    const auto graph = compiler::quantize(built.canonical, built.calibration, arch, options);
    const auto input = compiler::quantize_input(compiler::synthetic_input(built.canonical.input_shape, 77),
                                                graph.tensors[graph.input], arch.data.activation_bits);
    if (interpret) check_functional(graph, arch, input);
    check_systemc(compiler::compile(graph, arch), arch, input);
  });
}

// Compiled from its shapes, verified, estimated.
Outcome estimate_built(const std::string& name, const compiler::QuantizedGraph& shapes,
                       const hw::ArchConfig& machine) {
  return run_or_refuse(pair_name(name, machine), machine, [&](const hw::ArchConfig& arch) {
    compiler::PlanCache plans(arch, compiler::MapperEffort::kQuick);
    auto program = compiler::compile_shapes(shapes, arch, plans, true);
    program.constants.resize(
        static_cast<std::size_t>(program.dram.activation_base - program.dram.constant_base));
    const auto findings = hw::verify(program);
    INFO((findings.empty() ? "" : findings.front().message));
    CHECK(findings.empty());
    tests::check_laws(sim::run_estimate(program, arch), program, arch);
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

// Small maps and large windows: a tile of one pixel is a good part of the network.
compiler::QuantizedGraph wide_windows_network(std::uint64_t seed, const hw::DataConfig& data) {
  tests::NetworkMaker net(seed, {2, 15, 15}, data);
  const auto stem = net.conv(net.input(), {4, 11, 11, 2, 5, 5, 5, 5, 1, false});
  const auto spatial = net.depthwise(stem, 7, 1);
  const auto pooled = net.max_pool(net.add(stem, spatial), 3, 2, 1);
  const auto mean = net.average_pool(pooled, net.shape(pooled).height, net.shape(pooled).width, 0, false);
  return net.finish(net.conv(mean, {5, 1, 1, 1, 0, 0, 0, 0, 1, false}));
}

void report(const std::string& name, std::map<Outcome, int>& outcomes) {
  std::printf("%s: %d ran, %d were refused\n", name.c_str(), outcomes[Outcome::kRan],
              outcomes[Outcome::kRefused]);
  std::fflush(stdout);
}

}  // namespace

TEST_CASE("A network with all operators runs on 24 random machines with all engines in agreement") {
  std::map<Outcome, int> outcomes;
  for (std::uint64_t seed = kFirstSeed; seed < kFirstSeed + 24; ++seed) {
    const auto drawn = machine(seed);
    const auto pair = fmt::format("seed {}: {}", seed, hw::arch_to_json(drawn).dump());
    ++outcomes[run_or_refuse(pair, drawn, [&](const hw::ArchConfig& arch) {
      auto graph = tests::all_operators_network(seed, {3, 45, 37}, arch.data);
      graph.shift_bits = arch.compounding.shift_bits;
      graph.rounding = arch.compounding.rounding;
      fit_shifts(graph, arch.compounding.shift_bits);
      const auto input = tests::random_input(graph, seed);
      check_functional(graph, arch, input);
      check_systemc(compiler::compile(graph, arch), arch, input, seed);
    })];
  }
  CHECK(outcomes[Outcome::kRan] >= 20);
}

TEST_CASE("What a machine with too small a memory is refused for is exactly what it lacks") {
  std::map<Outcome, int> outcomes;
  tests::TestRandom random(kFirstSeed);
  for (const char* name : {"shift_npu", "squeezelerator_16x16"}) {
    for (std::uint64_t seed = kFirstSeed; seed < kFirstSeed + 20; ++seed) {
      auto drawn = tests::preset(name);
      drawn.weight_sram.capacity_bytes = random.integer(16, 400);
      drawn.global_buffer.capacity_bytes = random.integer(16, 400);
      if (drawn.execution.shared_buffer_bytes > 0)
        drawn.execution.shared_buffer_bytes = random.integer(32, 600);
      if (random.integer(0, 4) == 0) drawn.dram.capacity_bytes = random.integer(1, 1 << 20);
      const auto graph = wide_windows_network(seed, drawn.data);
      const auto input = tests::random_input(graph, seed);
      ++outcomes[run_or_refuse(pair_name(graph.name, drawn), drawn,
                               [&](const hw::ArchConfig& arch) { check_functional(graph, arch, input); })];
    }
  }
  CHECK(outcomes[Outcome::kRan] >= 4);
  CHECK(outcomes[Outcome::kRefused] >= 20);
}

TEST_CASE(
    "Where 24-bit accumulators are too narrow for a network, the refusal says so and wider ones take it") {
  const auto built = build("sqnxt_23v5_1.0_cifar");
  auto arch = tests::preset("squeezelerator_16x16");
  arch.data.accumulator_bits = 24;
  CHECK(run_built("sqnxt_23v5_1.0_cifar", built, arch, false) == Outcome::kRefused);
}

TEST_CASE("Five bits of shift and wide multipliers leave room for each other") {
  const auto built = build("sqnxt_23v5_1.0_cifar");
  auto arch = tests::preset("shift_npu");
  arch.compounding.shift_bits = 5;
  for (const int bits : {16, 28, 31}) {
    arch.compounding.multiplier_bits = bits;
    CHECK(run_built("sqnxt_23v5_1.0_cifar", built, arch, false) == Outcome::kRan);
  }
}

TEST_CASE("Four networks are estimated on sixteen random machines with verified programs and all laws kept") {
  for (const char* name : {"sqnxt_23_1.0_cifar", "mobilenet_v1_0.25", "squeezenet_1.1", "tiny_darknet"}) {
    const auto shapes = compiler::shape_graph(compiler::canonicalise(workloads::outline_network(name)));
    for (std::uint64_t seed = kFirstSeed; seed < kFirstSeed + 16; ++seed) {
      CHECK(estimate_built(name, shapes, machine(seed)) == Outcome::kRan);
    }
  }
}

TEST_CASE("SqueezeNext runs on every preset with both timed and functional engine in agreement") {
  const auto built = build("sqnxt_23v5_1.0");
  for (const auto& name : preset_names()) {
    CHECK(run_built("sqnxt_23v5_1.0", built, tests::preset(name), false) == Outcome::kRan);
  }
}

// The target random_machines runs the two cases below; `-c NAME` behind "[.full]" is for one network alone.
TEST_CASE("Every network on every preset and on 200 random machines is estimated or truly refused",
          "[.full]") {
  for (const auto& name : workloads::network_names()) {
    DYNAMIC_SECTION(name) {
      std::map<Outcome, int> outcomes;
      const auto shapes = compiler::shape_graph(compiler::canonicalise(workloads::outline_network(name)));
      for (const auto& arch : preset_names()) ++outcomes[estimate_built(name, shapes, tests::preset(arch))];
      for (std::uint64_t seed = kFirstSeed; seed < kFirstSeed + kFullMachines; ++seed) {
        ++outcomes[estimate_built(name, shapes, machine(seed))];
      }
      report(name, outcomes);
    }
  }
}

// Together every random machine, some of them for one network.
TEST_CASE("Every network runs in all engines on one preset and on three or four random machines", "[.full]") {
  const auto names = workloads::network_names();
  const auto presets = preset_names();
  for (std::size_t index = 0; index < names.size(); ++index) {
    DYNAMIC_SECTION(names[index]) {
      std::map<Outcome, int> outcomes;
      const auto built = build(names[index]);
      const auto& preset = presets[index % presets.size()];
      ++outcomes[run_built(names[index], built, tests::preset(preset), true)];
      for (std::uint64_t seed = kFirstSeed + index; seed < kFirstSeed + kFullMachines; seed += names.size()) {
        ++outcomes[run_built(names[index], built, machine(seed), false)];
      }
      report(names[index], outcomes);
    }
  }
}

}  // namespace npu
