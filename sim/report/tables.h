// The report for a terminal: a table by layer, a table of the compiler's choices, and the totals. Columns are
// left out or joined where the terminal is narrow. Engine-neutral: an untimed run shows its static columns
// only.
#pragma once

#include <cstddef>
#include <string>

#include "sim/report/run_report.h"
#include "sim/report/summary.h"

namespace npu::sim {

inline constexpr std::size_t kWideTable = 150;    ///< stalls by cause need this many characters
inline constexpr std::size_t kMediumTable = 110;  ///< shapes, MACs and tiles need this many

/// One line for each layer: shape, dataflow, tiles, MACs, cycles, stalls by cause, utilisation, DRAM bytes,
/// energy.
std::string layer_table(const RunReport& report, const Summary& summary, std::size_t width);

/// One line for each layer: tiling, dataflow and why it was chosen.
std::string choice_table(const hw::Program& program, std::size_t width);

/// One line for each unit of the machine: busy, stalled by cause, idle.
std::string unit_table(const RunResult& result, std::size_t width);

/// Cycles, time, energy by component, power, efficiency, memory, accuracy.
std::string totals_text(const RunReport& report, const Summary& summary);

/// The accuracy lines of the totals alone; empty without a data set.
std::string accuracy_text(const RunReport& report);

/// One line: network, machine, cycles, time, energy, accuracy.
std::string headline(const RunReport& report, const Summary& summary);

}  // namespace npu::sim
