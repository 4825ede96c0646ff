// The table of built-in networks: a variant is a row of parameters for its family's generator, its name is
// FAMILY_VARIANT_WIDTH, with _cifar for the small form.
#include "workloads/networks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <regex>
#include <variant>

#include "hw/common/error.h"
#include "workloads/mobilenet_v1.h"
#include "workloads/mobilenet_v2.h"
#include "workloads/plain_networks.h"
#include "workloads/squeezenet.h"
#include "workloads/squeezenext.h"

namespace npu::workloads {
namespace {

using Parameters = std::variant<SqueezeNextParameters, MobileNetV1Parameters, MobileNetV2Parameters,
                                SqueezeNetParameters, PlainParameters>;

struct Entry {
  std::string name;
  std::string description;
  Parameters parameters;
};

struct SqueezeNextVariant {
  const char* name;
  const char* description;
  SqueezeNextParameters parameters;
};

// Blocks per stage, stem kernel, groups, whether a stage's first block reads the projection. The publication
// gives only totals for 34 and 44, of blocks and of parameters (1.0 M and 1.2 M at width 1.0): how these
// blocks lie in the stages is ours, chosen for those totals.
constexpr std::array<SqueezeNextVariant, 8> kSqueezeNexts{{
    {"23", "first version", {{6, 6, 8, 1}, 7, 1, false}},
    {"23v2", "5x5 stem, narrower stage starts", {{6, 6, 8, 1}, 5, 1, true}},
    {"23v3", "5x5 stem, blocks 4-8-8-1", {{4, 8, 8, 1}, 5, 1, true}},
    {"23v4", "5x5 stem, blocks 2-10-8-1", {{2, 10, 8, 1}, 5, 1, true}},
    {"23v5", "5x5 stem, blocks 2-4-14-1", {{2, 4, 14, 1}, 5, 1, true}},
    {"g23", "first version in 2 groups", {{6, 6, 8, 1}, 7, 2, false}},
    {"34", "deeper; our blocks 7-9-15-1", {{7, 9, 15, 1}, 7, 1, false}},
    {"44", "deeper; our blocks 7-15-19-1", {{7, 15, 19, 1}, 7, 1, false}},
}};

std::string width_text(int percent) {
  return percent % 10 == 0 ? fmt::format("{}.{}", percent / 100, percent / 10 % 10)
                           : fmt::format("{}.{:02}", percent / 100, percent % 100);
}

struct Form {
  InputForm form;
  const char* name_suffix;
  const char* description;
};
constexpr std::array<Form, 2> kForms{
    {{InputForm::kImageNet, "", ""}, {InputForm::kSmall, "_cifar", ", for small images"}}};

void add_squeezenexts(const Form& form, std::vector<Entry>& entries) {
  for (const SqueezeNextVariant& variant : kSqueezeNexts) {
    for (const int width : {100, 150, 200}) {
      SqueezeNextParameters parameters = variant.parameters;
      parameters.width_percent = width;
      parameters.form = form.form;
      entries.push_back(
          {fmt::format("sqnxt_{}_{}{}", variant.name, width_text(width), form.name_suffix),
           fmt::format("SqueezeNext {}, {}{}", variant.name, variant.description, form.description),
           parameters});
    }
  }
}

void add_mobilenets(const Form& form, std::vector<Entry>& entries) {
  for (const int width : {100, 75, 50, 25}) {
    entries.push_back({fmt::format("mobilenet_v1_{}{}", width_text(width), form.name_suffix),
                       fmt::format("MobileNet v1 at width {}{}", width_text(width), form.description),
                       MobileNetV1Parameters{width, form.form}});
  }
  entries.push_back({fmt::format("mobilenet_v2_1.0{}", form.name_suffix),
                     fmt::format("MobileNet v2 at width 1.0{}", form.description),
                     MobileNetV2Parameters{100, form.form}});
}

std::vector<Entry> make_entries() {
  using Family = PlainParameters::Family;
  std::vector<Entry> entries;
  add_squeezenexts(kForms[0], entries);
  add_mobilenets(kForms[0], entries);
  entries.push_back({"squeezenet_1.0", "SqueezeNet 1.0", SqueezeNetParameters{227, 96, 7, {4, 8}}});
  entries.push_back(
      {"squeezenet_1.1", "SqueezeNet 1.1, earlier pools", SqueezeNetParameters{224, 64, 3, {3, 5}}});
  entries.push_back(
      {"alexnet", "AlexNet, grouped, without response normalisation", PlainParameters{Family::kAlexNet}});
  entries.push_back({"vgg19", "VGG-19", PlainParameters{Family::kVgg}});
  entries.push_back({"tiny_darknet", "Tiny Darknet, LeakyReLU", PlainParameters{Family::kTinyDarknet}});
  add_squeezenexts(kForms[1], entries);
  add_mobilenets(kForms[1], entries);
  return entries;
}

/// The entry of a name that squeezenext_name() makes.
std::optional<Entry> custom_squeezenext(const std::string& name) {
  static const std::regex kForm(
      R"(sqnxt_s(\d\d?)(n?)_(\d\d?)-(\d\d?)-(\d\d?)-(\d\d?)_(\d)\.(\d\d?)(_cifar)?)");
  std::smatch parts;
  if (!std::regex_match(name, parts, kForm)) return std::nullopt;
  SqueezeNextShape shape;
  shape.stem_kernel = std::stoi(parts[1]);
  shape.narrow_starts = parts[2].length() > 0;
  for (std::size_t stage = 0; stage < 4; ++stage) shape.blocks[stage] = std::stoi(parts[3 + stage]);
  const int fraction = std::stoi(parts[8]) * (parts[8].length() == 1 ? 10 : 1);
  shape.width_percent = std::stoi(parts[7]) * 100 + fraction;
  shape.small_images = parts[9].matched;
  const bool sound =
      shape.stem_kernel % 2 == 1 && shape.stem_kernel <= 11 && shape.width_percent >= 25 &&
      shape.width_percent <= 400 &&
      std::all_of(shape.blocks.begin(), shape.blocks.end(), [](int blocks) { return blocks > 0; });
  if (!sound || squeezenext_name(shape) != name) return std::nullopt;
  SqueezeNextParameters parameters{shape.blocks, shape.stem_kernel, 1, shape.narrow_starts};
  parameters.width_percent = shape.width_percent;
  parameters.form = shape.small_images ? InputForm::kSmall : InputForm::kImageNet;
  return Entry{name, "SqueezeNext of your own", parameters};
}

Entry find_entry(const std::string& name) {
  for (Entry& entry : make_entries()) {
    if (name == entry.name) {
      return std::move(entry);
    }
  }
  if (auto custom = custom_squeezenext(name)) return std::move(*custom);
  throw InputError(
      fmt::format("network '{}'", name),
      fmt::format("no built-in network has this name; known: {}", fmt::join(network_names(), ", ")));
}

compiler::Graph build_entry(const Entry& entry, const BuildOptions& options) {
  return std::visit([&](const auto& parameters) { return build(parameters, options); }, entry.parameters);
}

}  // namespace

std::vector<std::string> network_names() {
  std::vector<std::string> names;
  for (Entry& entry : make_entries()) {
    names.push_back(std::move(entry.name));
  }
  return names;
}

bool is_network(const std::string& name) {
  const auto names = network_names();
  return std::find(names.begin(), names.end(), name) != names.end() || custom_squeezenext(name).has_value();
}

std::string squeezenext_name(const SqueezeNextShape& shape) {
  return fmt::format("sqnxt_s{}{}_{}-{}-{}-{}_{}{}", shape.stem_kernel, shape.narrow_starts ? "n" : "",
                     shape.blocks[0], shape.blocks[1], shape.blocks[2], shape.blocks[3],
                     width_text(shape.width_percent), shape.small_images ? "_cifar" : "");
}

std::string describe_network(const std::string& name) { return find_entry(name).description; }

compiler::Graph build_network(const std::string& name, std::uint64_t seed) {
  return build_entry(find_entry(name), {name, seed, true});
}

compiler::Graph outline_network(const std::string& name) {
  return build_entry(find_entry(name), {name, 0, false});
}

}  // namespace npu::workloads
