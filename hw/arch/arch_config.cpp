#include "hw/arch/arch_config.h"

#include "hw/common/hash.h"
#include "hw/common/json_reader.h"

namespace npu::hw {

ArchConfig load_arch(const std::filesystem::path& path) {
  return arch_from_json(read_json_file(path), path.string());
}

std::string arch_hash(const ArchConfig& arch) {
  auto json = arch_to_json(arch);
  json.erase("name");
  json.erase("description");
  return sha256_hex(json.dump());
}

std::string compatibility_hash(const ArchConfig& arch) {
  const auto json = arch_to_json(arch);
  nlohmann::json code;
  auto array = json.at("pe_array");
  array.erase("zero_skipping");
  array.erase("assumed_zero_fraction");
  array.erase("model");
  code["pe_array"] = array;
  code["data"] = json.at("data");
  auto compounding = json.at("compounding");
  compounding.erase("lanes");
  compounding.erase("model");
  code["compounding"] = compounding;
  for (const char* memory : {"weight_sram", "global_buffer", "accumulator_store", "dram"}) {
    code[memory] = json.at(memory).at("capacity_bytes");
  }
  return sha256_hex(code.dump());
}

}  // namespace npu::hw
