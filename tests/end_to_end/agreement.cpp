#include "tests/end_to_end/agreement.h"

#include <algorithm>
#include <span>

#include "compiler/codegen/compile.h"
#include "compiler/reference/interpreter.h"
#include "hw/common/file.h"
#include "hw/kernels/element_access.h"
#include "hw/timing/conv_timing.h"
#include "sim/engines/common/tensor_io.h"
#include "sim/engines/functional/functional_engine.h"
#include "sim/engines/systemc/systemc_engine.h"
#include "tests/support.h"

namespace npu::tests {

hw::ArchConfig preset(const std::string& name) {
  return hw::load_arch(source_folder() / "configs/arch" / (name + ".json"));
}

std::vector<std::int32_t> elements(const std::vector<std::uint8_t>& bytes, int element_bytes) {
  std::vector<std::int32_t> values(bytes.size() / static_cast<std::size_t>(element_bytes));
  for (std::size_t index = 0; index < values.size(); ++index) {
    values[index] = hw::load_activation(bytes.data(), static_cast<std::int64_t>(index), element_bytes);
  }
  return values;
}

void check_functional(const compiler::QuantizedGraph& graph, const hw::ArchConfig& arch,
                      const std::vector<std::int32_t>& input) {
  const std::int64_t image_elements = graph.tensors[graph.input].shape.elements();
  const std::int64_t images = std::ssize(input) / image_elements;
  const auto program = compiler::compile(graph, arch, {.keep_activations = true, .images = images});
  std::vector<std::vector<std::int32_t>> expected(graph.tensors.size());
  for (std::int64_t image = 0; image < images; ++image) {
    const auto result =
        compiler::interpret(graph, std::span(input).subspan(static_cast<std::size_t>(image * image_elements),
                                                            static_cast<std::size_t>(image_elements)));
    for (std::size_t id = 0; id < expected.size(); ++id) {
      expected[id].insert(expected[id].end(), result.tensors[id].begin(), result.tensors[id].end());
    }
  }
  sim::FunctionalEngine engine(program);
  CHECK(engine.run(input) == expected[static_cast<std::size_t>(graph.output)]);
  for (std::size_t id = 0; id < graph.tensors.size(); ++id) {
    INFO("tensor " << graph.tensors[id].name);
    CHECK(sim::read_tensor(engine.dram(), program.tensor(graph.tensors[id].name), program.format) ==
          expected[id]);
  }
}

sim::RunResult check_systemc(const hw::Program& program, const hw::ArchConfig& arch,
                             const std::vector<std::int32_t>& input, std::uint64_t stall_seed) {
  sim::FunctionalEngine engine(program);
  const auto expected = engine.run(input);
  const TemporaryFolder folder;
  const auto dram_file = folder.path() / "dram.bin";
  const auto run =
      sim::run_systemc(program, arch, input,
                       {.executable = NPUSIM_BINARY, .random_stall_seed = stall_seed, .dram_out = dram_file});
  CHECK(elements(run.output, program.format.activation_bytes()) == expected);
  const auto dram = read_file(dram_file);
  CHECK(std::equal(dram.begin(), dram.end(), engine.dram().begin(), engine.dram().end()));
  check_laws(run, program, arch);
  return run;
}

void check_laws(const sim::RunResult& run, const hw::Program& program, const hw::ArchConfig& arch) {
  std::int64_t macs = 0;  // without zero weights that are skipped
  for (const auto& instruction : program.instructions) {
    if (instruction.opcode == hw::Opcode::kConv) {
      macs += hw::effective_macs(hw::conv_work(instruction.conv()), arch);
    }
  }
  CHECK(run.cycles * arch.pe_array.pe_count() >= macs);
  CHECK(static_cast<double>(run.cycles) * arch.dram.bytes_per_cycle >=
        static_cast<double>(run.dram_read_bytes + run.dram_write_bytes));
  CHECK(run.dram_read_bytes >= program.footprint.weight_bytes + run.instruction_fetch_bytes);
  for (const auto& unit : run.units) {
    Cycles sum = unit.busy + unit.idle;
    for (const auto& [cause, cycles] : unit.stalls) sum += cycles;
    CHECK(sum == run.cycles);
  }
  Cycles layers = 0;
  for (const auto& layer : run.layers) layers += layer.cycles;
  CHECK(layers <= run.cycles);
}

}  // namespace npu::tests
