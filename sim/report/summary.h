// Figures derived from a run: per layer and in total. One definition of each (utilisation, power, TOPS/W,
// ...), used by the tables, result.json and the conservation check alike.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "hw/energy/energy_table.h"
#include "sim/report/run_report.h"

namespace npu::sim {

/// A per-channel NPU keeps a 4-byte bias, a 4-byte multiplier and a 1-byte shift for each output channel.
inline constexpr std::int64_t kPerChannelSchemeBytes = 9;

struct LayerSummary {
  std::int64_t tiles = 0;           ///< CONV and VECTOR instructions
  std::int64_t effective_macs = 0;  ///< MACs less the zero weights that are skipped
  // Timed runs only:
  double utilization = 0;  ///< MACs / (cycles x PEs). May exceed 1: see LayerTime::cycles, and skipped zeros
  std::int64_t dram_bytes = 0;  ///< read and written, on the bus
  hw::EnergyBreakdown energy;
};

/// Static size of the network's data, and of its per-channel data under the usual scheme.
struct DataSize {
  std::int64_t channels = 0;                  ///< output channels of all layers with weights
  std::int64_t channel_bytes = 0;             ///< biases and packed shifts
  std::int64_t per_channel_scheme_bytes = 0;  ///< the same channels at kPerChannelSchemeBytes
  double shift_share_of_weights = 0;          ///< shift bytes / weight bytes
};

struct TimedTotals {
  double seconds = 0;  ///< of the run: all images of the batch
  double inferences_per_second = 0;
  double utilization = 0;
  double cycles_per_image = 0;
  double dram_bytes_per_image = 0;
  double energy_per_image = 0;
  hw::EnergyBreakdown energy;
  hw::EnergyBreakdown fetch_energy;  ///< instruction fetch, part of `energy`, in no layer
  // Only where the energy table has absolute units:
  std::optional<double> joules;
  std::optional<double> average_watts;
  std::optional<double> tops_per_watt;  ///< two operations per MAC
  std::optional<double> energy_delay_joule_seconds;
};

struct Summary {
  std::int64_t images = 1;  ///< of the batch; MACs and everything timed are for all of them
  std::int64_t macs = 0;
  std::int64_t effective_macs = 0;
  std::int64_t parameters = 0;
  DataSize data;
  std::vector<LayerSummary> layers;  ///< as Program::layers
  std::optional<TimedTotals> timed;
};

/// Throws SimulationError if the run's layers do not correspond to the program's.
Summary summarize(const RunReport& report);

}  // namespace npu::sim
