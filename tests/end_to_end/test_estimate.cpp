// The estimate engine against the SystemC machine: the same program, whole networks on every preset, and
// random networks on random machines with first-order DRAM.
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "compiler/codegen/compile.h"
#include "compiler/data/image_set.h"
#include "compiler/passes/pipeline.h"
#include "compiler/quant/quantizer.h"
#include "compiler/quant/shape_graph.h"
#include "hw/common/error.h"
#include "sim/engines/estimate/estimate_engine.h"
#include "sim/engines/systemc/systemc_engine.h"
#include "tests/random_network.h"
#include "workloads/networks.h"

namespace npu {
namespace {

constexpr double kLargestError = 0.03;

std::vector<hw::ArchConfig> presets() {
  std::vector<hw::ArchConfig> archs;
  for (const auto& entry : std::filesystem::directory_iterator(tests::source_folder() / "configs/arch")) {
    if (entry.path().extension() == ".json") archs.push_back(hw::load_arch(entry.path()));
  }
  return archs;
}

compiler::QuantizedGraph quantized(const compiler::Graph& canonical, const hw::ArchConfig& arch) {
  const auto calibration = compiler::calibrate(canonical, 1, "synthetic", [&](std::int64_t) {
    return compiler::synthetic_input(canonical.input_shape, 1);
  });
  return compiler::quantize(canonical, calibration, arch, {arch.compounding.shift_bits, false});
}

double relative_error(Cycles found, Cycles expected) {
  return static_cast<double>(found) / static_cast<double>(expected) - 1;
}

// Runs one program on both engines; everything that is counted must be equal, time within the bound. The
// array is busy for as long as its results leave, which depends on when the next convolution begins: that is
// time, too.
void compare_engines(const hw::Program& program, const hw::ArchConfig& arch,
                     const std::vector<std::int32_t>& input) {
  const auto exact = sim::run_systemc(program, arch, input,
                                      {.executable = NPUSIM_BINARY, .random_stall_seed = 0, .dram_out = {}});
  const auto estimate = sim::run_estimate(program, arch);
  const double error = relative_error(estimate.cycles, exact.cycles);
  INFO("estimate " << estimate.cycles << ", SystemC " << exact.cycles);
  CHECK(std::abs(error) < kLargestError);
  CHECK(estimate.counts.count == exact.counts.count);
  CHECK(estimate.dram_read_bytes == exact.dram_read_bytes);
  CHECK(estimate.dram_write_bytes == exact.dram_write_bytes);
  CHECK(estimate.dram_bus.busy == Approx(exact.dram_bus.busy).margin(2));
  CHECK(estimate.compounding_unit.busy == exact.compounding_unit.busy);
  const auto busy = [](const sim::RunResult& result, hw::Unit unit) {
    return result.units[static_cast<std::size_t>(unit)].busy;
  };
  CHECK(busy(estimate, hw::Unit::kVector) == busy(exact, hw::Unit::kVector));
  CHECK(std::abs(relative_error(busy(estimate, hw::Unit::kConv), busy(exact, hw::Unit::kConv))) <
        kLargestError);
  const std::map<std::string, Bytes> capacities{{"weight_sram", arch.weight_sram.capacity_bytes},
                                                {"global_buffer", arch.global_buffer.capacity_bytes},
                                                {"accumulator_store", arch.accumulator_store.capacity_bytes}};
  for (const auto& [memory, capacity] : capacities) {
    INFO(memory);
    CHECK(estimate.high_water_bytes.at(memory) <= capacity);
    CHECK(exact.high_water_bytes.at(memory) <= capacity);
  }
  fmt::print("{:<28} {:<22} SystemC {:>10} estimate {:>10} {:+.2f} %\n", program.network, arch.name,
             exact.cycles, estimate.cycles, 100 * error);
}

void compare_on_presets(const std::string& network) {
  const auto canonical = compiler::canonicalise(workloads::build_network(network));
  for (const auto& arch : presets()) {
    INFO(network << " on " << arch.name);
    const auto graph = quantized(canonical, arch);
    const auto program = compiler::compile(graph, arch, {.mapper = compiler::MapperEffort::kQuick});
    const auto& shape = graph.tensors[graph.input].shape;
    const std::vector<std::int32_t> input(static_cast<std::size_t>(shape.elements()), 1);
    compare_engines(program, arch, input);
  }
}

}  // namespace

TEST_CASE("Batches of images: the estimate agrees with SystemC and no memory is fuller than it is large") {
  const auto canonical = compiler::canonicalise(workloads::build_network("sqnxt_23v5_1.0_cifar"));
  for (const std::int64_t images : {2, 4}) {
    INFO(images << " images");
    const auto arch = hw::load_arch(tests::source_folder() / "configs/arch/shift_npu.json");
    const auto graph = quantized(canonical, arch);
    const auto program =
        compiler::compile(graph, arch, {.mapper = compiler::MapperEffort::kQuick, .images = images});
    const auto elements = images * graph.tensors[graph.input].shape.elements();
    compare_engines(program, arch, std::vector<std::int32_t>(static_cast<std::size_t>(elements), 1));
  }
}

TEST_CASE("MobileNet v2: the estimate is within 3 % of SystemC on every preset, its counts are equal") {
  compare_on_presets("mobilenet_v2_1.0");
}

TEST_CASE("SqueezeNext 23v5: the estimate is within 3 % of SystemC on every preset, its counts are equal") {
  compare_on_presets("sqnxt_23v5_1.0");
}

TEST_CASE("SqueezeNet 1.0: the estimate is within 3 % of SystemC on every preset, its counts are equal") {
  compare_on_presets("squeezenet_1.0");
}

TEST_CASE("AlexNet: the estimate is within 3 % of SystemC on every preset, its counts are equal") {
  compare_on_presets("alexnet");
}

// A network of every family that the cases above leave out, in forms that run in seconds.
TEST_CASE("Other families of networks: the estimate is within 3 % of SystemC on every preset") {
  for (const char* network : {"sqnxt_34_1.0_cifar", "sqnxt_g23_1.0_cifar", "sqnxt_23v3_2.0_cifar",
                              "mobilenet_v1_0.25", "mobilenet_v2_1.0_cifar", "squeezenet_1.1"}) {
    compare_on_presets(network);
  }
}

// The target estimate_networks runs this one.
TEST_CASE("Every network: the estimate is within 3 % of SystemC on every preset, its counts are equal",
          "[.full]") {
  for (const auto& network : workloads::network_names()) compare_on_presets(network);
}

TEST_CASE("Random networks on random machines: the estimate is within 3 % of SystemC, its counts are equal") {
  int run = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    tests::TestRandom random(seed);
    auto arch = hw::load_arch(tests::source_folder() / "configs/arch/shift_npu.json");
    arch.pe_array.rows = static_cast<int>(random.integer(1, 24));
    arch.pe_array.columns = static_cast<int>(random.integer(1, 24));
    arch.pe_array.register_file_entries = static_cast<int>(random.integer(1, 16));
    arch.weight_sram.capacity_bytes = random.integer(8, 64) * 1024;
    arch.global_buffer.capacity_bytes = random.integer(16, 96) * 1024;
    arch.accumulator_store.capacity_bytes = random.integer(4, 16) * 1024;
    arch.dram.latency_cycles = random.integer(0, 400);
    arch.dram.bytes_per_cycle = static_cast<double>(random.integer(1, 64));
    arch.dma.request_bytes = 64 * random.integer(1, 16);
    arch.command_processor.queue_depth = static_cast<int>(random.integer(2, 16));
    arch.command_processor.fetch_instructions = static_cast<int>(random.integer(4, 32));
    arch.command_processor.dispatch_cycles = static_cast<int>(random.integer(0, 4));
    const auto graph = tests::all_operators_network(
        seed, {random.integer(1, 5), random.integer(60, 120), random.integer(60, 120)});
    try {
      compare_engines(compiler::compile(graph, arch), arch, tests::random_input(graph, seed));
      ++run;
    } catch (const CapacityError&) {
      continue;  // too small a machine
    }
  }
  CHECK(run >= 50);
}

