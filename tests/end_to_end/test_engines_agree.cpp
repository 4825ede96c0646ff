// Interpreter, functional engine and SystemC machine agree byte for byte on random networks and random
// machines, whatever the latencies, bandwidths and stalls.
#include <set>

#include "compiler/codegen/compile.h"
#include "hw/common/error.h"
#include "tests/end_to_end/agreement.h"
#include "tests/random_network.h"

namespace npu {
namespace {

using tests::check_functional;
using tests::check_systemc;
using tests::preset;

// Every mix of element widths, with the accumulator that the machine gives it.
std::vector<hw::DataConfig> all_widths() { return {{8, 8, 32}, {8, 16, 48}, {16, 8, 48}, {16, 16, 48}}; }

// A machine with random array, buffers and dataflows; small enough that every kind of tiling occurs.
hw::ArchConfig random_arch(tests::TestRandom& random) {
  auto arch = preset("shift_npu");
  arch.pe_array.rows = static_cast<int>(random.integer(1, 24));
  arch.pe_array.columns = static_cast<int>(random.integer(1, 24));
  arch.pe_array.register_file_entries = static_cast<int>(random.integer(1, 16));
  const auto flows = random.integer(0, 2);
  arch.pe_array.weight_stationary = flows != 1;
  arch.pe_array.output_stationary = flows != 2;
  arch.weight_sram.capacity_bytes = random.integer(3, 40) * 1024;
  arch.global_buffer.capacity_bytes = random.integer(4, 40) * 1024;
  arch.accumulator_store.capacity_bytes = random.integer(1, 16) * 1024;
  return arch;
}

// The same network in the two schemes that the shift is compared with: asymmetric weights, and a multiplier
// and shift for each channel (which no leaky output stage has).
compiler::QuantizedGraph comparison_schemes(compiler::QuantizedGraph graph, std::uint64_t seed) {
  tests::TestRandom random(seed);
  for (auto& node : graph.nodes) {
    auto* conv = std::get_if<compiler::QConv>(&node.op);
    if (conv == nullptr) continue;
    conv->weight_zero_point = static_cast<std::int32_t>(random.integer(-100, 100));
    conv->weights[0] = -128;
    if (conv->stage.leaky) continue;
    for (std::size_t channel = 0; channel < conv->bias.size(); ++channel) {
      conv->channel_multiplier.push_back(static_cast<std::uint32_t>(random.integer(1 << 15, (1 << 16) - 1)));
      conv->channel_shift[channel] = static_cast<std::uint8_t>(random.integer(0, 20));
    }
  }
  compiler::verify_quantized(graph);
  return graph;
}

}  // namespace

TEST_CASE("On the default machine every tensor of a network with all operators equals the interpreter's") {
  const auto graph = tests::all_operators_network(7, {3, 61, 47});
  check_functional(graph, preset("shift_npu"), tests::random_input(graph, 1));
}

TEST_CASE(
    "On random machines every tensor equals the interpreter's, or the machine is refused as too small") {
  int run = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    tests::TestRandom random(seed);
    const compiler::MapShape input{random.integer(1, 5), random.integer(23, 70), random.integer(23, 70)};
    const auto graph = tests::all_operators_network(seed, input);
    const auto arch = random_arch(random);
    try {
      check_functional(graph, arch, tests::random_input(graph, seed));
      ++run;
    } catch (const CapacityError& error) {
      INFO(error.what());
      CHECK(error.needed_bytes() > error.available_bytes());
    }
  }
  CHECK(run >= 30);
}

TEST_CASE("With every mix of 8 and 16 bit weights and activations all engines agree on every tensor") {
  for (const auto& data : all_widths()) {
    INFO("weights " << data.weight_bits << " bits, activations " << data.activation_bits);
    auto arch = preset("shift_npu");
    arch.data = data;
    const auto graph = tests::all_operators_network(5, {3, 61, 47}, data);
    const auto input = tests::random_input(graph, 5);
    check_functional(graph, arch, input);
    check_systemc(compiler::compile(graph, arch), arch, input);
  }
}

TEST_CASE("Convolutions whose windows lie in padding alone agree on every engine and tiling") {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    INFO("seed " << seed);
    tests::TestRandom random(300 + seed);
    tests::NetworkMaker net(seed, {5, random.integer(3, 9), random.integer(3, 9)});
    const auto pad = [&] { return random.integer(0, 9); };
    const auto wide = net.conv(net.input(), {20, 3, 2, 2, pad(), pad(), pad(), pad(), 1, false});
    const auto more = net.conv(wide, {20, 1, 1, 1, 1, 2, 2, 1, 1, false});
    const auto spatial = net.conv(more, {20, 3, 3, 1, pad(), pad(), pad(), pad(), 20, false});
    const auto graph = net.finish(net.conv(spatial, {7, 2, 3, 1, 4, 0, 3, 5, 1, false}));
    const auto input = tests::random_input(graph, seed);
    auto arch = preset("shift_npu");
    check_functional(graph, arch, input);
    check_systemc(compiler::compile(graph, arch), arch, input);
    arch.global_buffer.capacity_bytes = 1024;  // a tile of a few pixels
    check_functional(graph, arch, input);
  }
}

