// The output-stationary sequencer of the array. A step is one block of output pixels for one group of
// filters. For each input channel and stride phase the block's rows enter at the bottom edge, the first one
// first, so that the block ends in the lowest rows; it is then shifted over the taps in a snake, new pixels
// entering at the array's edge, and each weight of the group is broadcast on the way. A step's sums leave
// from the bank at rest while the next step's pixels enter: the register file's port is free only in cycles
// without a MAC.
//
// One output pixel (fully connected layers): each PE holds another output channel. Weights take the pixels'
// way, a row per cycle, and the broadcast bus carries the input: the edge multiplexer that this takes is
// outside the array.
#include <algorithm>
#include <functional>

#include "hw/common/error.h"
#include "hw/modules/rtl/rtl_driver.h"
#include "hw/modules/rtl/rtl_operands.h"
#include "hw/timing/output_stationary.h"

namespace npu::hw {
namespace {

constexpr int kStay = 0, kLeft = 2, kRight = 3, kUp = 4;

/// Finished sums on their way out of the array.
class Drain {
 public:
  /// Index of a sum in the instruction's result, or none (-1), of register file entry, row and column of the
  /// block.
  using Place = std::function<std::int64_t(std::int64_t entry, std::int64_t row, std::int64_t column)>;

  bool empty() const { return next_ == entries_ && rows_left_ == 0; }

  void start(std::vector<std::int64_t>& sums, std::int64_t entries, std::int64_t rows, Place place) {
    NPU_CHECK(empty(), "the sums before are out of the array");
    sums_ = &sums;
    entries_ = entries;
    rows_ = rows;
    place_ = std::move(place);
    next_ = 0;
  }

  /// Reads the next entry if the port is free and the one before has left.
  void drive(ArrayPins& pins) {
    if (pins.os_mac || rows_left_ > 0 || next_ == entries_) return;
    pins.os_drain_load = true;
    pins.os_drain_index = static_cast<int>(next_++);
    rows_left_ = rows_;
  }

  /// The bottom row after the clock edge.
  void collect(const std::vector<std::int64_t>& bottom) {
    if (rows_left_ == 0) return;
    --rows_left_;
    for (std::int64_t column = 0; column < std::ssize(bottom); ++column) {
      const std::int64_t at = place_(next_ - 1, rows_left_, column);
      if (at >= 0) (*sums_)[static_cast<std::size_t>(at)] = bottom[static_cast<std::size_t>(column)];
    }
  }

 private:
  std::vector<std::int64_t>* sums_ = nullptr;
  std::int64_t entries_ = 0, rows_ = 0;
  Place place_;
  std::int64_t next_ = 0;       ///< entry to be read
  std::int64_t rows_left_ = 0;  ///< of the entry read last
};

/// The array from cycle to cycle, results leaving beside whatever else it does.
class Sequencer {
 public:
  explicit Sequencer(RtlUnits& units) : units_(units) {}

  ArrayPins idle() const {
    ArrayPins pins;
    pins.os = true;
    pins.w_in.assign(static_cast<std::size_t>(rtl_shape().size), 0);
    pins.a_in.assign(static_cast<std::size_t>(rtl_shape().size), 0);
    return pins;
  }
  void cycle(ArrayPins pins) {
    pins.os_bank = bank_;
    drain_.drive(pins);
    drain_.collect(units_.array_cycle(pins).sums);
    ++cycles_;
  }
  void wait_for_drain() {
    while (!drain_.empty()) cycle(idle());
  }
  /// The step is done: its sums leave from now on, the next one's grow in the other bank.
  void finish_step(std::vector<std::int64_t>& sums, std::int64_t entries, std::int64_t rows,
                   Drain::Place place) {
    wait_for_drain();
    drain_.start(sums, entries, rows, std::move(place));
    bank_ = !bank_;
  }
  Cycles cycles() const { return cycles_; }

 private:
  RtlUnits& units_;
  Drain drain_;
  bool bank_ = false;
  Cycles cycles_ = 0;
};

/// One CONV in blocks of output pixels.
class Blocks {
 public:
  Blocks(Sequencer& sequencer, const RtlConv& work, std::vector<std::int64_t>& sums)
      : sequencer_(sequencer), conv_(work.conv), operands_(work), sums_(sums) {}

