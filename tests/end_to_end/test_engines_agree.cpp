// Interpreter and functional engine agree byte for byte on random networks and random machines; the verifier accepts
// every compiled program.
#include <fmt/core.h>

#include "compiler/codegen/compile.h"
#include "compiler/reference/interpreter.h"
#include "hw/common/error.h"
#include "hw/isa/verifier.h"
#include "sim/engines/common/tensor_io.h"
#include "sim/engines/functional/functional_engine.h"
#include "tests/random_network.h"

namespace npu {
namespace {

hw::ArchConfig default_arch() { return hw::load_arch(tests::source_folder() / "configs/arch/shift_npu.json"); }

// A machine with random array, buffers and dataflows; small enough that every kind of tiling occurs.
hw::ArchConfig random_arch(tests::TestRandom& random) {
  auto arch = default_arch();
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

// Every tensor of the network after a functional run equals the interpreter's.
void check_all_tensors(const compiler::QuantizedGraph& graph, const hw::ArchConfig& arch, std::uint64_t seed) {
  const auto program = compiler::compile(graph, arch, {.keep_activations = true});
  const auto input = tests::random_input(graph, seed);
  const auto expected = compiler::interpret(graph, input);
  sim::FunctionalEngine engine(program);
  const auto output = engine.run(input);
  CHECK(output == expected.tensors[graph.output]);
  for (std::size_t id = 0; id < graph.tensors.size(); ++id) {
    INFO("tensor " << graph.tensors[id].name);
    const auto found = sim::read_tensor(engine.dram(), program.tensor(graph.tensors[id].name), program.format);
    CHECK(found == expected.tensors[id]);
  }
}

}  // namespace

TEST_CASE("On the default machine every tensor of a network with all operators equals the interpreter's") {
  const auto graph = tests::all_operators_network(7, {3, 61, 47});
  check_all_tensors(graph, default_arch(), 1);
}

TEST_CASE("On random machines every tensor equals the interpreter's, or the machine is refused as too small") {
  int run = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    tests::TestRandom random(seed);
    const compiler::MapShape input{random.integer(1, 5), random.integer(23, 70), random.integer(23, 70)};
    const auto graph = tests::all_operators_network(seed, input);
    const auto arch = random_arch(random);
    try {
      check_all_tensors(graph, arch, seed);
      ++run;
    } catch (const CapacityError& error) {
      INFO(error.what());
      CHECK(error.needed_bytes() > error.available_bytes());
    }
  }
  CHECK(run >= 30);
}

}  // namespace npu
