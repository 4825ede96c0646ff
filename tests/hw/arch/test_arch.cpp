#include <functional>
#include <set>

#include "hw/arch/arch_config.h"
#include "hw/common/error.h"
#include "hw/common/file.h"
#include "hw/common/json_reader.h"
#include "tests/support.h"

namespace npu::hw {
namespace {

using Json = nlohmann::json;
using Pointer = Json::json_pointer;

Json default_json() { return read_json_file(tests::source_folder() / "configs/arch/shift_npu.json"); }

ArchConfig load(const Json& json) { return arch_from_json(json, "test.json"); }

Json changed(const char* pointer, const Json& value) {
  Json json = default_json();
  json[Pointer(pointer)] = value;
  return json;
}

Json without(const Json& json, const Pointer& pointer) {
  Json copy = json;
  copy.at(pointer.parent_pointer()).erase(pointer.back());
  return copy;
}

// Pointer of the ConfigError; "accepted" if there is none.
std::string refused_at(const Json& json) {
  try {
    load(json);
  } catch (const ConfigError& error) {
    CHECK(error.file() == "test.json");
    INFO(error.what());
    CHECK(std::string(error.what()).find("expected") != std::string::npos);
    return error.pointer();
  }
  return "accepted";
}

// Pointers of all values, objects included, the root excluded.
std::vector<Pointer> all_pointers(const Json& json, const Pointer& base = Pointer("")) {
  std::vector<Pointer> pointers;
  for (const auto& [key, value] : json.items()) {
    pointers.push_back(base / key);
    if (!value.is_object()) continue;
    for (const auto& inner : all_pointers(value, base / key)) pointers.push_back(inner);
  }
  return pointers;
}

TEST_CASE("shift_npu.json is the default machine of the design") {
  const ArchConfig arch = load_arch(tests::source_folder() / "configs/arch/shift_npu.json");
  CHECK(arch.name == "shift_npu");
  CHECK(arch.clock_hz == 1e9);
  CHECK(arch.pe_array.pe_count() == 256);
  CHECK(arch.pe_array.weight_stationary);
  CHECK(arch.pe_array.output_stationary);
  CHECK(arch.pe_array.zero_skipping == ZeroSkipping::kNone);
  CHECK(arch.data.weight_bytes() == 1);
  CHECK(arch.data.activation_bytes() == 1);
  CHECK(arch.data.accumulator_bytes() == 4);
  CHECK(arch.compounding.max_channel_shift() == 15);
  CHECK(arch.compounding.rounding == Rounding::kHalfUp);
  CHECK(arch.weight_sram.capacity_bytes == 64 * 1024);
  CHECK(arch.global_buffer.capacity_bytes == 128 * 1024);
  CHECK(arch.accumulator_entries() == 8192);
  CHECK(arch.dram.latency_cycles == 100);
  CHECK(arch.dram.bytes_per_cycle == 16);
}

TEST_CASE("every preset in configs/arch loads and survives a round trip") {
  int presets = 0;
  for (const auto& entry : std::filesystem::directory_iterator(tests::source_folder() / "configs/arch")) {
    if (entry.path().extension() != ".json") continue;
    INFO(entry.path());
    const ArchConfig arch = load_arch(entry.path());
    const Json resolved = arch_to_json(arch);
    CHECK(arch_to_json(load(resolved)) == resolved);
    ++presets;
  }
  CHECK(presets >= 1);
}

TEST_CASE("a resolved configuration of unusual values survives a round trip") {
  Json json = default_json();
  json["pe_array"]["dataflows"] = {"os"};
  json["pe_array"]["zero_skipping"] = "assumed_fraction";
  json["pe_array"]["assumed_zero_fraction"] = 0.4;
  json["data"] = {{"weight_bits", 16}, {"activation_bits", 8}};
  json["dram"] = {
      {"latency_ns", 62.5}, {"bytes_per_second", 12.8e9}, {"access_bytes", 64}, {"capacity_bytes", 1 << 30}};
  const ArchConfig arch = load(json);
  CHECK(arch.data.accumulator_bits == 48);
  CHECK_FALSE(arch.pe_array.weight_stationary);
  const Json resolved = arch_to_json(arch);
  CHECK(arch_to_json(load(resolved)) == resolved);
  CHECK(arch_hash(load(resolved)) == arch_hash(arch));
}

TEST_CASE(
    "every key is required but for the documented defaults, and its absence is an error at its pointer") {
  const Json json = default_json();
  const std::set<std::string> optional{"/description", "/data/accumulator_bits"};
  const std::set<std::string> one_of_two{"/dram/latency_cycles", "/dram/bytes_per_cycle"};
  for (const auto& pointer : all_pointers(json)) {
    const std::string name = pointer.to_string();
    INFO(name);
    const std::string refused = refused_at(without(json, pointer));
    if (optional.count(name) != 0) {
      CHECK(refused == "accepted");
    } else {
      CHECK(refused == (one_of_two.count(name) != 0 ? "/dram" : name));
    }
  }
}

TEST_CASE("an unknown key anywhere is an error at its pointer") {
  const Json json = default_json();
  auto pointers = all_pointers(json);
  pointers.emplace_back("");
  for (const auto& pointer : pointers) {
    if (!json.at(pointer).is_object()) continue;
    Json extended = json;
    extended[pointer / "colour"] = 1;
    CHECK(refused_at(extended) == (pointer / "colour").to_string());
  }
}

TEST_CASE("a value of a wrong type is an error at its pointer") {
  const Json json = default_json();
  for (const auto& pointer : all_pointers(json)) {
    for (const Json& wrong : {Json(nullptr), Json::array({nullptr}), Json("text?"), Json(true)}) {
      if (wrong.type() == json.at(pointer).type()) continue;
      Json copy = json;
      copy[pointer] = wrong;
      INFO(pointer.to_string() << " = " << wrong.dump());
      CHECK(refused_at(copy) == pointer.to_string());
    }
    if (!json.at(pointer).is_number_integer()) continue;
    Json copy = json;
    copy[pointer] = 1.5;
    if (pointer.to_string() != "/dram/bytes_per_cycle") CHECK(refused_at(copy) == pointer.to_string());
  }
}

struct Range {
  const char* pointer;
  double minimum;
  double maximum;
};

TEST_CASE("every number is accepted at the ends of its range and refused beyond them") {
  const std::vector<Range> ranges{
      {"/schema_version", 1, 1},
      {"/pe_array/rows", 1, 256},
      {"/pe_array/columns", 1, 256},
      {"/pe_array/register_file_entries", 1, 64},
      {"/data/weight_bits", 8, 16},
      {"/data/activation_bits", 8, 16},
      {"/data/accumulator_bits", 24, 56},
      {"/compounding/multiplier_bits", 8, 31},
      {"/compounding/shift_bits", 0, 5},
      {"/compounding/lanes", 1, 1024},
      {"/weight_sram/capacity_bytes", 1024, 4194304},
      {"/weight_sram/width_bytes", 1, 4096},
      {"/global_buffer/capacity_bytes", 1024, 4194304},
      {"/global_buffer/width_bytes", 1, 4096},
      {"/accumulator_store/capacity_bytes", 1024, 4194304},
      {"/accumulator_store/width_bytes", 1, 4096},
      {"/vector_unit/lanes", 1, 4096},
      {"/dma/request_bytes", 16, 1048576},
      {"/dram/latency_cycles", 0, 1000000},
      {"/dram/access_bytes", 1, 4096},
      {"/dram/capacity_bytes", 1048576, 1099511627776},
      {"/command_processor/queue_depth", 1, 4096},
      {"/command_processor/dispatch_cycles", 0, 1000},
      {"/command_processor/fetch_instructions", 1, 4096},
  };
  std::set<std::string> covered{"/clock_hz", "/dram/bytes_per_cycle"};  // not integers: tested below
  for (const auto& range : ranges) {
    INFO(range.pointer);
    covered.insert(range.pointer);
    const auto low = static_cast<std::int64_t>(range.minimum);
    const auto high = static_cast<std::int64_t>(range.maximum);
    CHECK(refused_at(changed(range.pointer, low)) == "accepted");
    CHECK(refused_at(changed(range.pointer, high)) == "accepted");
    CHECK(refused_at(changed(range.pointer, low - 1)) == range.pointer);
    CHECK(refused_at(changed(range.pointer, high + 1)) == range.pointer);
  }
  const Json json = default_json();
  for (const auto& pointer : all_pointers(json)) {
    INFO(pointer.to_string());
    if (json.at(pointer).is_number()) CHECK(covered.count(pointer.to_string()) == 1);
  }
  for (const char* pointer : {"/clock_hz", "/dram/bytes_per_cycle"}) {
    CHECK(refused_at(changed(pointer, 0)) == pointer);
    CHECK(refused_at(changed(pointer, 1e12)) == pointer);
  }
}

TEST_CASE("values that no machine can have are refused where they stand") {
  CHECK(refused_at(changed("/data/weight_bits", 12)) == "/data/weight_bits");
  CHECK(refused_at(changed("/data/accumulator_bits", 33)) == "/data/accumulator_bits");
  CHECK(refused_at(changed("/compounding/rounding", "up")) == "/compounding/rounding");
  CHECK(refused_at(changed("/pe_array/dataflows", Json::array())) == "/pe_array/dataflows");
  CHECK(refused_at(changed("/pe_array/dataflows", {"ws", "rs"})) == "/pe_array/dataflows");
  CHECK(refused_at(changed("/pe_array/zero_skipping", "all")) == "/pe_array/zero_skipping");
  CHECK(refused_at(changed("/pe_array/zero_skipping", "assumed_fraction")) ==
        "/pe_array/assumed_zero_fraction");
  CHECK(refused_at(changed("/pe_array/assumed_zero_fraction", 0.4)) == "/pe_array/assumed_zero_fraction");
  CHECK(refused_at(changed("/pe_array/assumed_zero_fraction", 0)) == "accepted");
  Json narrow = default_json();
  narrow["pe_array"]["columns"] = 256;
  narrow["data"]["accumulator_bits"] = 40;
  narrow["accumulator_store"]["capacity_bytes"] = 256 * 5 - 1;
  CHECK(refused_at(narrow) == "/accumulator_store");
  narrow["accumulator_store"]["capacity_bytes"] = 256 * 5;
  CHECK(refused_at(narrow) == "accepted");
  CHECK(refused_at(Json::array()) == "");
}

TEST_CASE("options that contradict each other are refused where they stand") {
  const auto with_execution = [](const Json& more) {
    Json json = default_json();
    json["execution"] = {{"layers", "one_at_a_time"}, {"vector_layers", "counted"}};
    json["execution"].update(more);
    return json;
  };
  CHECK(refused_at(with_execution({{"feature_maps", "on_chip"}, {"adds_and_pools", "fused"}})) == "accepted");
  CHECK(refused_at(with_execution({{"vector_layers", "left_out"}, {"adds_and_pools", "fused"}})) ==
        "/execution/adds_and_pools");
  CHECK(refused_at(with_execution({{"shared_buffer_bytes", 1024}, {"feature_maps", "on_chip"}})) ==
        "/execution/feature_maps");
  Json banked = default_json();
  banked["dram"]["banking"] = {{"banks", 8},         {"row_bytes", 4096},           {"activate_ns", 18},
                               {"precharge_ns", 18}, {"refresh_interval_ns", 3904}, {"refresh_ns", 2000}};
  CHECK(refused_at(banked) == "/dram/banking/refresh_ns");
  banked["dram"]["banking"]["refresh_ns"] = 180;
  CHECK(refused_at(banked) == "accepted");
  CHECK(load(banked).dram.banking == load(arch_to_json(load(banked))).dram.banking);
  CHECK(load(banked).dram.banking.cycles_per_ns == load(banked).clock_hz / 1e9);
}

TEST_CASE("options of time and of the compiler change the machine's hash, not what its programs run on") {
  Json options = default_json();
  options["execution"] = {{"layers", "overlapped"},
                          {"vector_layers", "counted"},
                          {"feature_maps", "on_chip"},
                          {"adds_and_pools", "fused"}};
  options["pe_array"]["zero_skipping"] = "real_zeros";
  options["global_buffer"]["banks"] = 4;
  options["dram"]["banking"] = {{"banks", 8},         {"row_bytes", 4096},           {"activate_ns", 18},
                                {"precharge_ns", 18}, {"refresh_interval_ns", 3904}, {"refresh_ns", 180}};
  CHECK(arch_hash(load(options)) != arch_hash(load(default_json())));
  CHECK(compatibility_hash(load(options)) == compatibility_hash(load(default_json())));
}

TEST_CASE("accumulators follow the data's width where the file does not say") {
  Json json = default_json();
  json["data"].erase("accumulator_bits");
  CHECK(load(json).data.accumulator_bits == 32);
  json["data"]["activation_bits"] = 16;
  CHECK(load(json).data.accumulator_bits == 48);
}

Json with_dram(double clock_hz, const char* latency_key, const Json& latency, const char* bandwidth_key,
               const Json& bandwidth) {
  Json json = default_json();
  json["clock_hz"] = clock_hz;
  json["dram"].erase("latency_cycles");
  json["dram"].erase("bytes_per_cycle");
  json["dram"][latency_key] = latency;
  json["dram"][bandwidth_key] = bandwidth;
  return json;
}

TEST_CASE("DRAM latency may be given in nanoseconds and bandwidth in bytes per second") {
  const auto dram = [](double clock_hz, double latency_ns, double bytes_per_second) {
    return load(with_dram(clock_hz, "latency_ns", latency_ns, "bytes_per_second", bytes_per_second)).dram;
  };
  CHECK(dram(1e9, 100, 16e9).latency_cycles == 100);
  CHECK(dram(1e9, 100, 16e9).bytes_per_cycle == 16);
  CHECK(dram(5e8, 100, 16e9).latency_cycles == 50);
  CHECK(dram(5e8, 100, 16e9).bytes_per_cycle == 32);
  CHECK(dram(1e9, 100.2, 16e9).latency_cycles == 101);  // whole cycles that cover it
  CHECK(dram(1e9, 0, 16e9).latency_cycles == 0);
  for (int cycles = 1; cycles <= 2000;
       ++cycles) {  // whole nanoseconds at 1 GHz are that many cycles, exactly
    if (dram(1e9, cycles, 16e9).latency_cycles != cycles) FAIL(cycles << " ns");
  }
}

TEST_CASE("each of latency and bandwidth is given exactly once, within the machine's limits") {
  Json both = default_json();
  both["dram"]["latency_ns"] = 100;
  CHECK(refused_at(both) == "/dram");
  both = default_json();
  both["dram"]["bytes_per_second"] = 16e9;
  CHECK(refused_at(both) == "/dram");
  CHECK(refused_at(with_dram(1e9, "latency_ns", -1, "bytes_per_cycle", 16)) == "/dram/latency_ns");
  CHECK(refused_at(with_dram(1e11, "latency_ns", 1e6, "bytes_per_cycle", 16)) == "/dram/latency_ns");
  CHECK(refused_at(with_dram(1e9, "latency_ns", 1e6, "bytes_per_cycle", 16)) == "accepted");
  CHECK(refused_at(with_dram(1e9, "latency_cycles", 1, "bytes_per_second", 1e15)) ==
        "/dram/bytes_per_second");
  CHECK(refused_at(with_dram(1e3, "latency_cycles", 1, "bytes_per_second", 1e14)) ==
        "/dram/bytes_per_second");
  CHECK(refused_at(with_dram(1e11, "latency_cycles", 1, "bytes_per_second", 1e6)) ==
        "/dram/bytes_per_second");
}

TEST_CASE("the configuration hash covers everything but name and description") {
  const ArchConfig base = load(default_json());
  CHECK(arch_hash(base).size() == 64);
  CHECK(arch_hash(load(changed("/name", "other"))) == arch_hash(base));
  CHECK(arch_hash(load(changed("/description", "other"))) == arch_hash(base));
  // 100 ns at 1 GHz is the same machine as 100 cycles.
  CHECK(arch_hash(load(with_dram(1e9, "latency_ns", 100, "bytes_per_second", 16e9))) == arch_hash(base));
  for (const char* pointer :
       {"/clock_hz", "/dram/latency_cycles", "/dram/bytes_per_cycle", "/dram/access_bytes",
        "/compounding/lanes", "/vector_unit/lanes", "/dma/request_bytes", "/command_processor/queue_depth",
        "/pe_array/rows", "/weight_sram/width_bytes", "/weight_sram/capacity_bytes"}) {
    INFO(pointer);
    const auto value = default_json().at(Pointer(pointer)).get<std::int64_t>();
    CHECK(arch_hash(load(changed(pointer, value * 2))) != arch_hash(base));
  }
  CHECK(arch_hash(load(changed("/energy_table", "other"))) != arch_hash(base));
}

TEST_CASE("the compatibility hash covers what compiled code depends on, and nothing else") {
  const std::string base = compatibility_hash(load(default_json()));
  CHECK(base.size() == 64);
  const auto hash = [](const char* pointer, const Json& value) {
    return compatibility_hash(load(changed(pointer, value)));
  };
  for (const char* pointer : {"/pe_array/rows", "/pe_array/columns", "/pe_array/register_file_entries",
                              "/weight_sram/capacity_bytes", "/global_buffer/capacity_bytes",
                              "/accumulator_store/capacity_bytes", "/dram/capacity_bytes"}) {
    INFO(pointer);
    const auto value = default_json().at(Pointer(pointer)).get<std::int64_t>();
    CHECK(hash(pointer, value * 2) != base);
  }
  CHECK(hash("/data/weight_bits", 16) != base);
  CHECK(hash("/data/activation_bits", 16) != base);
  CHECK(hash("/data/accumulator_bits", 40) != base);
  CHECK(hash("/compounding/multiplier_bits", 20) != base);
  CHECK(hash("/compounding/shift_bits", 3) != base);
  CHECK(hash("/pe_array/dataflows", {"ws"}) != base);

  for (const char* pointer :
       {"/clock_hz", "/dram/latency_cycles", "/dram/bytes_per_cycle", "/dram/access_bytes",
        "/compounding/lanes", "/vector_unit/lanes", "/dma/request_bytes", "/command_processor/queue_depth",
        "/command_processor/dispatch_cycles", "/command_processor/fetch_instructions",
        "/weight_sram/width_bytes", "/global_buffer/width_bytes", "/accumulator_store/width_bytes"}) {
    INFO(pointer);
    const auto value = default_json().at(Pointer(pointer)).get<std::int64_t>();
    CHECK(hash(pointer, value * 2) == base);
  }
  CHECK(hash("/energy_table", "other") == base);
  CHECK(hash("/name", "other") == base);
  Json skipping = default_json();
  skipping["pe_array"]["zero_skipping"] = "assumed_fraction";
  skipping["pe_array"]["assumed_zero_fraction"] = 0.4;
  CHECK(compatibility_hash(load(skipping)) == base);
}

TEST_CASE("the rounding rule is part of the compatibility hash") {
  std::set<std::string> hashes;
  for (const auto& [name, rule] : kRoundings) {
    auto json = changed("/compounding/rounding", name);
    if (rule == Rounding::kGemmlowp) json["compounding"]["multiplier_bits"] = 31;
    const ArchConfig arch = load(json);
    CHECK(arch.compounding.rounding == rule);
    CHECK(arch_to_json(arch).at("compounding").at("rounding") == name);
    hashes.insert(compatibility_hash(arch));
  }
  CHECK(hashes.size() == kRoundings.size());
  CHECK(refused_at(without(default_json(), Pointer("/compounding/rounding"))) == "/compounding/rounding");
}

TEST_CASE("gemmlowp is refused without its 32-bit multiplier") {
  CHECK(refused_at(changed("/compounding/rounding", "gemmlowp")) == "/compounding");
}

TEST_CASE("errors of a file name the file") {
  const tests::TemporaryFolder folder;
  const auto path = folder.path() / "bad.json";
  write_file(path, std::string_view("{\"schema_version\": 2}"));
  try {
    load_arch(path);
    FAIL("accepted");
  } catch (const ConfigError& error) {
    CHECK(error.file() == path.string());
    CHECK(error.pointer() == "/schema_version");
  }
  CHECK_THROWS_AS(load_arch(folder.path() / "missing.json"), InputError);
}

}  // namespace
}  // namespace npu::hw