  void run() {
    const std::int64_t group = conv_.depthwise != 0 ? 1 : rtl_shape().registers;
    for (row0_ = 0; row0_ < conv_.out_height; row0_ += size_) {
      rows_ = std::min(size_, conv_.out_height - row0_);
      for (column0_ = 0; column0_ < conv_.out_width; column0_ += size_) {
        for (filter0_ = 0; filter0_ < conv_.out_channels; filter0_ += group) {
          filters_ = std::min(group, conv_.out_channels - filter0_);
          step();
        }
      }
    }
  }

 private:
  void step() {
    const bool depthwise = conv_.depthwise != 0;
    for (std::int64_t c = depthwise ? filter0_ : 0; c < (depthwise ? filter0_ + 1 : conv_.in_channels); ++c) {
      bool fresh = depthwise || c == 0;
      for (std::int64_t py = 0; py < std::min(conv_.stride_height, conv_.kernel_height); ++py) {
        for (std::int64_t px = 0; px < std::min(conv_.stride_width, conv_.kernel_width); ++px) {
          phase(c, py, px, fresh);
          fresh = false;
        }
      }
    }
    const auto place = [conv = conv_, row0 = row0_, column0 = column0_, filter0 = filter0_](
                           std::int64_t entry, std::int64_t row, std::int64_t column) {
      const std::int64_t x = column0 + column;
      if (x >= conv.out_width) return std::int64_t{-1};
      return ((row0 + row) * conv.out_width + x) * conv.out_channels + filter0 + entry;
    };
    sequencer_.finish_step(sums_, filters_, rows_, place);
  }

  // The taps that one stride phase of an input channel serves. `fresh`: their first product starts the sum.
  void phase(std::int64_t in_channel, std::int64_t py, std::int64_t px, bool fresh) {
    const std::int64_t rows = ceil_div(conv_.kernel_height - py, conv_.stride_height);
    const std::int64_t columns = ceil_div(conv_.kernel_width - px, conv_.stride_width);
    load_block(in_channel, py, px);
    std::int64_t column = 0;
    for (std::int64_t row = 0; row < rows; ++row) {
      const bool rightwards = row % 2 == 0;
      for (std::int64_t step = 0; step < columns; ++step) {
        const bool last_of_row = step == columns - 1;
        int move = last_of_row ? kUp : (rightwards ? kLeft : kRight);
        if (last_of_row && row == rows - 1) move = kStay;
        const std::int64_t tap =
            (py + row * conv_.stride_height) * conv_.kernel_width + px + column * conv_.stride_width;
        broadcast(in_channel, tap, fresh && row == 0 && step == 0, move, {py, px, row, column});
        if (!last_of_row) column += rightwards ? 1 : -1;
      }
    }
  }

  /// Window position (dy, dx) of a phase.
  struct Position {
    std::int64_t py, px, dy, dx;
  };
  // The activation of the block's row and column at that position.
  std::int32_t under(std::int64_t in_channel, const Position& at, std::int64_t row,
                     std::int64_t column) const {
    return operands_.activation((row0_ + row + at.dy) * conv_.stride_height + at.py,
                                (column0_ + column + at.dx) * conv_.stride_width + at.px, in_channel);
  }

  void load_block(std::int64_t in_channel, std::int64_t py, std::int64_t px) {
    for (std::int64_t row = 0; row < rows_; ++row) {
      ArrayPins pins = sequencer_.idle();
      pins.os_move = kUp;
      for (std::int64_t column = 0; column < size_; ++column) {
        pins.a_in[static_cast<std::size_t>(column)] = under(in_channel, {py, px, 0, 0}, row, column);
      }
      sequencer_.cycle(pins);
    }
  }

  void broadcast(std::int64_t in_channel, std::int64_t tap, bool fresh, int move, const Position& at) {
    for (std::int64_t filter = 0; filter < filters_; ++filter) {
      ArrayPins pins = sequencer_.idle();
      pins.os_mac = true;
      pins.os_first = fresh;
      pins.os_index = static_cast<int>(filter);
      pins.os_weight = operands_.weight(filter0_ + filter, tap, in_channel);
      if (filter == filters_ - 1) shift(pins, in_channel, move, at);
      sequencer_.cycle(pins);
    }
  }

