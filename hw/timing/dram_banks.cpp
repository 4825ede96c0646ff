#include "hw/timing/dram_banks.h"

#include <algorithm>
#include <cmath>

#include "hw/common/error.h"

namespace npu::hw {

DramBanks::DramBanks(const DramConfig& dram)
    : dram_(dram), banks_(static_cast<std::size_t>(dram.banking.banks)) {
  NPU_CHECK(dram.banked(), "a DRAM without banks is of first order");
  const auto to_ticks = [&](double ns) {
    return std::llround(ns * dram.banking.cycles_per_ns * static_cast<double>(kBusTicksPerCycle));
  };
  activate_ticks_ = to_ticks(dram.banking.activate_ns);
  precharge_ticks_ = to_ticks(dram.banking.precharge_ns);
  refresh_interval_ticks_ = std::max<std::int64_t>(1, to_ticks(dram.banking.refresh_interval_ns));
  refresh_ticks_ = to_ticks(dram.banking.refresh_ns);
  next_refresh_ = refresh_interval_ticks_;
}

std::int64_t DramBanks::transfer_ticks(Bytes bytes) {
  const double exact =
      static_cast<double>(bytes) * static_cast<double>(kBusTicksPerCycle) / dram_.bytes_per_cycle +
      tick_remainder_;
  const auto whole = static_cast<std::int64_t>(exact);
  tick_remainder_ = exact - static_cast<double>(whole);
  return whole;
}

// Begins when the bus is free, postponed behind the bytes that move; all rows are closed behind it.
void DramBanks::refresh() {
  const std::int64_t end = std::max(next_refresh_, bus_free_at_) + refresh_ticks_;
  for (Bank& bank : banks_) bank = {-1, end};
  bus_free_at_ = end;
  next_refresh_ += refresh_interval_ticks_;
  ++refreshes_;
}

void DramBanks::serve_in_row(std::int64_t asked, std::int64_t address, Bytes bytes) {
  const std::int64_t index = address / dram_.banking.row_bytes;
  Bank& bank = banks_[static_cast<std::size_t>(index % dram_.banking.banks)];
  const std::int64_t row = index / dram_.banking.banks;
  const auto begins = [&] {
    std::int64_t ready = asked;
    if (bank.open_row != row) {
      ready = std::max(asked, bank.free_at) + (bank.open_row < 0 ? 0 : precharge_ticks_) + activate_ticks_;
    }
    return std::max(ready, bus_free_at_);
  };
  while (begins() >= next_refresh_) refresh();
  ++(bank.open_row == row ? row_hits_ : row_misses_);
  const std::int64_t begin = begins();
  const std::int64_t ticks = transfer_ticks(bytes);
  bank = {row, begin + ticks};
  bus_free_at_ = begin + ticks;
  busy_ticks_ += ticks;
}

std::int64_t DramBanks::serve(std::int64_t asked, std::span<const Piece1d> pieces) {
  for (const Piece1d& piece : pieces) {
    std::int64_t begin = piece.address / dram_.access_bytes * dram_.access_bytes;
    const std::int64_t end = round_up(piece.address + piece.bytes, dram_.access_bytes);
    while (begin < end) {
      const std::int64_t row_end = (begin / dram_.banking.row_bytes + 1) * dram_.banking.row_bytes;
      const std::int64_t stop = std::min(end, row_end);
      serve_in_row(asked, begin, stop - begin);
      begin = stop;
    }
  }
  return bus_free_at_;
}

}  // namespace npu::hw