TEST_CASE("A batch gives every image what it gets alone, on every engine and random machines") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    INFO("seed " << seed);
    tests::TestRandom random(500 + seed);
    const compiler::MapShape shape{random.integer(1, 5), random.integer(23, 40), random.integer(23, 40)};
    auto arch = random_arch(random);
    arch.global_buffer.capacity_bytes = random.integer(12, 64) * 1024;
    arch.weight_sram.capacity_bytes = random.integer(12, 64) * 1024;
    const auto graph = tests::all_operators_network(seed, shape);
    std::vector<std::int32_t> batch;
    const std::int64_t images = random.integer(2, 5);
    for (std::int64_t image = 0; image < images; ++image) {
      const auto input = tests::random_input(graph, 1000 * seed + static_cast<std::uint64_t>(image));
      batch.insert(batch.end(), input.begin(), input.end());
    }
    check_functional(graph, arch, batch);
    check_systemc(compiler::compile(graph, arch, {.images = images}), arch, batch);
  }
}

TEST_CASE("A batch reads weights of a fully connected layer once, not once for each image") {
  tests::NetworkMaker net(3, {600, 1, 1});
  const auto graph = net.finish(net.conv(net.input(), {500, 1, 1, 1, 0, 0, 0, 0, 1, false}));
  const auto arch = preset("shift_npu");
  const auto bytes = [&](std::int64_t images) {
    std::vector<std::int32_t> batch;
    for (std::int64_t image = 0; image < images; ++image) {
      const auto input = tests::random_input(graph, 7);
      batch.insert(batch.end(), input.begin(), input.end());
    }
    return check_systemc(compiler::compile(graph, arch, {.images = images}), arch, batch).dram_read_bytes;
  };
  // What seven more images add is their inputs, hardly any weights.
  CHECK(bytes(8) - bytes(1) < 7 * 600 + 2000);
}

TEST_CASE("On every Squeezelerator preset all engines agree on a 16-bit network with all operators") {
  for (const char* name : {"squeezelerator_8x8", "squeezelerator_16x16", "squeezelerator_32x32"}) {
    INFO(name);
    const auto arch = preset(name);
    const auto graph = tests::all_operators_network(9, {3, 61, 47}, arch.data);
    const auto input = tests::random_input(graph, 9);
    check_functional(graph, arch, input);
    check_systemc(compiler::compile(graph, arch), arch, input);
  }
}

TEST_CASE("Asymmetric weights and multipliers by channel give the interpreter's bytes on every engine") {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    INFO("seed " << seed);
    tests::TestRandom random(300 + seed);
    const auto graph =
        comparison_schemes(tests::all_operators_network(seed, {random.integer(1, 5), 40, 33}), seed);
    auto arch = random_arch(random);
    arch.global_buffer.capacity_bytes = 48 * 1024;
    arch.weight_sram.capacity_bytes = 24 * 1024;
    const auto input = tests::random_input(graph, seed);
    check_functional(graph, arch, input);
    check_systemc(compiler::compile(graph, arch), arch, input);
  }
}

TEST_CASE(
    "One program gives the same bytes under any DRAM latency and bandwidth, and cycles in the right order") {
  const auto graph = tests::all_operators_network(21, {3, 61, 47});
  auto arch = preset("shift_npu");
  const auto program = compiler::compile(graph, arch);
  const auto input = tests::random_input(graph, 21);
  for (const double bytes_per_cycle : {1.0, 16.0, 64.0}) {
    Cycles before = 0;
    for (const Cycles latency : {0, 100, 1000}) {
      INFO("latency " << latency << ", bytes per cycle " << bytes_per_cycle);
      arch.dram.latency_cycles = latency;
      arch.dram.bytes_per_cycle = bytes_per_cycle;
      const auto result = check_systemc(program, arch, input);
      CHECK(result.cycles > before);
      CHECK(static_cast<double>(result.dram_read_bytes + result.dram_write_bytes) / bytes_per_cycle <=
            static_cast<double>(result.cycles));
      before = result.cycles;
    }
  }
}

TEST_CASE("Random stalls at every instruction never change a byte of the SystemC machine's result") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    INFO("seed " << seed);
    tests::TestRandom random(100 + seed);
    const auto graph = tests::all_operators_network(seed, {random.integer(1, 5), 40, 33});
    auto arch = random_arch(random);
    arch.global_buffer.capacity_bytes = 48 * 1024;
    arch.weight_sram.capacity_bytes = 24 * 1024;
    const auto program = compiler::compile(graph, arch);
    check_systemc(program, arch, tests::random_input(graph, seed), seed);
  }
}

TEST_CASE("Interpreter, functional engine and SystemC machine agree under every rounding rule") {
  std::set<std::vector<std::uint8_t>> outputs;
  for (const auto& [name, rule] : hw::kRoundings) {
    INFO(name);
    auto arch = tests::preset("shift_npu");
    arch.compounding.rounding = rule;
    if (rule == hw::Rounding::kGemmlowp) arch.compounding.multiplier_bits = 31;  // the rule's own width
    auto graph = tests::all_operators_network(5, {3, 41, 37});
    graph.rounding = rule;
    const auto input = tests::random_input(graph, 5);
    tests::check_functional(graph, arch, input);
    const auto program = compiler::compile(graph, arch);
    outputs.insert(check_systemc(program, arch, input).output);
  }
  CHECK(outputs.size() >= 3);  // the rules do differ on this network
}

}  // namespace npu
