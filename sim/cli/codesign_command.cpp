// npusim codesign: networks of a family and machines explored together, as SqueezeNext was made: the number
// of blocks is fixed (or the smallest network would always win), where they lie, the stem and the array are
// free.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cmath>
#include <filesystem>
#include <memory>

#include "compiler/graph/graph.h"
#include "hw/arch/arch_config.h"
#include "hw/common/error.h"
#include "hw/common/json_reader.h"
#include "sim/cli/command_line.h"
#include "sim/cli/config_files.h"
#include "sim/cli/exit_codes.h"
#include "sim/cli/sweep_execution.h"
#include "sim/report/format.h"
#include "workloads/networks.h"

namespace npu::sim {
namespace {

constexpr int kStages = 4;

constexpr const char* kExamples = R"(
Examples:
  npusim codesign --arch squeezelerator_16x16 --max-params 1e6 --max-macs 280e6 --out codesign/
      Every distribution of 21 blocks over the stages of a SqueezeNext, stems of 3x3, 5x5 and 7x7: which networks nothing
      beats in time and energy, and which beat the published first version in both.
  npusim codesign --arch squeezelerator_16x16 --pe 8,16,32 --widths 1.0,1.5 --out codesign/
      The array's size too; one front for each width, because a narrower network is always cheaper.
  npusim codesign --arch squeezelerator_16x16 --search 500 --out codesign/
      Searches instead of estimating every one.
  npusim codesign --trained models/ --images val/ --labels val/labels.csv --calibration photos/ --out codesign/
      Among networks that were trained (models/sqnxt_s5n_2-4-14-1_1.0.onnx, ...): accuracy against time and energy.)";

struct CodesignOptions {
  std::string arch = kDefaultArch;
  std::string template_name = "sqnxt";
  int blocks = 21;
  int last_blocks = 1;
  std::vector<int> stems{3, 5, 7};
  std::vector<double> widths{1.0};
  std::vector<int> pe;
  double max_parameters = INFINITY;
  double max_macs = INFINITY;
  std::int64_t search = 0;
  std::uint64_t seed = 1;
  bool small_images = false;
  bool scale_memories = false;
  std::string trained;  ///< folder of NAME.onnx; empty: no accuracy
  AccuracySettings accuracy;
  SweepExecution execution;
};

struct NetworkSize {
  std::int64_t macs = 0;
  std::int64_t parameters = 0;
};

NetworkSize size_of(const std::string& network) {
  const auto graph = workloads::outline_network(network);
  const auto shapes = compiler::infer_shapes(graph);
  NetworkSize size;
  for (const auto& node : graph.nodes) {
    size.macs += compiler::node_macs(node, shapes);
    size.parameters += compiler::node_parameters(node);
  }
  return size;
}

/// Blocks in the first three stages, at least one in each, with the same sum; the last stage keeps its own.
std::vector<std::array<int, kStages>> distributions(const CodesignOptions& options) {
  const int free = options.blocks - options.last_blocks;
  std::vector<std::array<int, kStages>> found;
  for (int first = 1; first <= free - 2; ++first) {
    for (int second = 1; second <= free - first - 1; ++second) {
      found.push_back({first, second, free - first - second, options.last_blocks});
    }
  }
  return found;
}

/// The name of a network of the family as sweeps know it: the trained model's path where accuracy is wanted.
std::string network_of(const CodesignOptions& options, const std::string& name) {
  if (options.trained.empty()) return name;
  return (std::filesystem::path(options.trained) / (name + ".onnx")).string();
}

/// The published first version with as many blocks: wide stage starts, 7x7 stem, the distribution 6-6-8-1
/// where it fits.
std::string reference_network(const CodesignOptions& options, int width_percent) {
  return network_of(
      options, workloads::squeezenext_name({{6, 6, 8, 1}, 7, false, width_percent, options.small_images}));
}

/// Those of the networks that have a trained model, as paths.
std::vector<std::string> trained_ones(const CodesignOptions& options, const std::vector<std::string>& names) {
  std::vector<std::string> found;
  for (const std::string& name : names) {
    const std::string path = network_of(options, name);
    if (std::filesystem::exists(path)) found.push_back(path);
  }
  if (!found.empty()) return found;
  throw InputError("--trained " + options.trained,
                   fmt::format("holds none of the {} networks within the budgets; expected trained models "
                               "named like '{}.onnx'",
                               names.size(), names.front()));
}

std::vector<std::string> networks_within_budget(const CodesignOptions& options, int width_percent) {
  std::vector<std::string> networks;
  for (const auto& blocks : distributions(options)) {
    for (const int stem : options.stems) {
      for (const bool narrow : {false, true}) {
        const auto name =
            workloads::squeezenext_name({blocks, stem, narrow, width_percent, options.small_images});
        const NetworkSize size = size_of(name);
        if (static_cast<double>(size.macs) > options.max_macs) continue;
        if (static_cast<double>(size.parameters) > options.max_parameters) continue;
        networks.push_back(name);
      }
    }
  }
  if (networks.empty()) {
    throw InputError(
        "codesign",
        fmt::format("no SqueezeNext of {} blocks and width {:.2f} has at most {:g} parameters and "
                    "{:g} MACs; expected larger --max-params or --max-macs",
                    options.blocks, width_percent / 100.0, options.max_parameters, options.max_macs));
  }
  return options.trained.empty() ? networks : trained_ones(options, networks);
}

nlohmann::json array_axis(const CodesignOptions& options) {
  nlohmann::json axis{{"name", "pe"}, {"values", options.pe}};
  if (!options.scale_memories) {
    axis["set"] = {"/pe_array/rows", "/pe_array/columns"};
    return axis;
  }
  const hw::ArchConfig arch = hw::load_arch(find_arch(options.arch));
  const nlohmann::json json = hw::arch_to_json(arch);
  axis["set"] = {{"/pe_array/rows", "pe"}, {"/pe_array/columns", "pe"}};
  for (const char* memory : {"weight_sram", "global_buffer", "accumulator_store"}) {
    axis["set"][fmt::format("/{}/capacity_bytes", memory)] =
        fmt::format("rint({} * pe * pe / {} / 64) * 64", json[memory]["capacity_bytes"].get<std::int64_t>(),
                    arch.pe_array.pe_count());
  }
  return axis;
}

SweepSpec make_sweep(const CodesignOptions& options, int width_percent) {
  nlohmann::json sweep{
      {"schema_version", 1},
      {"name", fmt::format("codesign width {:.2f}", width_percent / 100.0)},
      {"description", fmt::format("SqueezeNext of {} blocks on {}", options.blocks, options.arch)},
      {"architectures", {options.arch}},
      {"networks", networks_within_budget(options, width_percent)},
      {"front_of", "all_networks"},
      {"objectives", {"cycles", "energy"}},
      {"confirmation", {{"front", true}, {"random_points", 3}}}};
  if (!options.pe.empty()) sweep["axes"] = {array_axis(options)};
  if (!options.trained.empty()) {
    sweep["accuracy"] = to_json(options.accuracy);
    sweep["objectives"].push_back("accuracy_percent");
  }
  if (options.search > 0)
    sweep["sampling"] = {{"method", "search"}, {"points", options.search}, {"seed", options.seed}};
  return sweep_from_json(sweep, "codesign");
}

/// How many of the sweep's points beat the published first version on the same array in time and energy.
void tell_against_reference(const CodesignOptions& options, int width_percent,
                            const std::filesystem::path& folder) {
  const std::string reference = reference_network(options, width_percent);
  const auto points = read_json_file(folder / "points.json");
  for (const auto& base : points) {
    if (base.at("network") != reference || base.at("engine") != "estimate" || base.at("status") != "done")
      continue;
    const double cycles = base.at("values").at("cycles").get<double>();
    const double energy = base.at("values").at("energy").get<double>();
    std::int64_t better = 0;
    const nlohmann::json* fastest = nullptr;
    for (const auto& row : points) {
      if (row.at("engine") != "estimate" || row.at("status") != "done" || row.at("axes") != base.at("axes"))
        continue;
      const auto& values = row.at("values");
      if (values.at("cycles").get<double>() >= cycles || values.at("energy").get<double>() >= energy)
        continue;
      ++better;
      if (fastest == nullptr || values.at("cycles") < fastest->at("values").at("cycles")) fastest = &row;
    }
    fmt::print(
        "\n{} (the published first version){}: {} cycles, energy {}; {} of the others are faster and "
        "cheaper\n",
        reference, base.at("axes").empty() ? "" : " at " + base.at("axes").dump(),
        with_separators(static_cast<std::int64_t>(cycles)), with_prefix(energy), better);
    if (fastest == nullptr) continue;
    fmt::print("  the fastest of them: {}, {:.1f} % of the cycles, {:.1f} % of the energy\n",
               fastest->at("network").get<std::string>(),
               100 * fastest->at("values").at("cycles").get<double>() / cycles,
               100 * fastest->at("values").at("energy").get<double>() / energy);
  }
}

int codesign(const CodesignOptions& options) {
  if (options.blocks < options.last_blocks + kStages - 1) {
    throw InputError("--blocks", fmt::format("found {}, expected at least one block for each of {} stages",
                                             options.blocks, kStages));
  }
  if (options.trained.empty() != options.accuracy.images.empty()) {
    throw InputError(options.trained.empty() ? "--images" : "--trained",
                     "accuracy needs both --images and --trained, a folder of trained models");
  }
  if (options.scale_memories && options.pe.empty()) {
    throw InputError("--scale-memories", "needs --pe, the arrays that the memories grow with");
  }
  std::vector<SweepJob> jobs;
  for (const double width : options.widths) {
    const int percent = static_cast<int>(std::lround(100 * width));
    SweepJob job;
    job.specification = [&options, percent] { return make_sweep(options, percent); };
    job.execution = options.execution;
    if (options.widths.size() > 1) {
      job.execution.out =
          (std::filesystem::path(job.execution.out) / fmt::format("width_{:.2f}", width)).string();
    }
    if (!options.execution.quiet) {
      job.finished = [&options, percent, out = job.execution.out] {
        tell_against_reference(options, percent, out);
      };
    }
    jobs.push_back(std::move(job));
  }
  return execute_sweeps(jobs);
}

}  // namespace

