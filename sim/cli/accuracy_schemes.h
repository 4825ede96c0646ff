// The quantisation schemes that npusim accuracy compares: a name, what it is, and the recipe.
#pragma once

#include <string>
#include <vector>

#include "compiler/refine/recipe.h"

namespace npu::sim {

struct AccuracyScheme {
  std::string name;
  std::string description;
  compiler::Recipe recipe;
};

/// Every scheme for a machine whose shifter has `shift_bits`: layer, layer_asymmetric, channel, shift,
/// equalised (cross-layer equalisation), equalised_shift, each alone and with "+bias" (bias correction from
/// calibration means); and with the whole recipe layer+recipe, channel+recipe, shift+recipe (the default of
/// every command). Float is no scheme: it is measured always.
std::vector<AccuracyScheme> all_schemes(int shift_bits);

/// The schemes of a comma-separated list: names, "all", and "shiftN" or "shiftN+bias" or "shiftN+recipe" for
/// another width N of the shift, 0 to 5. Throws InputError naming the first unknown one and all that there
/// are.
std::vector<AccuracyScheme> parse_schemes(const std::string& list, int shift_bits);

}  // namespace npu::sim
