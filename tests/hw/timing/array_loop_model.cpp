#include "tests/hw/timing/array_loop_model.h"

#include <algorithm>
#include <map>
#include <set>

namespace npu::tests {
namespace {

constexpr Cycles kOutputStages = 4;  // bias, multiply, shift, zero point and clamp: one register each

/// Counts how often each multiplication of the convolution happens.
class MacLedger {
 public:
  explicit MacLedger(const hw::ConvWork& work) : work_(work) {}

  void multiply(std::int64_t pixel, std::int64_t filter, std::int64_t tap, std::int64_t channel) {
    ++macs_;
    const std::int64_t taps = work_.kernel_height * work_.kernel_width;
    ++count_[((pixel * work_.out_channels + filter) * taps + tap) * work_.in_channels + channel];
  }

  LoopModelResult result(Cycles cycles) const {
    LoopModelResult result{cycles, macs_, 0, static_cast<std::int64_t>(count_.size())};
    for (const auto& [mac, count] : count_) result.busiest_mac = std::max(result.busiest_mac, count);
    return result;
  }

 private:
  const hw::ConvWork& work_;
  std::int64_t macs_ = 0;
  std::map<std::int64_t, std::int64_t> count_;
};

/// A port that moves `width` bytes per cycle: how much of what was asked for is still missing.
class PortMeter {
 public:
  explicit PortMeter(std::int64_t width) : width_(width) {}
  void ask(std::int64_t bytes) { missing_ += bytes; }
  bool ready() const { return missing_ <= 0; }
  void tick() { missing_ = std::max<std::int64_t>(0, missing_ - width_); }

 private:
  std::int64_t width_;
  std::int64_t missing_ = 0;
};

struct WeightTile {
  std::int64_t first_filter = 0;
  std::int64_t filters = 0;
  std::int64_t tap = 0;
  std::int64_t first_channel = 0;
  std::int64_t channels = 0;
  bool reads_store = false;
  bool writes_store = false;
  bool finishes = false;
};

std::vector<WeightTile> weight_tiles(const hw::ConvWork& work, const hw::ArchConfig& arch) {
  const std::int64_t filters_at_once = work.depthwise ? 1 : arch.pe_array.columns;
  const std::int64_t taps = work.kernel_height * work.kernel_width;
  std::vector<WeightTile> tiles;
  for (std::int64_t filter = 0; filter < work.out_channels; filter += filters_at_once) {
    const std::int64_t filters = std::min(filters_at_once, work.out_channels - filter);
    const std::int64_t first_channel = work.depthwise ? filter : 0;
    const std::int64_t end_channel = work.depthwise ? filter + 1 : work.in_channels;
    bool opens = true;
    for (std::int64_t tap = 0; tap < taps; ++tap) {
      for (std::int64_t channel = first_channel; channel < end_channel; channel += arch.pe_array.rows) {
        const std::int64_t channels = std::min<std::int64_t>(arch.pe_array.rows, end_channel - channel);
        const bool closes = tap + 1 == taps && channel + channels == end_channel;
        const bool finishes = closes && work.last;
        tiles.push_back(
            {filter, filters, tap, channel, channels, !opens || !work.first, !finishes, finishes});
        opens = false;
      }
    }
  }
  return tiles;
}

}  // namespace

LoopModelResult weight_stationary_loops(const hw::ConvWork& work, const hw::ArchConfig& arch) {
  MacLedger ledger(work);
  const auto tiles = weight_tiles(work, arch);
  const std::int64_t pixels = work.out_height * work.out_width;
  PortMeter weights(arch.weight_sram.width_bytes);
  std::size_t loading = 0;  // tile whose weights enter the shadow registers
  std::int64_t rows_loaded = 0;
  bool row_asked = false;
  Cycles cycle = 0;
  const auto load_one_cycle = [&] {  // one cycle of the weight side
    if (loading == tiles.size() || rows_loaded == arch.pe_array.rows) return;
    if (!row_asked) weights.ask(tiles[loading].filters * arch.data.weight_bytes());
    row_asked = true;
    weights.tick();
    if (!weights.ready()) return;
    row_asked = false;
    ++rows_loaded;
  };
  for (std::size_t active = 0; active < tiles.size(); ++active) {
    const WeightTile& tile = tiles[active];
    while (rows_loaded < arch.pe_array.rows) {  // the array waits for its weights
      load_one_cycle();
      ++cycle;
    }
    ++loading;  // the shadow registers become the active ones
    rows_loaded = 0;
    for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
      for (std::int64_t filter = tile.first_filter; filter < tile.first_filter + tile.filters; ++filter) {
        for (std::int64_t channel = tile.first_channel; channel < tile.first_channel + tile.channels;
             ++channel) {
          ledger.multiply(pixel, filter, tile.tap, channel);
        }
      }
      PortMeter inputs(arch.global_buffer.width_bytes);
      PortMeter store_read(arch.accumulator_store.width_bytes);
      PortMeter store_write(arch.accumulator_store.width_bytes);
      PortMeter lanes(arch.compounding.lanes);
      PortMeter outputs(arch.global_buffer.width_bytes);
      inputs.ask(tile.channels * arch.data.activation_bytes());
      if (tile.reads_store) store_read.ask(tile.filters * arch.data.accumulator_bytes());
      if (tile.writes_store) store_write.ask(tile.filters * arch.data.accumulator_bytes());
      if (tile.finishes) {
        lanes.ask(tile.filters);
        outputs.ask(tile.filters * arch.data.activation_bytes());
      }
      do {
        for (PortMeter* port : {&inputs, &store_read, &store_write, &lanes, &outputs}) port->tick();
        load_one_cycle();
        ++cycle;
      } while (!inputs.ready() || !store_read.ready() || !store_write.ready() || !lanes.ready() ||
               !outputs.ready());
    }
  }
  return ledger.result(cycle + arch.pe_array.rows + (work.last ? kOutputStages : 0));
}

