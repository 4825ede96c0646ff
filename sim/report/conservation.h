// Laws that every timed result must obey, whatever the machine. A result that breaks one is a defect of the
// simulator and is never shown. What is checked: cycles against MACs and DRAM traffic, compulsory reads,
// energy against counts, and that every unit's time and every layer's share add up. Not checked: whether the
// numbers are accurate.
#pragma once

#include "sim/report/run_report.h"
#include "sim/report/summary.h"

namespace npu::sim {

/// Throws SimulationError naming the first law broken, with both sides. Does nothing for an untimed report.
void check_conservation(const RunReport& report, const Summary& summary);

/// Bytes of the network's input that the program loads at least once (a strided first layer may leave the
/// last row or column unread).
std::int64_t input_bytes_loaded(const hw::Program& program);

}  // namespace npu::sim
