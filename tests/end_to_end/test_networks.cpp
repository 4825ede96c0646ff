// Whole networks on the default machine: the two built-ins everywhere, the six trained ones where ../shared
// is present. Interpreter = functional engine = SystemC machine, byte for byte; the time and traffic laws
// hold; one program runs under any DRAM.
#include <algorithm>

#include "compiler/codegen/compile.h"
#include "compiler/data/image_set.h"
#include "compiler/import/onnx_import.h"
#include "compiler/passes/pipeline.h"
#include "compiler/quant/quantizer.h"
#include "compiler/reference/interpreter.h"
#include "hw/common/file.h"
#include "sim/engines/common/tensor_io.h"
#include "sim/engines/functional/functional_engine.h"
#include "sim/engines/systemc/systemc_engine.h"
#include "tests/support.h"
#include "workloads/networks.h"

namespace npu {
namespace {

hw::ArchConfig default_arch() {
  return hw::load_arch(tests::source_folder() / "configs/arch/shift_npu.json");
}

struct Case {
  compiler::QuantizedGraph graph;
  std::vector<std::int32_t> input;
};

// Quantised with two synthetic calibration inputs: engines must agree whatever the calibration.
Case make_case(const compiler::Graph& network, const hw::ArchConfig& arch) {
  const auto canonical = compiler::canonicalise(network);
  const auto next = [&](std::int64_t index) {
    return compiler::synthetic_input(canonical.input_shape, static_cast<std::uint64_t>(index) + 1);
  };
  const auto calibration = compiler::calibrate(canonical, 2, "synthetic", next);
  Case result{compiler::quantize(canonical, calibration, arch, {}), {}};
  result.input =
      compiler::quantize_input(compiler::synthetic_input(canonical.input_shape, 77),
                               result.graph.tensors[result.graph.input], arch.data.activation_bits);
  return result;
}

std::vector<std::int32_t> elements(const std::vector<std::uint8_t>& bytes) {
  std::vector<std::int32_t> values;
  for (const std::uint8_t byte : bytes) values.push_back(static_cast<std::int8_t>(byte));
  return values;
}

void check_laws(const sim::RunResult& run, const hw::Program& program, const hw::ArchConfig& arch) {
  std::int64_t macs = 0;
  for (const auto& layer : program.layers) macs += layer.macs;
  CHECK(run.cycles * arch.pe_array.pe_count() >= macs);
  CHECK(static_cast<double>(run.cycles) * arch.dram.bytes_per_cycle >=
        static_cast<double>(run.dram_read_bytes + run.dram_write_bytes));
  CHECK(run.dram_read_bytes >= program.footprint.weight_bytes + program.footprint.instruction_bytes);
  for (const auto& unit : run.units) {
    Cycles sum = unit.busy + unit.idle;
    for (const auto& [cause, cycles] : unit.stalls) sum += cycles;
    CHECK(sum == run.cycles);
  }
}

void check_network(const compiler::Graph& network) {
  const auto arch = default_arch();
  const auto test_case = make_case(network, arch);
  const auto& graph = test_case.graph;
  const auto expected = compiler::interpret(graph, test_case.input);

  const auto program = compiler::compile(graph, arch, {.keep_activations = true});
  sim::FunctionalEngine functional(program);
  CHECK(functional.run(test_case.input) == expected.tensors[graph.output]);
  for (std::size_t id = 0; id < graph.tensors.size(); ++id) {
    INFO("tensor " << graph.tensors[id].name);
    CHECK(sim::read_tensor(functional.dram(), program.tensor(graph.tensors[id].name), program.format) ==
          expected.tensors[id]);
  }

  const tests::TemporaryFolder folder;
  const auto dram_file = folder.path() / "dram.bin";
  const auto run =
      sim::run_systemc(program, arch, test_case.input,
                       {.executable = NPUSIM_BINARY, .random_stall_seed = 0, .dram_out = dram_file});
  CHECK(elements(run.output) == expected.tensors[graph.output]);
  const auto dram = read_file(dram_file);
  CHECK(std::equal(dram.begin(), dram.end(), functional.dram().begin(), functional.dram().end()));
  check_laws(run, program, arch);

  // Reusing DRAM between maps changes addresses, never values.
  const auto compact = compiler::compile(graph, arch);
  sim::FunctionalEngine compact_engine(compact);
  CHECK(compact_engine.run(test_case.input) == expected.tensors[graph.output]);
}

void check_model(const std::string& name) {
  check_network(compiler::import_onnx(tests::shared_folder() / "models" / (name + ".onnx")));
}

}  // namespace

TEST_CASE("All engines agree on every tensor of the built-in SqueezeNext 23v5") {
  check_network(workloads::build_network("sqnxt_23v5_1.0"));
}

TEST_CASE("All engines agree on every tensor of the built-in MobileNet v2") {
  check_network(workloads::build_network("mobilenet_v2_1.0"));
}

TEST_CASE("All engines agree on every tensor of the trained MobileNet v1 0.25") {
  SKIP_WITHOUT_SHARED();
  check_model("mobilenet_v1_0.25_224");
}

TEST_CASE("All engines agree on every tensor of the trained MobileNet v1 0.75") {
  SKIP_WITHOUT_SHARED();
  check_model("mobilenet_v1_0.75_224");
}

TEST_CASE("All engines agree on every tensor of the trained MobileNet v2") {
  SKIP_WITHOUT_SHARED();
  check_model("mobilenet_v2_1.0_224");
}

TEST_CASE("All engines agree on every tensor of the trained SqueezeNet 1.0") {
  SKIP_WITHOUT_SHARED();
  check_model("squeezenet_1.0_tf");
}

TEST_CASE("All engines agree on every tensor of the trained SqueezeNet 1.1") {
  SKIP_WITHOUT_SHARED();
  check_model("squeezenet_1.1");
}

TEST_CASE("All engines agree on every tensor of the trained Tiny Darknet") {
  SKIP_WITHOUT_SHARED();
  check_model("tiny_darknet");
}

TEST_CASE("One MobileNet v2 program gives the same bytes under every DRAM, and cycles in the right order") {
  auto arch = default_arch();
  const auto test_case = make_case(workloads::build_network("mobilenet_v2_1.0"), arch);
  const auto program = compiler::compile(test_case.graph, arch);
  sim::FunctionalEngine functional(program);
  const auto expected = functional.run(test_case.input);
  for (const double bytes_per_cycle : {1.0, 16.0, 64.0}) {
    Cycles before = 0;
    for (const Cycles latency : {0, 100, 1000}) {
      INFO("latency " << latency << ", bytes per cycle " << bytes_per_cycle);
      arch.dram.latency_cycles = latency;
      arch.dram.bytes_per_cycle = bytes_per_cycle;
      const auto run =
          sim::run_systemc(program, arch, test_case.input,
                           {.executable = NPUSIM_BINARY, .random_stall_seed = 0, .dram_out = {}});
      CHECK(elements(run.output) == expected);
      check_laws(run, program, arch);
      CHECK(run.cycles > before);
      before = run.cycles;
    }
  }
}

}  // namespace npu
