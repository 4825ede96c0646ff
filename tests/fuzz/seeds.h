// Valid inputs of the doors, made by the code that writes them, so that they follow every change of a
// format.
#pragma once

#include "compiler/graph/graph.h"
#include "compiler/quant/calibration.h"
#include "hw/arch/arch_config.h"
#include "tests/fuzz/targets.h"

namespace npu::fuzz {

std::vector<Bytes> onnx_seeds();
std::vector<Bytes> arch_seeds();
std::vector<Bytes> calibration_seeds();
std::vector<Bytes> quantization_seeds();
std::vector<Bytes> program_seeds();

/// The canonical graph whose calibration and quantisation files the targets read, its calibration, the
/// machine.
compiler::Graph calibrated_graph();
compiler::Calibration calibration_of(const compiler::Graph& canonical);
hw::ArchConfig default_arch();

/// Puts the right SHA-256 into the last 32 bytes of a program file; leaves shorter files alone.
void seal(Bytes& file);

}  // namespace npu::fuzz
