// What a timed run measured. Engines fill it, reports read it; it travels from the SystemC worker process as
// JSON.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "hw/common/units.h"
#include "hw/energy/access_counts.h"
#include "hw/isa/instruction.h"

namespace npu::sim {

/// Time of one unit: busy + sum of stalls + idle == total cycles of the run.
/// stalls: by cause, "load_weights", "store", ... = waiting for a token of that unit with an instruction at
/// the head of the queue; "dispatch" = the command processor has not delivered the unit's next instruction
/// yet. idle = after the unit's last instruction.
struct UnitTime {
  Cycles busy = 0;
  std::map<std::string, Cycles> stalls;
  Cycles idle = 0;
};

/// A layer's share of the run. cycles = time from the end of the layer before (its last instruction's end,
/// running maximum) to the end of this one, so that layers sum to the total.
struct LayerTime {
  Cycles start = 0;  ///< first instruction of the layer starts
  Cycles end = 0;    ///< last instruction of the layer ends
  Cycles cycles = 0;
  std::map<std::string, Cycles>
      stalls;               ///< of the conv and vector units while executing this layer, by cause
  Cycles compute_busy = 0;  ///< conv + vector unit busy cycles
  hw::AccessCounts counts;
  std::int64_t dram_read_bytes = 0;  ///< bus bytes
  std::int64_t dram_write_bytes = 0;
  std::int64_t saturated = 0;  ///< outputs cut by the type's range
};

/// Part of a memory's content: what instructions of one layer and kind wrote there.
struct FillShare {
  std::int64_t layer = -1;  ///< as Program::layers
  std::string kind;         ///< weights, input, output, partial sums
  std::string tensor;       ///< the map loaded (input), else the layer's output
  std::int64_t bytes = 0;
};

/// Live bytes of one on-chip memory over the run.
struct MemoryFill {
  Cycles slot_cycles = 0;
  std::vector<std::int64_t> slot_bytes;   ///< largest in each slot of slot_cycles
  std::vector<std::int64_t> layer_bytes;  ///< largest while each layer runs; layers overlap
  Cycles peak_cycle = 0;                  ///< when the largest of all begins
  std::int64_t peak_bytes = 0;
  std::vector<FillShare> peak_shares;  ///< what is live then, largest first; sums to peak_bytes
};

struct RunResult {
  Cycles cycles = 0;
  std::array<UnitTime, hw::kUnits> units;
  UnitTime dram_bus;              ///< busy, idle; "contention" is not attributed
  UnitTime compounding_unit;      ///< busy, idle; its time lies inside the CONVs
  std::vector<LayerTime> layers;  ///< as Program::layers
  hw::AccessCounts counts;        ///< sum over layers plus instruction fetch
  std::int64_t instruction_fetch_bytes = 0;
  std::int64_t dram_read_bytes = 0;  ///< bus bytes, instruction fetch included
  std::int64_t dram_write_bytes = 0;
  std::map<std::string, std::int64_t> high_water_bytes;  ///< weight_sram, global_buffer, accumulator_store
  std::map<std::string, MemoryFill> fill;                ///< the same memories
  double host_seconds = 0;
  /// [pc] start and end of each instruction, -1 if it belongs to no unit; not part of to_json.
  std::vector<std::array<Cycles, 2>> instruction_times;
  std::vector<std::uint8_t> output;  ///< output tensor, dense [row][column][channel], little-endian elements
};

nlohmann::json to_json(const RunResult& result);  ///< without `output`
/// Throws InputError if `json` is not what to_json writes.
RunResult run_result_from_json(const nlohmann::json& json);

}  // namespace npu::sim