void add_codesign_command(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("codesign", "Explore a family of networks and the machine together");
  command->footer(kExamples);
  const auto options = std::make_shared<CodesignOptions>();
  command->add_option("--arch", options->arch, "The machine to begin with")->capture_default_str();
  command->add_option("--template", options->template_name, "The family of networks")
      ->check(CLI::IsMember({"sqnxt"}))
      ->capture_default_str();
  command
      ->add_option("--blocks", options->blocks,
                   "Blocks of a network in all stages; fixed, or the smallest would always win")
      ->check(CLI::Range(4, 60))
      ->capture_default_str();
  command->add_option("--last-blocks", options->last_blocks, "Blocks of the last stage, not moved")
      ->check(CLI::Range(1, 20))
      ->capture_default_str();
  command->add_option("--stems", options->stems, "Sides of the first kernel")
      ->delimiter(',')
      ->check(CLI::IsMember({1, 3, 5, 7, 9, 11}))
      ->capture_default_str();
  command->add_option("--widths", options->widths, "Widths; each has a front of its own")
      ->delimiter(',')
      ->check(CLI::Range(0.25, 4.0))
      ->capture_default_str();
  command
      ->add_option("--pe", options->pe,
                   "Sides of the array (default: the machine's own); memories stay as they are")
      ->delimiter(',')
      ->check(CLI::Range(1, 256));
  command->add_flag("--scale-memories", options->scale_memories,
                    "With --pe: weight memory, global buffer and accumulators grow with the number of PEs");
  command->add_option(
      "--trained", options->trained,
      "Folder of trained models NAME.onnx: only these networks, with accuracy as third objective");
  command->add_option("--images", options->accuracy.images, "Labelled images for the accuracy");
  command->add_option("--labels", options->accuracy.labels,
                      "CSV with columns file,label for --images; not needed for a folder for each class");
  command->add_option("--limit", options->accuracy.limit, "Use the first N images only")
      ->check(CLI::Range(1, 10'000'000));
  command->add_option("--calibration", options->accuracy.calibration, "Folder or .npy of calibration images");
  command
      ->add_option("--calibration-images", options->accuracy.calibration_images,
                   "Use at most so many of the calibration images")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  command->add_option("--scheme", options->accuracy.scheme,
                      "A scheme of npusim accuracy (default: as npusim run quantises)");
  command->add_option("--max-params", options->max_parameters, "Budget of parameters")
      ->check(CLI::PositiveNumber);
  command->add_option("--max-macs", options->max_macs, "Budget of multiply-accumulates")
      ->check(CLI::PositiveNumber);
  command->add_option("--search", options->search, "Evaluate at most so many points, by search")
      ->check(CLI::Range(10, 10'000'000));
  command->add_option("--seed", options->seed, "Of the search")->capture_default_str();
  command->add_flag("--small-images", options->small_images, "The family's form for 32x32 images");
  add_execution_options(*command, options->execution);
  command->callback([options, &exit_code] { exit_code = codesign(*options); });
}

}  // namespace npu::sim
