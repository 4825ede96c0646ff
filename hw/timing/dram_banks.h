// The DRAM bus with rows, banks and refresh behind it: when the last byte of a burst has moved. Bursts are
// served first come, first served; each bank keeps its row open until another is needed or all are refreshed.
// A closed row costs precharge and activation from the moment the burst asks, hidden as far as the bus is
// still busy with bursts before it, or the burst moves bytes of rows that are open. Does not model:
// reordering of bursts, rows opened ahead of a burst, column and power limits between commands (tCCD, tRRD,
// tFAW), turnaround between reads and writes, refresh of single banks. Timings: docs/timing_model.md.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "hw/arch/arch_config.h"
#include "hw/timing/run_cursor.h"

namespace npu::hw {

/// Thousandths of a cycle: what the SystemC machine counts.
inline constexpr std::int64_t kBusTicksPerCycle = 1000;

class DramBanks {
 public:
  /// `dram.banked()`.
  explicit DramBanks(const DramConfig& dram);

  /// A burst that asks for the bus at tick `asked`, not before any earlier call: the tick at which its last
  /// byte has moved. Whole aligned accesses of every piece.
  std::int64_t serve(std::int64_t asked, std::span<const Piece1d> pieces);

  std::int64_t busy_ticks() const { return busy_ticks_; }  ///< in which bytes moved
  std::int64_t row_hits() const { return row_hits_; }      ///< stretches of a burst within one row
  std::int64_t row_misses() const { return row_misses_; }
  std::int64_t refreshes() const { return refreshes_; }

 private:
  struct Bank {
    std::int64_t open_row = -1;
    std::int64_t free_at = 0;  ///< tick from which it can be precharged or activated
  };

  void serve_in_row(std::int64_t asked, std::int64_t address, Bytes bytes);
  void refresh();
  std::int64_t transfer_ticks(Bytes bytes);

  // parameters
  DramConfig dram_;
  std::int64_t activate_ticks_;
  std::int64_t precharge_ticks_;
  std::int64_t refresh_interval_ticks_;
  std::int64_t refresh_ticks_;
  // state
  std::vector<Bank> banks_;
  std::int64_t bus_free_at_ = 0;
  std::int64_t next_refresh_;
  double tick_remainder_ = 0;  ///< of the bus time handed out so far
  // counters
  std::int64_t busy_ticks_ = 0;
  std::int64_t row_hits_ = 0;
  std::int64_t row_misses_ = 0;
  std::int64_t refreshes_ = 0;
};

}  // namespace npu::hw
