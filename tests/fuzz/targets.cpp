#include "tests/fuzz/targets.h"

#include <fmt/core.h>

#include <array>
#include <nlohmann/json.hpp>

#include "compiler/import/onnx_import.h"
#include "compiler/passes/pipeline.h"
#include "compiler/quant/calibration.h"
#include "compiler/quant/quantization_file.h"
#include "compiler/quant/quantizer.h"
#include "hw/arch/arch_config.h"
#include "hw/common/error.h"
#include "hw/common/hash.h"
#include "hw/common/json_reader.h"
#include "hw/isa/disassembler.h"
#include "hw/isa/program.h"
#include "hw/isa/verifier.h"
#include "tests/fuzz/seeds.h"

namespace npu::fuzz {
namespace {

std::string text_of(std::span<const std::uint8_t> input) { return {input.begin(), input.end()}; }

bool run_onnx(std::span<const std::uint8_t> input) {
  try {
    compiler::canonicalise(compiler::import_onnx(input, "fuzz"));
    return true;
  } catch (const Error&) {
    return false;
  }
}

bool run_arch(std::span<const std::uint8_t> input) {
  try {
    const hw::ArchConfig arch = hw::arch_from_json(parse_json(text_of(input), "fuzz"), "fuzz");
    const hw::ArchConfig again = hw::arch_from_json(hw::arch_to_json(arch), "again");
    NPU_CHECK(hw::arch_to_json(again) == hw::arch_to_json(arch), "a machine must survive its own JSON");
    return true;
  } catch (const Error&) {
    return false;
  }
}

bool run_calibration(std::span<const std::uint8_t> input) {
  static const compiler::Graph kGraph = calibrated_graph();
  try {
    compiler::calibration_from_json(parse_json(text_of(input), "fuzz"), "fuzz", kGraph);
    return true;
  } catch (const Error&) {
    return false;
  }
}

bool run_quantization(std::span<const std::uint8_t> input) {
  static const compiler::Graph kGraph = calibrated_graph();
  static const hw::ArchConfig kArch = default_arch();
  static const compiler::Calibration kCalibration = calibration_of(kGraph);
  try {
    compiler::Graph graph = kGraph;
    graph.given = compiler::quantization_from_json(parse_json(text_of(input), "fuzz"), "fuzz", graph);
    compiler::quantize(graph, kCalibration, kArch, {});
    return true;
  } catch (const Error&) {
    return false;
  }
}

bool load_program(std::span<const std::uint8_t> bytes) {
  try {
    const hw::Program program = hw::deserialize(bytes);
    hw::disassemble(program);
    hw::require_verified(program);
    return true;
  } catch (const Error&) {
    return false;
  }
}

/// No mutation would find the SHA-256 at the file's end: it is put right.
bool run_program(std::span<const std::uint8_t> input) {
  const bool accepted = load_program(input);
  Bytes sealed(input.begin(), input.end());
  seal(sealed);
  return load_program(sealed) || accepted;
}

constexpr std::array<Target, 5> kTargets{{{"onnx", run_onnx, onnx_seeds},
                                          {"arch", run_arch, arch_seeds},
                                          {"calibration", run_calibration, calibration_seeds},
                                          {"quantization", run_quantization, quantization_seeds},
                                          {"program", run_program, program_seeds}}};

}  // namespace

std::span<const Target> targets() { return kTargets; }

const Target& target(const std::string& name) {
  for (const Target& candidate : kTargets) {
    if (name == candidate.name) {
      return candidate;
    }
  }
  throw InputError("fuzz target '" + name + "'", "expected onnx, arch, calibration, quantization or program");
}

}  // namespace npu::fuzz
