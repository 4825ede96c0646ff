#include "sim/report/result_json.h"

#include <nlohmann/json.hpp>

#include "sim/report/footprint.h"
#include "sim/report/roofline.h"
#include "sim/report/version.h"

namespace npu::sim {
namespace {

using Json = nlohmann::ordered_json;

template <class Value>
Json nullable(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json stalls_json(const std::map<std::string, Cycles>& stalls) {
  Json json = Json::object();
  for (const auto& [cause, cycles] : stalls) json[cause] = cycles;
  return json;
}

Json components_json(const hw::EnergyBreakdown& energy) {
  Json json = Json::object();
  for (int component = 0; component < hw::kComponents; ++component) {
    json[std::string(hw::component_name(static_cast<hw::Component>(component)))] =
        energy.by_component[static_cast<std::size_t>(component)];
  }
  return json;
}

Json counts_json(const hw::AccessCounts& counts) {
  Json json = Json::object();
  for (int component = 0; component < hw::kComponents; ++component) {
    json[std::string(hw::component_name(static_cast<hw::Component>(component)))] =
        counts.count[static_cast<std::size_t>(component)];
  }
  return json;
}

Json unit_json(const UnitTime& unit) {
  return {{"busy", unit.busy}, {"stalls", stalls_json(unit.stalls)}, {"idle", unit.idle}};
}

Json area_json(const std::optional<hw::AreaBreakdown>& area) {
  if (!area) return nullptr;
  Json parts = Json::object();
  for (std::size_t part = 0; part < area->mm2.size(); ++part) {
    parts[std::string(hw::kAreaPartNames[part])] = area->mm2[part];
  }
  return {{"total_mm2", area->total_mm2}, {"by_part_mm2", parts}};
}

Json energy_json(const TimedRun& run, const TimedTotals& totals) {
  Json unit_energies = Json::object();
  for (int component = 0; component < hw::kComponents; ++component) {
    unit_energies[std::string(hw::component_name(static_cast<hw::Component>(component)))] =
        run.energies.per_count[static_cast<std::size_t>(component)];
  }
  return {{"total", totals.energy.total},
          {"unit", run.energies.unit},
          {"by_component", components_json(totals.energy)},
          {"instruction_fetch", totals.fetch_energy.total},
          {"counts", counts_json(run.result.counts)},
          {"unit_energies", unit_energies},
          {"table", run.energies.table_name},
          {"joules", nullable(totals.joules)},
          {"average_watts", nullable(totals.average_watts)},
          {"tops_per_watt", nullable(totals.tops_per_watt)},
          {"energy_delay_joule_seconds", nullable(totals.energy_delay_joule_seconds)}};
}

Json memory_json(const RunReport& report, const Summary& summary) {
  const auto& footprint = report.program.footprint;
  Json high_water = nullptr;
  if (report.timed) {
    high_water = Json::object();
    for (const auto& [memory, bytes] : report.timed->result.high_water_bytes) high_water[memory] = bytes;
  }
  return {{"sram_high_water_bytes", high_water},
          {"sram_capacity_bytes",
           {{"weight_sram", report.arch.weight_sram.capacity_bytes},
            {"global_buffer", report.arch.global_buffer.capacity_bytes},
            {"accumulator_store", report.arch.accumulator_store.capacity_bytes}}},
          {"dram_bytes",
           {{"weights", footprint.weight_bytes},
            {"biases", footprint.bias_bytes},
            {"shifts", footprint.shift_bytes},
            {"tables", footprint.table_bytes},
            {"instructions", footprint.instruction_bytes},
            {"activations", footprint.activation_bytes},
            {"peak_live_activations", footprint.peak_live_activation_bytes}}},
          {"channels", summary.data.channels},
          {"channel_data_bytes", summary.data.channel_bytes},
          {"per_channel_scales_bytes", summary.data.per_channel_scheme_bytes}};
}

Json layer_json(const RunReport& report, const Summary& summary, std::size_t index) {
  const auto& layer = report.program.layers[index];
  const auto& line = summary.layers[index];
  Json json{{"name", layer.name},
            {"op", layer.op},
            {"dataflow", layer.dataflow},
            {"dataflow_reason", layer.dataflow_reason},
            {"shape", layer.shape},
            {"tiling", layer.tiling},
            {"tiles", line.tiles},
            {"macs", layer.macs},
            {"parameters", layer.parameters},
            {"weight_bytes", layer.weight_bytes},
            {"saturated", index < report.saturated.size() ? Json(report.saturated[index]) : Json(nullptr)}};
  if (!report.timed) {
    for (const char* key : {"cycles", "stalls", "utilization", "energy", "dram_bytes"}) json[key] = nullptr;
    return json;
  }
  const auto& time = report.timed->result.layers[index];
  json["cycles"] = time.cycles;
  json["start_cycle"] = time.start;
  json["end_cycle"] = time.end;
  json["compute_busy_cycles"] = time.compute_busy;
  json["stalls"] = stalls_json(time.stalls);
  json["utilization"] = line.utilization;
  json["energy"] = line.energy.total;
  json["energy_by_component"] = components_json(line.energy);
  json["dram_bytes"] = line.dram_bytes;
  json["dram_read_bytes"] = time.dram_read_bytes;
  json["dram_write_bytes"] = time.dram_write_bytes;
  return json;
}

Json accuracy_json(const Accuracy& accuracy) {
  return {{"images", accuracy.images},
          {"top1", nullable(accuracy.top1)},
          {"top5", nullable(accuracy.top5)},
          {"float_top1", nullable(accuracy.float_top1)},
          {"float_top5", nullable(accuracy.float_top5)},
          {"agreement", nullable(accuracy.agreement)},
          {"kl_divergence_nats", nullable(accuracy.divergence)},
          {"difference_low_points", nullable(accuracy.difference_low)},
          {"difference_high_points", nullable(accuracy.difference_high)},
          {"source", accuracy.source}};
}

void add_timing(const RunReport& report, const Summary& summary, Json& json) {
  if (!report.timed) {
    for (const char* key :
         {"cycles", "seconds", "per_image", "energy", "utilization", "area", "roofline", "dram", "units"})
      json[key] = nullptr;
    return;
  }
  const auto& result = report.timed->result;
  json["cycles"] = result.cycles;
  json["seconds"] = summary.timed->seconds;
  json["per_image"] = {{"cycles", summary.timed->cycles_per_image},
                       {"seconds", summary.timed->seconds / static_cast<double>(summary.images)},
                       {"energy", summary.timed->energy_per_image},
                       {"dram_bytes", summary.timed->dram_bytes_per_image}};
  json["inferences_per_second"] = summary.timed->inferences_per_second;
  json["energy"] = energy_json(*report.timed, *summary.timed);
  json["utilization"] = summary.timed->utilization;
  json["area"] = area_json(report.timed->energies.area);
  json["roofline"] = roofline_json(roofline(report, summary));
  json["dram"] = {{"read_bytes", result.dram_read_bytes},
                  {"write_bytes", result.dram_write_bytes},
                  {"instruction_fetch_bytes", result.instruction_fetch_bytes}};
  Json units = Json::object();
  for (int unit = 0; unit < hw::kUnits; ++unit) {
    units[hw::unit_name(static_cast<hw::Unit>(unit))] =
        unit_json(result.units[static_cast<std::size_t>(unit)]);
  }
  units["compounding_unit"] = unit_json(result.compounding_unit);
  units["dram_bus"] = unit_json(result.dram_bus);
  json["units"] = units;
}

}  // namespace

nlohmann::ordered_json result_json(const RunReport& report, const Summary& summary) {
  Json json;
  json["schema_version"] = kResultSchemaVersion;
  json["tool"] = {{"name", "npusim"}, {"version", tool_version()}, {"git_revision", git_revision()}};
  json["network"] = report.program.network;
  json["network_source"] = report.network_source;
  json["arch"] = report.arch.name;
  json["arch_hash"] = hw::arch_hash(report.arch);
  json["compatibility_hash"] = hw::compatibility_hash(report.arch);
  json["engine"] = report.engine;
  json["calibration"] = {{"source", report.calibration_source}, {"inputs", report.calibration_inputs}};
  json["shift_bits"] = nullable(report.shift_bits);
  json["input"] = report.input_source;
  json["output_sha256"] = report.output_sha256.empty() ? Json(nullptr) : Json(report.output_sha256);
  json["images"] = summary.images;
  json["macs"] = summary.macs;
  json["effective_macs"] = summary.effective_macs;
  json["parameters"] = summary.parameters;
  add_timing(report, summary, json);
  json["memory"] = memory_json(report, summary);
  json["footprint"] = footprint_json(report, summary);
  json["accuracy"] = report.accuracy ? accuracy_json(*report.accuracy) : Json(nullptr);
  json["engine_check"] = {{"compared", report.check.compared}, {"different", report.check.different}};
  json["layers"] = Json::array();
  for (std::size_t index = 0; index < report.program.layers.size(); ++index) {
    json["layers"].push_back(layer_json(report, summary, index));
  }
  json["config"] = Json::parse(hw::arch_to_json(report.arch).dump());
  json["config_source"] = report.arch_source;
  json["host"] = {{"compile_seconds", report.host.compile},
                  {"calibration_seconds", report.host.calibration},
                  {"simulation_seconds", report.host.simulation},
                  {"accuracy_seconds", report.host.accuracy}};
  return json;
}

}  // namespace npu::sim
