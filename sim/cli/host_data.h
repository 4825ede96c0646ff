// Between the host's images and tensors and the bytes of the machine: network inputs, quantised inputs,
// outputs, ranked classes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "compiler/data/preprocessing.h"
#include "compiler/quant/quantized_graph.h"
#include "hw/isa/program.h"

namespace npu::sim {

/// The host's view of a feature map of the program, for compiler::quantize_input and dequantize.
compiler::QTensor host_tensor(const hw::TensorSymbol& symbol);

/// [row][column][channel] integers for the program's input from the float input [channel][row][column].
std::vector<std::int32_t> quantized_input(const hw::Program& program, std::span<const float> input);

/// Indices of the `count` largest values, largest first; equal values in order of index.
template <class Value>
std::vector<int> top_classes(std::span<const Value> values, int count);

/// Seed of the i-th synthetic input of a run with the given `--seed`; never the same for two uses.
std::uint64_t synthetic_seed(std::uint64_t run_seed, std::int64_t index);

/// Synthetic input for as many images as one run of the program processes: [image][row][column][channel].
std::vector<std::int32_t> synthetic_codes(const hw::Program& program, std::uint64_t run_seed);

/// How a network's inputs are normalised, as kept in Program::preprocessing_json; empty text and no value
/// correspond.
std::string normalisation_json(const std::optional<compiler::InputNormalisation>& normalisation);
std::optional<compiler::InputNormalisation> normalisation_from_json(const std::string& text,
                                                                    const std::string& file);

}  // namespace npu::sim