namespace {

/// Results on their way out at the bottom of the columns; behind the last of an instruction, the stages of
/// the output unit.
struct LeavingResults {
  std::int64_t rows = 0;  ///< block rows still to leave
  Cycles cycles_per_row = 1;
  Cycles row_progress = 0;
  Cycles stages = 0;

  bool any() const { return rows > 0 || stages > 0; }
  void tick() {
    if (rows == 0) {
      if (stages > 0) --stages;
      return;
    }
    if (++row_progress < cycles_per_row) return;
    row_progress = 0;
    --rows;
  }
};

Cycles result_row_cycles(const hw::ConvWork& work, const hw::ArchConfig& arch, std::int64_t columns) {
  Cycles cycles = 1;
  const auto at_least = [&](std::int64_t amount, std::int64_t per_cycle) {
    while (cycles * per_cycle < amount) ++cycles;
  };
  if (!work.first || !work.last) {
    at_least(columns * arch.data.accumulator_bytes(), arch.accumulator_store.width_bytes);
  }
  if (work.last) {
    at_least(columns, arch.compounding.lanes);
    at_least(columns * arch.data.activation_bytes(), arch.global_buffer.width_bytes);
  }
  return cycles;
}

/// The input positions along one axis that a run of outputs needs.
std::set<std::int64_t> needed_inputs(std::int64_t outputs, std::int64_t kernel, std::int64_t stride) {
  std::set<std::int64_t> inputs;
  for (std::int64_t output = 0; output < outputs; ++output) {
    for (std::int64_t tap = 0; tap < kernel; ++tap) inputs.insert(output * stride + tap);
  }
  return inputs;
}

// One output pixel: a PE for every output channel. A row of weights enters per step while the element before
// is multiplied.
LoopModelResult matrix_vector_loops(const hw::ConvWork& work, const hw::ArchConfig& arch) {
  MacLedger ledger(work);
  Cycles cycle = 0;
  const std::int64_t taps = work.kernel_height * work.kernel_width;
  const std::int64_t pes = std::int64_t{arch.pe_array.rows} * arch.pe_array.columns;
  for (std::int64_t filter = 0; filter < work.out_channels; filter += pes) {
    const std::int64_t filters = std::min(pes, work.out_channels - filter);
    const std::int64_t columns = std::min<std::int64_t>(arch.pe_array.columns, filters);
    for (std::int64_t channel = 0; channel < work.in_channels; ++channel) {
      for (std::int64_t tap = 0; tap < taps; ++tap) {
        PortMeter input(arch.global_buffer.width_bytes);
        input.ask(arch.data.activation_bytes());
        for (std::int64_t placed = 0; placed < filters; placed += columns) {
          PortMeter weights(arch.weight_sram.width_bytes);
          weights.ask(columns * arch.data.weight_bytes());
          do {
            weights.tick();
            input.tick();
            ++cycle;
          } while (!weights.ready());
        }
        for (; !input.ready(); ++cycle) input.tick();
        for (std::int64_t f = filter; f < filter + filters; ++f) ledger.multiply(0, f, tap, channel);
      }
    }
    ++cycle;  // the last element's products
    for (std::int64_t leaving = 0; leaving < filters; leaving += columns) {
      cycle += result_row_cycles(work, arch, columns);
    }
  }
  return ledger.result(cycle + (work.last ? kOutputStages : 0));
}

}  // namespace

namespace {

/// Output-stationary instructions one behind the other; the results of one leave while the next one loads.
class OutputStationaryLoops {
 public:
  explicit OutputStationaryLoops(const hw::ArchConfig& arch) : arch_(arch) {}