TEST_CASE("A program made from shapes alone is estimated exactly as the complete one") {
  for (const char* network : {"sqnxt_23_1.0", "mobilenet_v2_1.0", "squeezenet_1.0"}) {
    const auto arch = hw::load_arch(tests::source_folder() / "configs/arch/shift_npu.json");
    const auto canonical = compiler::canonicalise(workloads::build_network(network));
    const auto complete = compiler::compile(quantized(canonical, arch), arch);
    compiler::PlanCache plans(arch, compiler::MapperEffort::kThorough);
    const auto outline = compiler::shape_graph(compiler::canonicalise(workloads::outline_network(network)));
    const auto shapes = compiler::compile_shapes(outline, arch, plans);
    INFO(network);
    REQUIRE(shapes.instructions.size() == complete.instructions.size());
    for (std::size_t pc = 0; pc < shapes.instructions.size(); ++pc) {
      CHECK(shapes.instructions[pc].tokens == complete.instructions[pc].tokens);
    }
    const auto expected = sim::estimate(complete, arch);
    const auto found = sim::estimate(shapes, arch);
    CHECK(found.cycles == expected.cycles);
    CHECK(found.counts.count == expected.counts.count);
    REQUIRE(found.layers.size() == expected.layers.size());
    for (std::size_t layer = 0; layer < found.layers.size(); ++layer) {
      CHECK(found.layers[layer].cycles == expected.layers[layer].cycles);
    }
  }
}

}  // namespace npu
