// Valid inputs of the four doors, made by the code that writes them, so that they follow every change of a
// format.
#pragma once

#include "compiler/graph/graph.h"
#include "tests/fuzz/targets.h"

namespace npu::fuzz {

std::vector<Bytes> onnx_seeds();
std::vector<Bytes> arch_seeds();
std::vector<Bytes> calibration_seeds();
std::vector<Bytes> program_seeds();

/// The canonical graph whose calibration file the calibration target reads.
compiler::Graph calibrated_graph();

/// Puts the right SHA-256 into the last 32 bytes of a program file; leaves shorter files alone.
void seal(Bytes& file);

}  // namespace npu::fuzz
