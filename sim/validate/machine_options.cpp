// 1. An option is a merge patch (RFC 7386) of the machine's JSON, or a batch.
// 2. Networks are compiled from shapes; where weights are looked at, from random weights and a synthetic
// input.
#include "sim/validate/machine_options.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "compiler/codegen/compile.h"
#include "compiler/data/image_set.h"
#include "compiler/passes/pipeline.h"
#include "compiler/quant/calibration.h"
#include "compiler/quant/quantizer.h"
#include "compiler/quant/shape_graph.h"
#include "hw/common/error.h"
#include "hw/energy/energy_table.h"
#include "sim/engines/estimate/estimate_engine.h"
#include "sim/report/text_table.h"
#include "workloads/networks.h"

namespace npu::sim {
namespace {

struct MachineOption {
  const char* name;
  const char* patch;
  std::int64_t images = 1;
};

// Rows and timings of LPDDR4: docs/timing_model.md.
constexpr const char* kBanking =
    R"({"dram": {"banking": {"banks": 8, "row_bytes": 4096, "activate_ns": 18, "precharge_ns": 18,
                             "refresh_interval_ns": 3904, "refresh_ns": 180}}})";

constexpr MachineOption kOptions[] = {
    {"as it is", "{}"},
    {"pe_array.dataflows ws", R"({"pe_array": {"dataflows": ["ws"]}})"},
    {"pe_array.dataflows os", R"({"pe_array": {"dataflows": ["os"]}})"},
    {"pe_array.zero_skipping assumed_fraction 0.4",
     R"({"pe_array": {"zero_skipping": "assumed_fraction", "assumed_zero_fraction": 0.4}})"},
    {"pe_array.zero_skipping real_zeros", R"({"pe_array": {"zero_skipping": "real_zeros"}})"},
    {"execution.layers one_at_a_time", R"({"execution": {"layers": "one_at_a_time"}})"},
    {"execution.feature_maps on_chip", R"({"execution": {"feature_maps": "on_chip"}})"},
    {"execution.adds_and_pools fused", R"({"execution": {"adds_and_pools": "fused"}})"},
    {"both of these", R"({"execution": {"feature_maps": "on_chip", "adds_and_pools": "fused"}})"},
    {"both, global_buffer 512 KB",
     R"({"execution": {"feature_maps": "on_chip", "adds_and_pools": "fused"},
         "global_buffer": {"capacity_bytes": 524288}})"},
    {"neither, global_buffer 512 KB", R"({"global_buffer": {"capacity_bytes": 524288}})"},
    {"dram.banking of LPDDR4", kBanking},
    {"global_buffer.banks 4", R"({"global_buffer": {"banks": 4}})"},
    {"global_buffer.banks 1", R"({"global_buffer": {"banks": 1}})"},
    {"--batch 8, per image", "{}", 8},
};

hw::Program program_for(const std::string& network, const hw::ArchConfig& arch, std::int64_t images,
                        compiler::MapperEffort effort) {
  if (arch.pe_array.zero_skipping != hw::ZeroSkipping::kRealZeros) {
    const auto shapes = compiler::shape_graph(compiler::canonicalise(workloads::outline_network(network)));
    compiler::PlanCache plans(arch, effort);
    return compiler::compile_shapes(shapes, arch, plans, false, images);
  }
  const auto canonical = compiler::canonicalise(workloads::build_network(network));
  const auto calibration = compiler::calibrate(canonical, 1, "synthetic", [&](std::int64_t) {
    return compiler::synthetic_input(canonical.input_shape, 1);
  });
  compiler::QuantizerOptions quantization;
  quantization.shift_bits = arch.compounding.shift_bits;
  const auto graph = compiler::quantize(canonical, calibration, arch, quantization);
  compiler::CompileOptions options;
  options.mapper = effort;
  options.images = images;
  return compiler::compile(graph, arch, options);
}

OptionRun run_option(const MachineOption& option, const hw::ArchConfig& arch, const std::string& network,
                     const std::filesystem::path& config_root, compiler::MapperEffort effort) {
  const auto program = program_for(network, arch, option.images, effort);
  hw::ArchConfig machine = arch;
  const auto estimated = estimate(program, machine);
  const auto images = static_cast<double>(option.images);
  return {network, static_cast<double>(estimated.cycles) / images,
          hw::energy_of(estimated.counts, hw::load_unit_energies(machine, config_root)).total / images,
          static_cast<double>(estimated.counts[hw::Component::kDram]) / images};
}

// The machine with an option; none if it cannot have it.
std::optional<hw::ArchConfig> with_option(const hw::ArchConfig& arch, const MachineOption& option) {
  nlohmann::json json = hw::arch_to_json(arch);
  const auto patch = nlohmann::json::parse(option.patch);
  json.merge_patch(patch);
  if (patch.contains("pe_array") && json["pe_array"]["zero_skipping"] != "assumed_fraction") {
    json["pe_array"].erase("assumed_zero_fraction");
  }
  try {
    return hw::arch_from_json(json, option.name);
  } catch (const ConfigError&) {
    return std::nullopt;
  }
}

std::string change(double value, double base) { return fmt::format("{:+.1f} %", 100 * (value / base - 1)); }

}  // namespace

std::vector<OptionEffect> measure_options(const hw::ArchConfig& arch,
                                          const std::vector<std::string>& networks,
                                          const std::filesystem::path& config_root,
                                          compiler::MapperEffort effort) {
  std::vector<OptionEffect> effects;
  for (const MachineOption& option : kOptions) {
    const auto machine = with_option(arch, option);
    if (!machine) continue;
    OptionEffect effect{option.name, {}};
    for (const auto& network : networks) {
      effect.runs.push_back(run_option(option, *machine, network, config_root, effort));
    }
    effects.push_back(std::move(effect));
  }
  return effects;
}

std::string options_text(const std::vector<OptionEffect>& effects, std::size_t width) {
  std::vector<TextColumn> columns{{"option", false, true}};
  for (const auto& run : effects.front().runs) {
    columns.push_back({run.network + ": cycles", true});
    columns.push_back({"energy", true});
    columns.push_back({"DRAM bytes", true});
  }
  TextTable table(columns);
  for (const auto& effect : effects) {
    std::vector<std::string> cells{effect.option};
    for (std::size_t network = 0; network < effect.runs.size(); ++network) {
      const OptionRun& run = effect.runs[network];
      const OptionRun& base = effects.front().runs[network];
      const bool first = &effect == &effects.front();
      cells.push_back(first ? fmt::format("{:.0f}", run.cycles) : change(run.cycles, base.cycles));
      cells.push_back(first ? fmt::format("{:.4g}", run.energy) : change(run.energy, base.energy));
      cells.push_back(first ? fmt::format("{:.0f}", run.dram_bytes)
                            : change(run.dram_bytes, base.dram_bytes));
    }
    table.add_row(cells);
  }
  return table.render(width);
}

std::string options_csv(const std::vector<OptionEffect>& effects) {
  std::string text = "option,network,cycles,energy,dram_bytes\n";
  for (const auto& effect : effects) {
    for (const auto& run : effect.runs) {
      text += fmt::format("\"{}\",{},{:.1f},{:.6g},{:.1f}\n", effect.option, run.network, run.cycles,
                          run.energy, run.dram_bytes);
    }
  }
  return text;
}

}  // namespace npu::sim
