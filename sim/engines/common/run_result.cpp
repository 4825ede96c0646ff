// A RunResult as JSON and back: the text that travels from the worker process.
#include "sim/engines/common/run_result.h"

#include <nlohmann/json.hpp>

#include "hw/common/error.h"

namespace npu::sim {
namespace {

using nlohmann::json;

json counts_to_json(const hw::AccessCounts& counts) {
  json object = json::object();
  for (int index = 0; index < hw::kComponents; ++index) {
    const auto component = static_cast<hw::Component>(index);
    object[std::string(hw::component_name(component))] = counts[component];
  }
  return object;
}

hw::AccessCounts counts_from_json(const json& object) {
  hw::AccessCounts counts;
  for (int index = 0; index < hw::kComponents; ++index) {
    const auto component = static_cast<hw::Component>(index);
    counts[component] = object.at(std::string(hw::component_name(component))).get<std::int64_t>();
  }
  return counts;
}

json unit_to_json(const UnitTime& unit) {
  return {{"busy", unit.busy}, {"stalls", unit.stalls}, {"idle", unit.idle}};
}

UnitTime unit_from_json(const json& object) {
  UnitTime unit;
  object.at("busy").get_to(unit.busy);
  object.at("stalls").get_to(unit.stalls);
  object.at("idle").get_to(unit.idle);
  return unit;
}

json layer_to_json(const LayerTime& layer) {
  return {{"start", layer.start},
          {"end", layer.end},
          {"cycles", layer.cycles},
          {"stalls", layer.stalls},
          {"compute_busy", layer.compute_busy},
          {"counts", counts_to_json(layer.counts)},
          {"dram_read_bytes", layer.dram_read_bytes},
          {"dram_write_bytes", layer.dram_write_bytes},
          {"saturated", layer.saturated}};
}

LayerTime layer_from_json(const json& object) {
  LayerTime layer;
  object.at("start").get_to(layer.start);
  object.at("end").get_to(layer.end);
  object.at("cycles").get_to(layer.cycles);
  object.at("stalls").get_to(layer.stalls);
  object.at("compute_busy").get_to(layer.compute_busy);
  layer.counts = counts_from_json(object.at("counts"));
  object.at("dram_read_bytes").get_to(layer.dram_read_bytes);
  object.at("dram_write_bytes").get_to(layer.dram_write_bytes);
  object.at("saturated").get_to(layer.saturated);
  return layer;
}

json fill_to_json(const MemoryFill& fill) {
  json shares = json::array();
  for (const FillShare& share : fill.peak_shares) {
    shares.push_back(
        {{"layer", share.layer}, {"kind", share.kind}, {"tensor", share.tensor}, {"bytes", share.bytes}});
  }
  return {{"slot_cycles", fill.slot_cycles}, {"slot_bytes", fill.slot_bytes},
          {"layer_bytes", fill.layer_bytes}, {"peak_cycle", fill.peak_cycle},
          {"peak_bytes", fill.peak_bytes},   {"peak_shares", shares}};
}

MemoryFill fill_from_json(const json& object) {
  MemoryFill fill;
  object.at("slot_cycles").get_to(fill.slot_cycles);
  object.at("slot_bytes").get_to(fill.slot_bytes);
  object.at("layer_bytes").get_to(fill.layer_bytes);
  object.at("peak_cycle").get_to(fill.peak_cycle);
  object.at("peak_bytes").get_to(fill.peak_bytes);
  for (const json& share : object.at("peak_shares")) {
    fill.peak_shares.push_back({share.at("layer").get<std::int64_t>(), share.at("kind").get<std::string>(),
                                share.at("tensor").get<std::string>(),
                                share.at("bytes").get<std::int64_t>()});
  }
  return fill;
}

}  // namespace

json to_json(const RunResult& result) {
  json units = json::object();
  for (int unit = 0; unit < hw::kUnits; ++unit) {
    units[hw::unit_name(static_cast<hw::Unit>(unit))] =
        unit_to_json(result.units[static_cast<std::size_t>(unit)]);
  }
  json layers = json::array();
  for (const LayerTime& layer : result.layers) layers.push_back(layer_to_json(layer));
  json fill = json::object();
  for (const auto& [memory, content] : result.fill) fill[memory] = fill_to_json(content);
  return {{"cycles", result.cycles},
          {"units", units},
          {"dram_bus", unit_to_json(result.dram_bus)},
          {"compounding_unit", unit_to_json(result.compounding_unit)},
          {"layers", layers},
          {"counts", counts_to_json(result.counts)},
          {"instruction_fetch_bytes", result.instruction_fetch_bytes},
          {"dram_read_bytes", result.dram_read_bytes},
          {"dram_write_bytes", result.dram_write_bytes},
          {"high_water_bytes", result.high_water_bytes},
          {"fill", fill},
          {"host_seconds", result.host_seconds}};
}

RunResult run_result_from_json(const json& object) {
  try {
    RunResult result;
    object.at("cycles").get_to(result.cycles);
    for (int unit = 0; unit < hw::kUnits; ++unit) {
      result.units[static_cast<std::size_t>(unit)] =
          unit_from_json(object.at("units").at(hw::unit_name(static_cast<hw::Unit>(unit))));
    }
    result.dram_bus = unit_from_json(object.at("dram_bus"));
    result.compounding_unit = unit_from_json(object.at("compounding_unit"));
    for (const json& layer : object.at("layers")) result.layers.push_back(layer_from_json(layer));
    result.counts = counts_from_json(object.at("counts"));
    object.at("instruction_fetch_bytes").get_to(result.instruction_fetch_bytes);
    object.at("dram_read_bytes").get_to(result.dram_read_bytes);
    object.at("dram_write_bytes").get_to(result.dram_write_bytes);
    object.at("high_water_bytes").get_to(result.high_water_bytes);
    for (const auto& [memory, content] : object.at("fill").items()) {
      result.fill[memory] = fill_from_json(content);
    }
    object.at("host_seconds").get_to(result.host_seconds);
    return result;
  } catch (const json::exception& error) {
    throw InputError("run result", std::string("found JSON of another form, ") + error.what());
  }
}

}  // namespace npu::sim
