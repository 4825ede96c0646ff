// Layers whose weight scales, shifts or integers are given: what they come to on a machine. The opposite way,
// everything that a quantised network has chosen, as it can be given again.
#pragma once

#include <set>
#include <string>

#include "compiler/graph/graph.h"
#include "compiler/quant/conv_quantization.h"
#include "compiler/quant/quantized_graph.h"

namespace npu::compiler {

/// The scheme that the layer's given scales need, or `fallback` if none are given: one scale, or scales that
/// are powers of two of the largest as far as the shift reaches: kShift; a zero point: kAsymmetric; else
/// kPerChannel.
WeightScheme given_scheme(const GivenLayer* given, WeightScheme fallback, const ConvWidths& widths);

/// Convolutions whose LeakyReLU becomes a layer of its own: a multiplier for each channel leaves no room for
/// a second one below zero.
std::set<std::string> leaky_layers_apart(const Graph& graph, WeightScheme fallback, const ConvWidths& widths);

/// `fallback` with what is given put in its place. Throws GraphError naming the layer: a number of channels
/// that is not the layer's, a shift beyond the machine's, a zero point together with scales for each channel.
WeightGrid given_grid(const GivenLayer& given, const ConvLayer& layer, WeightGrid fallback,
                      const ConvWidths& widths);

/// `widths` with the layer's own weight_bits. Throws GraphError naming the layer if the machine has fewer.
ConvWidths given_widths(const GivenLayer* given, const ConvWidths& widths, const std::string& layer);

/// Throws GraphError if the network was quantised for other widths than the machine has.
void check_given_widths(const GivenQuantization& given, const ConvWidths& widths, int activation_bits);

/// A shift that all channels have becomes part of the layer's scale, so that files can say the same.
void drop_common_shift(WeightGrid& grid);

/// Which integers quantization_of includes.
enum class GivenIntegers { kNeeded, kAll };

/// Scales, zero points, shifts and biases of `quantized`, which was made from `canonical` or from a network
/// with the same names and shapes; integers of layers whose float weights in `canonical` would round to
/// others. Quantising `canonical` with the result gives `quantized` again.
GivenQuantization quantization_of(const QuantizedGraph& quantized, const Graph& canonical,
                                  GivenIntegers integers = GivenIntegers::kNeeded);

}  // namespace npu::compiler
