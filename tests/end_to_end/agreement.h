// The claim that the tests of this folder share: interpreter, functional engine and SystemC machine agree
// byte for byte, and a run obeys the laws of conservation.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "compiler/quant/quantized_graph.h"
#include "hw/arch/arch_config.h"
#include "hw/isa/program.h"
#include "sim/engines/common/run_result.h"

namespace npu::tests {

/// A machine of configs/arch by name.
hw::ArchConfig preset(const std::string& name);

/// The elements of a run's output bytes.
std::vector<std::int32_t> elements(const std::vector<std::uint8_t>& bytes, int element_bytes);

/// CHECKs that every tensor of a functional run equals the interpreter's. Throws what compile throws. `input`
/// holds the images of a batch one behind the other; the interpreter takes them one by one.
void check_functional(const compiler::QuantizedGraph& graph, const hw::ArchConfig& arch,
                      const std::vector<std::int32_t>& input);

/// CHECKs that the SystemC machine's output and its whole DRAM equal the functional engine's and that the
/// run obeys the laws.
sim::RunResult check_systemc(const hw::Program& program, const hw::ArchConfig& arch,
                             const std::vector<std::int32_t>& input, std::uint64_t stall_seed = 0);

/// CHECKs busy + stalled + idle = total for every unit, layers within the total, and that neither MACs nor
/// DRAM bytes went faster than the machine can.
void check_laws(const sim::RunResult& run, const hw::Program& program, const hw::ArchConfig& arch);

}  // namespace npu::tests
