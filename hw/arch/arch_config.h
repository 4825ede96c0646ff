// The machine's description: a validated, immutable struct resolved from JSON (configs/arch/*.json). Every
// field of the JSON has its unit in its key; derived values are computed here once. Source of the blocks:
// arXiv 1804.10642 (Squeezelerator) and arXiv 2008.05767 (shift compounding); see docs/config_reference.md.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "hw/common/units.h"
#include "hw/numerics/rounding.h"

namespace npu::hw {

/// How the array treats weights that are zero in output-stationary mode.
enum class ZeroSkipping {
  kNone,
  kAssumedFraction,  ///< a part of the weights, whatever they are
  kRealZeros,        ///< the weights of the program that are zero
};

/// What stands for a unit in the SystemC machine.
enum class UnitModel {
  kFast,  ///< kernels and cycle formulas
  kRtl,   ///< the Verilated RTL, cycle by cycle; for small layers, see docs/rtl_cosimulation.md
};

struct PeArrayConfig {
  int rows = 0;     ///< WS: input channels; OS: output pixel rows
  int columns = 0;  ///< WS: output channels; OS: output pixel columns
  int register_file_entries =
      0;  ///< partial sums a PE can hold in OS mode: filters that share a loaded pixel
  bool weight_stationary = true;  ///< the array can run WS
  bool output_stationary = true;  ///< the array can run OS
  ZeroSkipping zero_skipping = ZeroSkipping::kNone;
  UnitModel model = UnitModel::kFast;
  double assumed_zero_fraction = 0.0;  ///< part of the weights not broadcast in OS; timing and energy only

  int pe_count() const { return rows * columns; }
};

struct DataConfig {
  int weight_bits = 8;
  int activation_bits = 8;
  int accumulator_bits = 32;

  int weight_bytes() const { return weight_bits / 8; }
  int activation_bytes() const { return activation_bits / 8; }
  int accumulator_bytes() const { return accumulator_bits / 8; }
};

struct CompoundingConfig {
  int multiplier_bits = 16;  ///< width of M, unsigned
  int shift_bits = 4;        ///< width of the per-channel equalising shift e_c, 0..5
  Rounding rounding = Rounding::kHalfUp;
  UnitModel model = UnitModel::kFast;
  int lanes = 16;  ///< outputs per cycle

  int max_channel_shift() const { return (1 << shift_bits) - 1; }
};

/// An on-chip memory. `width_bytes` per cycle and port is the bandwidth each of its clients sees.
struct SramConfig {
  Bytes capacity_bytes = 0;
  int width_bytes = 0;
  int banks =
      0;  ///< > 0: single-ported banks, words of width_bytes in turn; 0: every client has its own port
};

struct VectorUnitConfig {
  int lanes = 16;  ///< elements per cycle
};

struct DmaConfig {
  Bytes request_bytes =
      256;  ///< a channel asks for the DRAM bus again after this many bytes (arbitration grain)
};

/// Rows and banks of a DRAM that has them modelled; hw/timing/dram_banks.h. Times in nanoseconds, as
/// datasheets give them.
struct DramBanking {
  int banks = 0;                   ///< 0: first-order DRAM, none of this
  Bytes row_bytes = 0;             ///< of one bank; consecutive rows lie in consecutive banks
  double activate_ns = 0;          ///< tRCD: opening a row
  double precharge_ns = 0;         ///< tRP: closing the row that is open
  double refresh_interval_ns = 0;  ///< tREFI
  double refresh_ns = 0;           ///< tRFCab: nothing moves, and all rows are closed behind it
  double cycles_per_ns = 0;        ///< of the machine's clock

  friend bool operator==(const DramBanking&, const DramBanking&) = default;
};

struct DramConfig {
  Cycles latency_cycles = 0;   ///< paid once by each DMA descriptor and each instruction fetch
  double bytes_per_cycle = 0;  ///< effective bandwidth, shared by all channels
  Bytes access_bytes = 16;     ///< every contiguous run occupies whole, aligned accesses of this size
  Bytes capacity_bytes = 0;
  DramBanking banking;

  bool banked() const { return banking.banks > 0; }
};

struct CommandProcessorConfig {
  int queue_depth = 16;         ///< instructions waiting per unit
  int dispatch_cycles = 1;      ///< cycles to decode and hand on one instruction
  int fetch_instructions = 16;  ///< instructions per fetch from DRAM
  bool fetches_from_dram =
      true;  ///< false: instructions wait in a memory of their own, fetching costs nothing
};

/// How the compiler may use the machine, and what a run counts. The second kind of switch changes no
/// hardware: published figures leave work out that our own machines count.
struct ExecutionConfig {
  bool layers_overlap = true;        ///< false: a layer starts when the one before has ended on every unit
  bool counts_vector_layers = true;  ///< false: residual adds, pools and rescales take no time and no energy
  Bytes shared_buffer_bytes = 0;     ///< > 0: weights and feature maps of a layer share so much of both SRAMs
  bool keeps_maps_on_chip = false;   ///< feature maps that fit stay in the global buffer between layers
  bool fuses_vector_layers = false;  ///< residual adds and pools run on the tiles of the layer before
};

/// The whole machine. Obtain it from arch_from_json or load_arch; both validate.
struct ArchConfig {
  std::string name;
  std::string description;
  double clock_hz = 0;
  PeArrayConfig pe_array;
  DataConfig data;
  CompoundingConfig compounding;
  SramConfig weight_sram;
  SramConfig global_buffer;
  SramConfig accumulator_store;
  VectorUnitConfig vector_unit;
  DmaConfig dma;
  DramConfig dram;
  CommandProcessorConfig command_processor;
  ExecutionConfig execution;
  std::string energy_table;  ///< name of a table in configs/energy, or a path to one

  /// Partial sums the accumulator store holds.
  std::int64_t accumulator_entries() const {
    return accumulator_store.capacity_bytes / data.accumulator_bytes();
  }
};

/// Reads and validates. `file` is used in messages. Throws ConfigError (file, JSON pointer, found, expected).
ArchConfig arch_from_json(const nlohmann::json& json, const std::string& file);
ArchConfig load_arch(const std::filesystem::path& path);

/// The resolved configuration with every default filled in and latencies and bandwidths per cycle;
/// arch_from_json(arch_to_json(a)) == a.
nlohmann::json arch_to_json(const ArchConfig& arch);

/// SHA-256 of the resolved configuration (without name and description).
std::string arch_hash(const ArchConfig& arch);

/// SHA-256 over only what compiled code depends on: array shape, register file, dataflows, widths,
/// capacities, compounding and rounding. A program runs on any machine with the same compatibility hash.
std::string compatibility_hash(const ArchConfig& arch);

}  // namespace npu::hw
