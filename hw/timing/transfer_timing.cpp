#include "hw/timing/transfer_timing.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "hw/timing/transfer_runs.h"

namespace npu::hw {
namespace {

/// Sum of value(begin + i * stride) for i < count, where `value` depends on the address modulo `period` only.
template <class Value>
Bytes sum_over_addresses(std::int64_t begin, std::int64_t stride, std::int64_t count, Bytes period,
                         Value&& value) {
  const std::int64_t repeat = period / std::gcd(period, stride);  // addresses i and i + repeat are alike
  Bytes sum = 0;
  for (std::int64_t i = 0; i < std::min(count, repeat); ++i) {
    sum += value(begin + i * stride) * ((count - i - 1) / repeat + 1);
  }
  return sum;
}

}  // namespace

Runs merged(Runs runs) {
  for (int axis = 0; axis < 2; ++axis) {
    if (runs.count1 > 1 && runs.stride1 != runs.run_bytes) break;
    runs.run_bytes *= runs.count1;
    runs.stride1 = runs.stride2;
    runs.count1 = runs.count2;
    runs.stride2 = 0;
    runs.count2 = 1;
  }
  return runs;
}

Runs dram_runs(const Transfer& transfer) {
  return merged({transfer.dram_address, transfer.run_bytes, transfer.dram_stride1, transfer.count1,
                 transfer.dram_stride2, transfer.count2});
}

Runs sram_runs(const Transfer& transfer) {
  return merged({transfer.sram_address, transfer.run_bytes, transfer.sram_stride1, transfer.count1,
                 transfer.sram_stride2, transfer.count2});
}

Bytes bus_bytes(const Transfer& transfer, const DramConfig& dram) {
  const Runs runs = dram_runs(transfer);
  const auto run = [&](std::int64_t begin) {
    return aligned_bytes(begin, runs.run_bytes, dram.access_bytes);
  };
  const auto plane = [&](std::int64_t begin) {
    return sum_over_addresses(begin, runs.stride1, runs.count1, dram.access_bytes, run);
  };
  return sum_over_addresses(runs.begin, runs.stride2, runs.count2, dram.access_bytes, plane);
}

BusTraffic bus_traffic(const Instruction& instruction, const DramConfig& dram) {
  switch (instruction.opcode) {
    case Opcode::kLoadWeights:
    case Opcode::kLoadActivations:
      return {bus_bytes(instruction.transfer(), dram), 0};
    case Opcode::kStore:
      return {0, bus_bytes(instruction.transfer(), dram)};
    default:
      return {};
  }
}

Cycles transfer_cycles(const Transfer& transfer, const DramConfig& dram) {
  const double occupancy = static_cast<double>(bus_bytes(transfer, dram)) / dram.bytes_per_cycle;
  return dram.latency_cycles + static_cast<Cycles>(std::ceil(occupancy));
}

}  // namespace npu::hw
