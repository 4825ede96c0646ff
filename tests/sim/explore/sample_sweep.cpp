#include "tests/sim/explore/sample_sweep.h"

#include "hw/common/json_reader.h"
#include "tests/support.h"

namespace npu::tests {

nlohmann::json sample_sweep_json() {
  return nlohmann::json::parse(R"({
    "schema_version": 1, "name": "sample", "architectures": ["shift_npu"], "networks": ["one", "two"],
    "axes": [
      {"name": "pe", "values": [4, 8, 16],
       "set": {"/pe_array/rows": "pe", "/pe_array/columns": "pe", "/global_buffer/capacity_bytes": "512 * pe * pe"}},
      {"name": "bandwidth", "pointer": "/dram/bytes_per_cycle", "range": {"from": 8, "to": 16, "multiply_by": 2}}
    ],
    "objectives": ["cycles", "energy"]
  })");
}

nlohmann::json sample_machine_json() {
  return read_json_file(source_folder() / "configs" / "arch" / "shift_npu.json");
}

sim::DesignSpace sample_space(const nlohmann::json& sweep) {
  return sim::DesignSpace(sim::sweep_from_json(sweep, "sweep.json"), {sample_machine_json()});
}

}  // namespace npu::tests
