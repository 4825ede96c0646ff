#include "sim/cli/accuracy_schemes.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

#include "hw/common/error.h"

namespace npu::sim {
namespace {

using compiler::BiasCorrection;
using compiler::ChannelScaling;
using compiler::RangeMethod;
using compiler::Recipe;
using compiler::WeightScheme;

constexpr int kLargestShiftBits = 5;
constexpr int kWideBits = 16;
constexpr int kNarrowBits = 8;

std::string shift_text(int bits) {
  return fmt::format("one scale per layer, {}-bit shift per channel", bits);
}

Recipe equalised(int shift_bits) {
  Recipe recipe = Recipe::plain(WeightScheme::kShift, shift_bits);
  recipe.scaling = ChannelScaling::kCrossLayer;
  return recipe;
}

/// Schemes with nothing added to them; `shift_bits` of those that have shifts and no number in their name.
std::vector<AccuracyScheme> plain_schemes(int shift_bits) {
  std::vector<AccuracyScheme> schemes{
      {"layer", "one symmetric scale per layer", Recipe::plain(WeightScheme::kShift, 0)},
      {"layer_asymmetric", "one scale and zero point per layer", Recipe::plain(WeightScheme::kAsymmetric, 0)},
      {"equalised", "cross-layer equalisation, one scale per layer", equalised(0)},
      {"equalised_shift", "cross-layer equalisation, " + shift_text(shift_bits), equalised(shift_bits)},
      {"shift", shift_text(shift_bits), Recipe::plain(WeightScheme::kShift, shift_bits)},
      {"channel", "a multiplier and a shift per channel", Recipe::plain(WeightScheme::kPerChannel, 0)},
  };
  for (int bits = 0; bits <= kLargestShiftBits; ++bits) {
    schemes.push_back(
        {fmt::format("shift{}", bits), shift_text(bits), Recipe::plain(WeightScheme::kShift, bits)});
  }
  return schemes;
}

/// Something that '+' adds to a scheme and '-' takes away.
struct Step {
  const char* name;
  const char* description;
  std::function<void(Recipe&, bool on)> set;
};

void set_bias(Recipe& recipe, bool on, BiasCorrection correction) {
  recipe.bias_correction = on ? correction : BiasCorrection::kNone;
}

void set_range(Recipe& recipe, bool on, RangeMethod method) {
  recipe.range_method = on ? method : RangeMethod::kMinMax;
}

void set_balance(Recipe& recipe, bool on, ChannelScaling scaling) {
  if (recipe.scaling == ChannelScaling::kCrossLayer) return;
  recipe.scaling = on ? scaling : ChannelScaling::kNone;
}

const std::vector<Step>& steps() {
  static const std::vector<Step> all{
      {"bias", "bias correction", [](Recipe& r, bool on) { set_bias(r, on, BiasCorrection::kCalibrated); }},
      {"analytic", "analytic bias correction",
       [](Recipe& r, bool on) { set_bias(r, on, BiasCorrection::kAnalytic); }},
      {"matching", "biases matched layer by layer",
       [](Recipe& r, bool on) { set_bias(r, on, BiasCorrection::kMeasured); }},
      {"balance", "channels balanced",
       [](Recipe& r, bool on) { set_balance(r, on, ChannelScaling::kBalanced); }},
      {"trial", "channels balanced as a trial finds best",
       [](Recipe& r, bool on) { set_balance(r, on, ChannelScaling::kTried); }},
      {"search", "scale search", [](Recipe& r, bool on) { r.search_scales = on; }},
      {"rounding", "rounding for the output", [](Recipe& r, bool on) { r.optimise_rounding = on; }},
      {"scores", "fitted score range", [](Recipe& r, bool on) { r.fit_scores = on; }},
      {"percentile", "activation ranges by percentile",
       [](Recipe& r, bool on) { set_range(r, on, RangeMethod::kPercentile); }},
      {"mse", "activation ranges by squared error",
       [](Recipe& r, bool on) { set_range(r, on, RangeMethod::kMse); }},
      {"kl", "activation ranges by divergence",
       [](Recipe& r, bool on) { set_range(r, on, RangeMethod::kEntropy); }},
      {"recipe", "whole recipe",
       [](Recipe& r, bool on) {
         set_bias(r, on, BiasCorrection::kMeasured);
         r.search_scales = r.optimise_rounding = r.fit_scores = on;
         set_balance(r, on, ChannelScaling::kTried);
       }},
  };
  return all;
}

// Applies "+step" or "-step". Returns whether there is one of that name.
bool apply_step(const std::string& text, AccuracyScheme& scheme) {
  const auto found = std::find_if(steps().begin(), steps().end(),
                                  [&](const Step& step) { return step.name == text.substr(1); });
  if (found == steps().end()) return false;
  const bool on = text.front() == '+';
  found->set(scheme.recipe, on);
  scheme.description += fmt::format(", {}{}", on ? "" : "no ", found->description);
  return true;
}

// Sets the widths that `text` (what stands after '@') asks for. Returns whether it is one.
bool set_widths(const std::string& text, AccuracyScheme& scheme) {
  static const std::regex pattern("(?:w(4|5|6|7|8|16))?(?:a(8|16))?");
  std::smatch match;
  if (text.empty() || !std::regex_match(text, match, pattern)) return false;
  if (match[1].matched) scheme.weight_bits = std::stoi(match[1]);
  if (match[2].matched) scheme.activation_bits = std::stoi(match[2]);
  scheme.recipe.weight_bits = scheme.weight_bits;
  if (scheme.weight_bits) scheme.description += fmt::format(", {}-bit weights", *scheme.weight_bits);
  if (scheme.activation_bits)
    scheme.description += fmt::format(", {}-bit activations", *scheme.activation_bits);
  return true;
}

std::optional<AccuracyScheme> parse_scheme(const std::string& name,
                                           const std::vector<AccuracyScheme>& plain) {
  static const std::regex grammar("([a-z0-9_]+)((?:[+-][a-z]+)*)(?:@(.*))?");
  static const std::regex step("[+-][a-z]+");
  std::smatch match;
  if (!std::regex_match(name, match, grammar)) return std::nullopt;
  const auto base =
      std::find_if(plain.begin(), plain.end(), [&](const auto& s) { return s.name == match[1]; });
  if (base == plain.end()) return std::nullopt;
  AccuracyScheme scheme = *base;
  scheme.name = name;
  const std::string added = match[2];
  for (std::sregex_iterator it(added.begin(), added.end(), step), end; it != end; ++it) {
    if (!apply_step(it->str(), scheme)) return std::nullopt;
  }
  if (match[3].matched && !set_widths(match[3], scheme)) return std::nullopt;
  return scheme;
}

[[noreturn]] void refuse(const std::string& name, const std::vector<AccuracyScheme>& plain) {
  std::vector<std::string> bases, additions;
  for (const auto& scheme : plain) bases.push_back(scheme.name);
  for (const auto& step : steps()) additions.emplace_back(step.name);
  throw InputError(
      "--schemes",
      fmt::format("found '{}'; expected all, or one of {}, then any of +STEP or -STEP with the steps "
                  "{}, then @wX, @aY or @wXaY for weights of X = 4 to 8 or 16 bits and activations "
                  "of Y = 8 or 16",
                  name, fmt::join(bases, ", "), fmt::join(additions, ", ")));
}

}  // namespace

hw::ArchConfig machine_for(const AccuracyScheme& scheme, const hw::ArchConfig& arch) {
  hw::ArchConfig machine = arch;
  machine.compounding.shift_bits = std::max(arch.compounding.shift_bits, scheme.recipe.shift_bits);
  if (scheme.weight_bits)
    machine.data.weight_bits = *scheme.weight_bits > kNarrowBits ? kWideBits : kNarrowBits;
  if (scheme.activation_bits) machine.data.activation_bits = *scheme.activation_bits;
  if (machine.data.weight_bits == arch.data.weight_bits &&
      machine.data.activation_bits == arch.data.activation_bits) {
    return machine;
  }
  auto json = hw::arch_to_json(machine);
  json["data"].erase("accumulator_bits");  // the default for these widths
  return hw::arch_from_json(json, arch.name + " for scheme " + scheme.name);
}

std::vector<AccuracyScheme> all_schemes(int shift_bits) {
  std::string list;
  for (const char* name : {"layer", "layer_asymmetric", "equalised", "equalised_shift", "shift", "channel"}) {
    list += fmt::format("{0},{0}+bias,", name);
  }
  return parse_schemes(list + "layer+recipe,channel+recipe,shift+recipe", shift_bits);
}

std::vector<AccuracyScheme> parse_schemes(const std::string& list, int shift_bits) {
  const std::vector<AccuracyScheme> plain = plain_schemes(shift_bits);
  std::vector<AccuracyScheme> chosen;
  std::stringstream stream(list);
  for (std::string name; std::getline(stream, name, ',');) {
    if (name == "all") {
      const auto all = all_schemes(shift_bits);
      chosen.insert(chosen.end(), all.begin(), all.end());
      continue;
    }
    auto scheme = parse_scheme(name, plain);
    if (!scheme) refuse(name, plain);
    chosen.push_back(*std::move(scheme));
  }
  if (chosen.empty()) throw InputError("--schemes", "names no scheme");
  return chosen;
}

}  // namespace npu::sim
