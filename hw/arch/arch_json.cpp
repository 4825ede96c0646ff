// Reading, checking and writing of the architecture's JSON. Ranges here are the machine's limits;
// combinations that no machine can have are refused at the end.
#include <fmt/core.h>

#include <cmath>

#include "hw/arch/arch_config.h"
#include "hw/common/json_reader.h"

namespace npu::hw {
namespace {

constexpr int kSchemaVersion = 1;
constexpr Bytes kMaxSramBytes = Bytes{4} << 20;
constexpr Bytes kMinSramBytes = 1024;

UnitModel read_model(JsonReader& reader) {
  if (!reader.has("model")) return UnitModel::kFast;
  return reader.choice<UnitModel>("model", {{"fast", UnitModel::kFast}, {"rtl", UnitModel::kRtl}});
}

PeArrayConfig read_pe_array(JsonReader reader) {
  PeArrayConfig config;
  config.rows = static_cast<int>(reader.integer("rows", 1, 256));
  config.columns = static_cast<int>(reader.integer("columns", 1, 256));
  config.register_file_entries = static_cast<int>(reader.integer("register_file_entries", 1, 64));
  const auto dataflows = reader.strings("dataflows");
  config.weight_stationary = false;
  config.output_stationary = false;
  for (const auto& name : dataflows) {
    const bool again = name == "ws" ? config.weight_stationary : config.output_stationary;
    if (again && (name == "ws" || name == "os"))
      reader.fail("dataflows", "'" + name + "' twice", "each once");
    if (name == "ws") {
      config.weight_stationary = true;
    } else if (name == "os") {
      config.output_stationary = true;
    } else {
      reader.fail("dataflows", "'" + name + "'", "'ws', 'os' or both");
    }
  }
  if (dataflows.empty()) reader.fail("dataflows", "an empty array", "'ws', 'os' or both");
  config.zero_skipping =
      reader.choice<ZeroSkipping>("zero_skipping", {{"none", ZeroSkipping::kNone},
                                                    {"assumed_fraction", ZeroSkipping::kAssumedFraction},
                                                    {"real_zeros", ZeroSkipping::kRealZeros}});
  if (config.zero_skipping == ZeroSkipping::kAssumedFraction) {
    config.assumed_zero_fraction = reader.number("assumed_zero_fraction", 0.0, 0.99);
  } else if (reader.has("assumed_zero_fraction")) {
    if (reader.number("assumed_zero_fraction", 0.0, 0.99) != 0.0) {
      reader.fail("assumed_zero_fraction", "a value",
                  "0 or no such key unless zero_skipping is 'assumed_fraction'");
    }
  }
  config.model = read_model(reader);
  reader.finish();
  return config;
}

DataConfig read_data(JsonReader reader) {
  DataConfig config;
  const auto width = [&](const char* key) {
    const auto bits = static_cast<int>(reader.integer(key, 8, 16));
    if (bits != 8 && bits != 16) reader.fail(key, std::to_string(bits), "8 or 16");
    return bits;
  };
  config.weight_bits = width("weight_bits");
  config.activation_bits = width("activation_bits");
  const bool wide = config.weight_bits == 16 || config.activation_bits == 16;
  config.accumulator_bits = static_cast<int>(reader.integer_or("accumulator_bits", wide ? 48 : 32, 24, 56));
  if (config.accumulator_bits % 8 != 0) {
    reader.fail("accumulator_bits", std::to_string(config.accumulator_bits), "a multiple of 8");
  }
  reader.finish();
  return config;
}

CompoundingConfig read_compounding(JsonReader reader) {
  CompoundingConfig config;
  config.multiplier_bits = static_cast<int>(reader.integer("multiplier_bits", 8, 31));
  config.shift_bits = static_cast<int>(reader.integer("shift_bits", 0, 5));
  config.rounding = reader.choice<Rounding>("rounding", kRoundings);
  config.lanes = static_cast<int>(reader.integer("lanes", 1, 1024));
  config.model = read_model(reader);
  reader.finish();
  return config;
}

SramConfig read_sram(JsonReader reader, bool may_have_banks = false) {
  SramConfig config;
  config.capacity_bytes = reader.integer("capacity_bytes", kMinSramBytes, kMaxSramBytes);
  config.width_bytes = static_cast<int>(reader.integer("width_bytes", 1, 4096));
  if (may_have_banks) config.banks = static_cast<int>(reader.integer_or("banks", 0, 0, 1024));
  reader.finish();
  return config;
}

constexpr Cycles kMaxLatencyCycles = 1'000'000;
constexpr double kMinBytesPerCycle = 0.001;
constexpr double kMaxBytesPerCycle = 65536;

// Whole cycles that cover the time. Divided, not multiplied by 1e-9, which would make 63 ns at 1 GHz 64
// cycles.
Cycles read_latency(JsonReader& reader, double clock_hz) {
  if (!reader.has("latency_ns")) return reader.integer("latency_cycles", 0, kMaxLatencyCycles);
  const double cycles = std::ceil(reader.number("latency_ns", 0, 1e6) * clock_hz / 1e9);
  if (cycles > static_cast<double>(kMaxLatencyCycles)) {
    reader.fail("latency_ns", fmt::format("{} cycles at {} Hz", cycles, clock_hz),
                fmt::format("at most {} cycles", kMaxLatencyCycles));
  }
  return static_cast<Cycles>(cycles);
}

double read_bandwidth(JsonReader& reader, double clock_hz) {
  if (!reader.has("bytes_per_second"))
    return reader.number("bytes_per_cycle", kMinBytesPerCycle, kMaxBytesPerCycle);
  const double per_cycle = reader.number("bytes_per_second", 1e6, 1e14) / clock_hz;
  if (per_cycle < kMinBytesPerCycle || per_cycle > kMaxBytesPerCycle) {
    reader.fail("bytes_per_second", fmt::format("{} bytes per cycle at {} Hz", per_cycle, clock_hz),
                fmt::format("{} to {} bytes per cycle", kMinBytesPerCycle, kMaxBytesPerCycle));
  }
  return per_cycle;
}

DramBanking read_banking(JsonReader reader, double clock_hz) {
  constexpr double kLongestNs = 1e6;
  DramBanking config;
  config.banks = static_cast<int>(reader.integer("banks", 1, 1024));
  config.row_bytes = reader.integer("row_bytes", 16, Bytes{1} << 20);
  config.activate_ns = reader.number("activate_ns", 0, kLongestNs);
  config.precharge_ns = reader.number("precharge_ns", 0, kLongestNs);
  config.refresh_interval_ns = reader.number("refresh_interval_ns", 100, 1e9);
  config.refresh_ns = reader.number("refresh_ns", 0, kLongestNs);
  config.cycles_per_ns = clock_hz / 1e9;
  if (config.refresh_ns > config.refresh_interval_ns / 2) {
    reader.fail("refresh_ns", fmt::format("{} ns", config.refresh_ns),
                fmt::format("at most half of the {} ns between refreshes", config.refresh_interval_ns));
  }
  reader.finish();
  return config;
}

// A latency in cycles or in nanoseconds, a bandwidth per cycle or per second: exactly one of each pair.
DramConfig read_dram(JsonReader reader, double clock_hz) {
  DramConfig config;
  if (reader.has("latency_ns") == reader.has("latency_cycles")) {
    reader.fail("", "both or none of latency_cycles and latency_ns", "exactly one of them");
  }
  if (reader.has("bytes_per_second") == reader.has("bytes_per_cycle")) {
    reader.fail("", "both or none of bytes_per_cycle and bytes_per_second", "exactly one of them");
  }
  config.latency_cycles = read_latency(reader, clock_hz);
  config.bytes_per_cycle = read_bandwidth(reader, clock_hz);
  config.access_bytes = reader.integer("access_bytes", 1, 4096);
  config.capacity_bytes = reader.integer("capacity_bytes", Bytes{1} << 20, Bytes{1} << 40);
  if (reader.has("banking")) config.banking = read_banking(reader.child("banking"), clock_hz);
  reader.finish();
  return config;
}

CommandProcessorConfig read_command_processor(JsonReader reader) {
  CommandProcessorConfig config;
  config.queue_depth = static_cast<int>(reader.integer("queue_depth", 1, 4096));
  config.dispatch_cycles = static_cast<int>(reader.integer("dispatch_cycles", 0, 1000));
  config.fetch_instructions = static_cast<int>(reader.integer("fetch_instructions", 1, 4096));
  if (reader.has("fetch_from")) {
    config.fetches_from_dram = reader.choice<bool>("fetch_from", {{"dram", true}, {"on_chip", false}});
  }
  reader.finish();
  return config;
}

ExecutionConfig read_execution(JsonReader reader) {
  ExecutionConfig config;
  config.layers_overlap = reader.choice<bool>("layers", {{"overlapped", true}, {"one_at_a_time", false}});
  config.counts_vector_layers =
      reader.choice<bool>("vector_layers", {{"counted", true}, {"left_out", false}});
  config.shared_buffer_bytes = reader.integer_or("shared_buffer_bytes", 0, 0, 2 * kMaxSramBytes);
  if (reader.has("feature_maps")) {
    config.keeps_maps_on_chip =
        reader.choice<bool>("feature_maps", {{"through_dram", false}, {"on_chip", true}});
  }
  if (reader.has("adds_and_pools")) {
    config.fuses_vector_layers =
        reader.choice<bool>("adds_and_pools", {{"own_layers", false}, {"fused", true}});
  }
  if (!config.counts_vector_layers && config.layers_overlap) {
    reader.fail("vector_layers", "'left_out'", "'counted' where layers overlap");
  }
  if (!config.counts_vector_layers && config.fuses_vector_layers) {
    reader.fail("adds_and_pools", "'fused'", "'own_layers' where vector_layers are left out");
  }
  if (config.shared_buffer_bytes > 0 && config.keeps_maps_on_chip) {
    reader.fail("feature_maps", "'on_chip'", "'through_dram' where shared_buffer_bytes is above 0");
  }
  reader.finish();
  return config;
}

void check_combinations(const ArchConfig& arch, const JsonReader& reader) {
  const auto rows_of_sums = static_cast<Bytes>(arch.pe_array.columns) * arch.data.accumulator_bytes();
  if (arch.accumulator_store.capacity_bytes < rows_of_sums) {
    reader.fail("accumulator_store", fmt::format("{} bytes", arch.accumulator_store.capacity_bytes),
                fmt::format("at least one partial sum for each of the {} columns ({} bytes)",
                            arch.pe_array.columns, rows_of_sums));
  }
  if (arch.compounding.rounding == Rounding::kGemmlowp &&
      arch.compounding.multiplier_bits != kGemmlowpFirstShift) {
    reader.fail("compounding", fmt::format("multiplier_bits {}", arch.compounding.multiplier_bits),
                fmt::format("{} where rounding is 'gemmlowp': its multiplier has 32 bits with the sign",
                            kGemmlowpFirstShift));
  }
}

}  // namespace

ArchConfig arch_from_json(const nlohmann::json& json, const std::string& file) {
  JsonReader reader(file, json);
  ArchConfig arch;
  reader.integer("schema_version", kSchemaVersion, kSchemaVersion);
  arch.name = reader.string("name");
  arch.description = reader.string_or("description", "");
  arch.clock_hz = reader.number("clock_hz", 1e3, 1e11);
  arch.pe_array = read_pe_array(reader.child("pe_array"));
  arch.data = read_data(reader.child("data"));
  arch.compounding = read_compounding(reader.child("compounding"));
  arch.weight_sram = read_sram(reader.child("weight_sram"));
  arch.global_buffer = read_sram(reader.child("global_buffer"), true);
  arch.accumulator_store = read_sram(reader.child("accumulator_store"));
  auto vector_unit = reader.child("vector_unit");
  arch.vector_unit.lanes = static_cast<int>(vector_unit.integer("lanes", 1, 4096));
  vector_unit.finish();
  auto dma = reader.child("dma");
  arch.dma.request_bytes = dma.integer("request_bytes", 16, 1 << 20);
  dma.finish();
  arch.dram = read_dram(reader.child("dram"), arch.clock_hz);
  arch.command_processor = read_command_processor(reader.child("command_processor"));
  if (reader.has("execution")) arch.execution = read_execution(reader.child("execution"));
  arch.energy_table = reader.string("energy_table");
  reader.finish();
  check_combinations(arch, reader);
  return arch;
}

nlohmann::json arch_to_json(const ArchConfig& arch) {
  nlohmann::json dataflows = nlohmann::json::array();
  if (arch.pe_array.weight_stationary) dataflows.push_back("ws");
  if (arch.pe_array.output_stationary) dataflows.push_back("os");
  const char* skipping = "none";
  if (arch.pe_array.zero_skipping == ZeroSkipping::kAssumedFraction) skipping = "assumed_fraction";
  if (arch.pe_array.zero_skipping == ZeroSkipping::kRealZeros) skipping = "real_zeros";
  const auto sram = [](const SramConfig& config) {
    return nlohmann::json{{"capacity_bytes", config.capacity_bytes}, {"width_bytes", config.width_bytes}};
  };
  nlohmann::json json{
      {"schema_version", kSchemaVersion},
      {"name", arch.name},
      {"description", arch.description},
      {"clock_hz", arch.clock_hz},
      {"pe_array",
       {{"rows", arch.pe_array.rows},
        {"columns", arch.pe_array.columns},
        {"register_file_entries", arch.pe_array.register_file_entries},
        {"dataflows", dataflows},
        {"zero_skipping", skipping},
        {"assumed_zero_fraction", arch.pe_array.assumed_zero_fraction}}},
      {"data",
       {{"weight_bits", arch.data.weight_bits},
        {"activation_bits", arch.data.activation_bits},
        {"accumulator_bits", arch.data.accumulator_bits}}},
      {"compounding",
       {{"multiplier_bits", arch.compounding.multiplier_bits},
        {"shift_bits", arch.compounding.shift_bits},
        {"rounding", rounding_name(arch.compounding.rounding)},
        {"lanes", arch.compounding.lanes}}},
      {"weight_sram", sram(arch.weight_sram)},
      {"global_buffer", sram(arch.global_buffer)},
      {"accumulator_store", sram(arch.accumulator_store)},
      {"vector_unit", {{"lanes", arch.vector_unit.lanes}}},
      {"dma", {{"request_bytes", arch.dma.request_bytes}}},
      {"dram",
       {{"latency_cycles", arch.dram.latency_cycles},
        {"bytes_per_cycle", arch.dram.bytes_per_cycle},
        {"access_bytes", arch.dram.access_bytes},
        {"capacity_bytes", arch.dram.capacity_bytes}}},
      {"command_processor",
       {{"queue_depth", arch.command_processor.queue_depth},
        {"dispatch_cycles", arch.command_processor.dispatch_cycles},
        {"fetch_instructions", arch.command_processor.fetch_instructions},
        {"fetch_from", arch.command_processor.fetches_from_dram ? "dram" : "on_chip"}}},
      {"execution",
       {{"layers", arch.execution.layers_overlap ? "overlapped" : "one_at_a_time"},
        {"vector_layers", arch.execution.counts_vector_layers ? "counted" : "left_out"},
        {"shared_buffer_bytes", arch.execution.shared_buffer_bytes}}},
      {"energy_table", arch.energy_table},
  };
  // Only where it is not the default: it changes no cycle of a machine that does not ask for it.
  if (arch.global_buffer.banks > 0) json["global_buffer"]["banks"] = arch.global_buffer.banks;
  if (arch.dram.banked()) {
    const DramBanking& banking = arch.dram.banking;
    json["dram"]["banking"] = {{"banks", banking.banks},
                               {"row_bytes", banking.row_bytes},
                               {"activate_ns", banking.activate_ns},
                               {"precharge_ns", banking.precharge_ns},
                               {"refresh_interval_ns", banking.refresh_interval_ns},
                               {"refresh_ns", banking.refresh_ns}};
  }
  if (arch.execution.keeps_maps_on_chip) json["execution"]["feature_maps"] = "on_chip";
  if (arch.execution.fuses_vector_layers) json["execution"]["adds_and_pools"] = "fused";
  if (arch.pe_array.model == UnitModel::kRtl) json["pe_array"]["model"] = "rtl";
  if (arch.compounding.model == UnitModel::kRtl) json["compounding"]["model"] = "rtl";
  return json;
}

}  // namespace npu::hw
