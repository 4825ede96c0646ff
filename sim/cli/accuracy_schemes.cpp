#include "sim/cli/accuracy_schemes.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>

#include "hw/common/error.h"

namespace npu::sim {
namespace {

using compiler::BiasCorrection;
using compiler::ChannelScaling;
using compiler::Recipe;
using compiler::WeightScheme;

constexpr int kLargestShiftBits = 5;
constexpr const char* kBias = "+bias";
constexpr const char* kRecipe = "+recipe";

Recipe with_bias(Recipe recipe) {
  recipe.bias_correction = BiasCorrection::kCalibrated;
  return recipe;
}

Recipe whole_recipe(WeightScheme scheme, int shift_bits) {
  Recipe recipe;
  recipe.scheme = scheme;
  recipe.shift_bits = shift_bits;
  return recipe;
}

Recipe equalised(int shift_bits) {
  Recipe recipe = Recipe::plain(WeightScheme::kShift, shift_bits);
  recipe.scaling = ChannelScaling::kCrossLayer;
  return recipe;
}

void add_pair(std::vector<AccuracyScheme>& schemes, const std::string& name, const std::string& description,
              const Recipe& recipe) {
  schemes.push_back({name, description, recipe});
  schemes.push_back({name + kBias, description + ", bias correction", with_bias(recipe)});
}

}  // namespace

std::vector<AccuracyScheme> all_schemes(int shift_bits) {
  const std::string shift = fmt::format("one scale per layer, {}-bit shift per channel", shift_bits);
  std::vector<AccuracyScheme> schemes;
  add_pair(schemes, "layer", "one symmetric scale per layer", Recipe::plain(WeightScheme::kShift, 0));
  add_pair(schemes, "layer_asymmetric", "one scale and zero point per layer",
           Recipe::plain(WeightScheme::kAsymmetric, 0));
  add_pair(schemes, "equalised", "cross-layer equalisation, one scale per layer", equalised(0));
  add_pair(schemes, "equalised_shift", "cross-layer equalisation, " + shift, equalised(shift_bits));
  add_pair(schemes, "shift", shift, Recipe::plain(WeightScheme::kShift, shift_bits));
  add_pair(schemes, "channel", "a multiplier and a shift per channel",
           Recipe::plain(WeightScheme::kPerChannel, 0));
  schemes.push_back({std::string("layer") + kRecipe, "one scale per layer, whole recipe",
                     whole_recipe(WeightScheme::kShift, 0)});
  schemes.push_back({std::string("channel") + kRecipe, "a multiplier and a shift per channel, whole recipe",
                     whole_recipe(WeightScheme::kPerChannel, 0)});
  schemes.push_back({std::string("shift") + kRecipe, shift + ", whole recipe (the default)",
                     whole_recipe(WeightScheme::kShift, shift_bits)});
  return schemes;
}

std::vector<AccuracyScheme> parse_schemes(const std::string& list, int shift_bits) {
  std::vector<AccuracyScheme> known = all_schemes(shift_bits);
  const std::vector<AccuracyScheme> all = known;
  std::vector<std::string> names;
  for (const auto& scheme : known) names.push_back(scheme.name);
  for (int bits = 0; bits <= kLargestShiftBits; ++bits) {
    const std::string name = fmt::format("shift{}", bits);
    const std::string description = fmt::format("one scale per layer, {}-bit shift per channel", bits);
    add_pair(known, name, description, Recipe::plain(WeightScheme::kShift, bits));
    known.push_back(
        {name + kRecipe, description + ", whole recipe", whole_recipe(WeightScheme::kShift, bits)});
  }
  std::vector<AccuracyScheme> chosen;
  std::stringstream stream(list);
  for (std::string name; std::getline(stream, name, ',');) {
    if (name == "all") {
      chosen.insert(chosen.end(), all.begin(), all.end());
      continue;
    }
    const auto found =
        std::find_if(known.begin(), known.end(), [&](const auto& s) { return s.name == name; });
    if (found == known.end()) {
      throw InputError(
          "--schemes",
          fmt::format("unknown scheme '{}'; expected all, {}, or shiftN, shiftN+bias, shiftN+recipe "
                      "with N from 0 to {}",
                      name, fmt::join(names, ", "), kLargestShiftBits));
    }
    chosen.push_back(*found);
  }
  if (chosen.empty()) throw InputError("--schemes", "names no scheme");
  return chosen;
}

}  // namespace npu::sim