  /// Until the array could load for another instruction.
  void run(const hw::ConvWork& work, MacLedger& ledger) {
    const std::int64_t filters_at_once = work.depthwise ? 1 : arch_.pe_array.register_file_entries;
    for (std::int64_t row = 0; row < work.out_height; row += arch_.pe_array.rows) {
      for (std::int64_t column = 0; column < work.out_width; column += arch_.pe_array.columns) {
        const Block block{row, std::min<std::int64_t>(arch_.pe_array.rows, work.out_height - row), column,
                          std::min<std::int64_t>(arch_.pe_array.columns, work.out_width - column)};
        for (std::int64_t filter = 0; filter < work.out_channels; filter += filters_at_once) {
          const std::int64_t filters = std::min(filters_at_once, work.out_channels - filter);
          step(work, block, filter, filters, ledger);
          while (leaving_.any())
            pass_cycle(true);  // the second bank must be free before it takes new results
          leaving_ = {filters * block.rows, result_row_cycles(work, arch_, block.columns), 0, 0};
        }
      }
    }
    leaving_.stages = work.last ? kOutputStages : 0;
    free_.push_back(cycle_);
  }
  void let_results_leave() {
    while (leaving_.any()) pass_cycle(true);
  }

  Cycles cycle() const { return cycle_; }
  const std::vector<Cycles>& free() const { return free_; }
  const std::vector<Cycles>& left() const { return left_; }

 private:
  struct Block {
    std::int64_t row, rows, column, columns;
  };

  void pass_cycle(bool results_may_leave) {
    ++cycle_;
    if (!results_may_leave || !leaving_.any()) return;
    leaving_.tick();
    if (!leaving_.any() && left_.size() < free_.size()) left_.push_back(cycle_);
  }

  void step(const hw::ConvWork& work, const Block& block, std::int64_t filter, std::int64_t filters,
            MacLedger& ledger) {
    std::set<std::int64_t> phases_y;
    std::set<std::int64_t> phases_x;
    for (std::int64_t dy = 0; dy < work.kernel_height; ++dy) phases_y.insert(dy % work.stride_height);
    for (std::int64_t dx = 0; dx < work.kernel_width; ++dx) phases_x.insert(dx % work.stride_width);
    const auto phases = std::ssize(phases_y) * std::ssize(phases_x);
    const auto patch = std::ssize(needed_inputs(block.rows, work.kernel_height, work.stride_height)) *
                       std::ssize(needed_inputs(block.columns, work.kernel_width, work.stride_width));
    const std::int64_t first_channel = work.depthwise ? filter : 0;
    const std::int64_t end_channel = work.depthwise ? filter + 1 : work.in_channels;
    for (std::int64_t channel = first_channel; channel < end_channel; ++channel) {
      for (std::int64_t load = 0; load < block.rows * phases; ++load) {
        PortMeter inputs(arch_.global_buffer.width_bytes);
        inputs.ask(block.columns * arch_.data.activation_bytes());
        do {
          inputs.tick();
          pass_cycle(true);
        } while (!inputs.ready());
      }
      PortMeter halo(arch_.global_buffer.width_bytes);
      halo.ask(std::max<std::int64_t>(0, patch - block.rows * block.columns * phases) *
               arch_.data.activation_bytes());
      for (std::int64_t tap = 0; tap < work.kernel_height * work.kernel_width; ++tap) {
        for (std::int64_t f = filter; f < filter + filters; ++f) {
          PortMeter weight(arch_.weight_sram.width_bytes);
          weight.ask(arch_.data.weight_bytes());
          do {
            weight.tick();
            halo.tick();
            pass_cycle(false);
          } while (!weight.ready());
          for (std::int64_t y = block.row; y < block.row + block.rows; ++y) {
            for (std::int64_t x = block.column; x < block.column + block.columns; ++x) {
              ledger.multiply(y * work.out_width + x, f, tap, channel);
            }
          }
        }
      }
      while (!halo.ready()) {
        halo.tick();
        pass_cycle(false);
      }
    }
  }

  const hw::ArchConfig& arch_;
  LeavingResults leaving_;
  Cycles cycle_ = 0;
  std::vector<Cycles> free_;  ///< by instruction: its last broadcast is over
  std::vector<Cycles> left_;  ///< by instruction: its last result is written
};

}  // namespace

LoopModelResult output_stationary_loops(const hw::ConvWork& work, const hw::ArchConfig& arch) {
  if (!work.depthwise && work.out_height * work.out_width == 1) return matrix_vector_loops(work, arch);
  MacLedger ledger(work);
  OutputStationaryLoops loops(arch);
  loops.run(work, ledger);
  loops.let_results_leave();
  return ledger.result(loops.cycle());
}

SequenceResult output_stationary_sequence(const std::vector<hw::ConvWork>& works,
                                          const hw::ArchConfig& arch) {
  OutputStationaryLoops loops(arch);
  for (const hw::ConvWork& work : works) {
    MacLedger ledger(work);
    loops.run(work, ledger);
  }
  loops.let_results_leave();
  return {loops.free(), loops.left()};
}

}  // namespace npu::tests