  void shift(ArrayPins& pins, std::int64_t in_channel, int move, const Position& at) const {
    pins.os_move = move;
    for (std::int64_t lane = 0; lane < size_; ++lane) {
      std::int32_t& edge = pins.a_in[static_cast<std::size_t>(lane)];
      const std::int64_t row = lane - (size_ - rows_);  // the block lies in the lowest rows
      if (move == kLeft && row >= 0) edge = under(in_channel, at, row, size_);
      if (move == kRight && row >= 0) edge = under(in_channel, at, row, -1);
      if (move == kUp) edge = under(in_channel, at, rows_, lane);
    }
  }

  const std::int64_t size_ = rtl_shape().size;
  Sequencer& sequencer_;
  const Conv& conv_;
  RtlOperands operands_;
  std::vector<std::int64_t>& sums_;
  std::int64_t row0_ = 0, rows_ = 0, column0_ = 0, filter0_ = 0, filters_ = 0;
};

/// One CONV with a single output pixel.
class MatrixVector {
 public:
  MatrixVector(Sequencer& sequencer, const RtlConv& work, std::vector<std::int64_t>& sums)
      : sequencer_(sequencer), conv_(work.conv), operands_(work), sums_(sums) {}

  void run() {
    for (base_ = 0; base_ < conv_.out_channels; base_ += size_ * size_) {
      rows_ = std::min(size_, ceil_div(conv_.out_channels - base_, size_));
      block();
    }
  }

 private:
  // Element by element of the window: its weights enter, the last row in with them the product is taken while
  // the next element's first row enters.
  void block() {
    const std::int64_t elements = conv_.kernel_height * conv_.kernel_width * conv_.in_channels;
    for (std::int64_t element = 0; element < elements; ++element) {
      for (std::int64_t row = 0; row < rows_; ++row) {
        ArrayPins pins = sequencer_.idle();
        if (row == 0 && element > 0) multiply(pins, element - 1);
        load_row(pins, element, row);
        sequencer_.cycle(pins);
      }
    }
    ArrayPins pins = sequencer_.idle();
    multiply(pins, elements - 1);
    sequencer_.cycle(pins);
    const auto place = [base = base_, size = size_, channels = conv_.out_channels](
                           std::int64_t /*entry*/, std::int64_t row, std::int64_t column) {
      const std::int64_t channel = base + row * size + column;
      return channel < channels ? channel : std::int64_t{-1};
    };
    sequencer_.finish_step(sums_, 1, rows_, place);
  }

  void multiply(ArrayPins& pins, std::int64_t element) const {
    const std::int64_t tap = element / conv_.in_channels;
    pins.os_mac = true;
    pins.os_first = element == 0;
    pins.os_weight =
        operands_.activation(tap / conv_.kernel_width, tap % conv_.kernel_width, element % conv_.in_channels);
  }

  void load_row(ArrayPins& pins, std::int64_t element, std::int64_t row) const {
    pins.os_move = kUp;
    for (std::int64_t column = 0; column < size_; ++column) {
      pins.a_in[static_cast<std::size_t>(column)] = operands_.weight(
          base_ + row * size_ + column, element / conv_.in_channels, element % conv_.in_channels);
    }
  }

  const std::int64_t size_ = rtl_shape().size;
  Sequencer& sequencer_;
  const Conv& conv_;
  RtlOperands operands_;
  std::vector<std::int64_t>& sums_;
  std::int64_t base_ = 0, rows_ = 0;
};

}  // namespace

std::vector<RtlSums> run_output_stationary(RtlUnits& units, std::span<const RtlConv> works) {
  Sequencer sequencer(units);
  std::vector<RtlSums> results(works.size());
  Cycles before = 0;
  for (std::size_t index = 0; index < works.size(); ++index) {
    const Conv& conv = works[index].conv;
    auto& sums = results[index].sums;
    sums.assign(static_cast<std::size_t>(conv.out_height * conv.out_width * conv.out_channels), 0);
    if (is_matrix_vector(conv_work(conv)))
      MatrixVector(sequencer, works[index], sums).run();
    else
      Blocks(sequencer, works[index], sums).run();
    if (index + 1 == works.size()) sequencer.wait_for_drain();
    results[index].cycles = sequencer.cycles() - before;
    before = sequencer.cycles();
  }
  return results;
}

}  // namespace npu::hw
