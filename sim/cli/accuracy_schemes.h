// The quantisation schemes that npusim accuracy compares: a name, what it is, and the recipe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/refine/recipe.h"
#include "hw/arch/arch_config.h"

namespace npu::sim {

struct AccuracyScheme {
  std::string name;
  std::string description;
  compiler::Recipe recipe;
  std::optional<int> weight_bits = std::nullopt;      ///< 4 to 8 or 16; the machine's if not given
  std::optional<int> activation_bits = std::nullopt;  ///< 8 or 16; the machine's if not given
};

/// `arch` with data widths and shifter that the scheme needs. Throws ConfigError if no machine has them.
hw::ArchConfig machine_for(const AccuracyScheme& scheme, const hw::ArchConfig& arch);

/// The schemes that `npusim accuracy` compares unless told otherwise, for a machine whose shifter has
/// `shift_bits`: layer, layer_asymmetric, equalised (cross-layer equalisation), equalised_shift, shift and
/// channel, each alone and "+bias"; layer, channel and shift "+recipe" (shift+recipe is the default of every
/// command). Float is no scheme: it is measured always.
std::vector<AccuracyScheme> all_schemes(int shift_bits);

/// The schemes of a comma-separated list. A scheme is one of the names above or shiftN (N = 0 to 5 bits),
/// then any of +STEP and -STEP in order (bias, analytic, matching, balance, search, rounding, scores, recipe;
/// percentile, mse, kl for activation ranges), then "@wX", "@aY" or "@wXaY": weights of X (4 to 8, or 16) and
/// activations of Y (8 or 16) bits. "@a16" is close to weights only, "@w16" to activations only. "all" stands
/// for all_schemes. Throws InputError naming the first wrong one and all that there are.
std::vector<AccuracyScheme> parse_schemes(const std::string& list, int shift_bits);

}  // namespace npu::sim
