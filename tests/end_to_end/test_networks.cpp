// Whole networks on the default machine: the two built-ins everywhere, the six trained ones where ../shared
// is present. Interpreter = functional engine = SystemC machine, byte for byte; the time and traffic laws
// hold; one program runs under any DRAM.
#include "compiler/codegen/compile.h"
#include "compiler/data/image_set.h"
#include "compiler/import/onnx_import.h"
#include "compiler/passes/pipeline.h"
#include "compiler/quant/quantizer.h"
#include "compiler/reference/interpreter.h"
#include "sim/engines/functional/functional_engine.h"
#include "tests/end_to_end/agreement.h"
#include "tests/support.h"
#include "workloads/networks.h"

namespace npu {
namespace {

using tests::check_functional;
using tests::check_systemc;
using tests::preset;

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

void check_network(const compiler::Graph& network, const std::string& machine = "shift_npu") {
  const auto arch = preset(machine);
  const auto test_case = make_case(network, arch);
  check_functional(test_case.graph, arch, test_case.input);
  check_systemc(compiler::compile(test_case.graph, arch, {.keep_activations = true}), arch, test_case.input);

  // Reusing DRAM between maps changes addresses, never values.
  const auto compact = compiler::compile(test_case.graph, arch);
  sim::FunctionalEngine compact_engine(compact);
  CHECK(compact_engine.run(test_case.input) ==
        compiler::interpret(test_case.graph, test_case.input).tensors[test_case.graph.output]);
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

TEST_CASE("All engines agree on every tensor of a 16-bit SqueezeNext 23v5 on the 16x16 Squeezelerator") {
  check_network(workloads::build_network("sqnxt_23v5_1.0"), "squeezelerator_16x16");
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
  auto arch = preset("shift_npu");
  const auto test_case = make_case(workloads::build_network("mobilenet_v2_1.0"), arch);
  const auto program = compiler::compile(test_case.graph, arch);
  for (const double bytes_per_cycle : {1.0, 16.0, 64.0}) {
    Cycles before = 0;
    for (const Cycles latency : {0, 100, 1000}) {
      INFO("latency " << latency << ", bytes per cycle " << bytes_per_cycle);
      arch.dram.latency_cycles = latency;
      arch.dram.bytes_per_cycle = bytes_per_cycle;
      const auto run = check_systemc(program, arch, test_case.input);
      CHECK(run.cycles > before);
      before = run.cycles;
    }
  }
}

}  // namespace npu
