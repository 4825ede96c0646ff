// Weight- and output-stationary schedules of the array.
#include <algorithm>
#include <deque>

#include "hw/common/error.h"
#include "hw/modules/rtl/rtl_driver.h"

namespace npu::hw {
namespace {

/// Operands by position, 0 outside.
class Operands {
 public:
  explicit Operands(const RtlConv& work) : conv_(work.conv), work_(work) {
    rows_ = (conv_.out_height - 1) * conv_.stride_height + conv_.kernel_height;
    columns_ = (conv_.out_width - 1) * conv_.stride_width + conv_.kernel_width;
  }
  std::int32_t activation(std::int64_t row, std::int64_t column, std::int64_t channel) const {
    if (row >= rows_ || column >= columns_ || channel >= conv_.in_channels) return 0;
    const auto at = static_cast<std::size_t>((row * columns_ + column) * conv_.in_channels + channel);
    return static_cast<std::int8_t>(work_.activations[at]);
  }
  std::int32_t weight(std::int64_t out_channel, std::int64_t tap, std::int64_t channel) const {
    if (out_channel >= conv_.out_channels || channel >= conv_.in_channels) return 0;
    const std::int64_t taps = conv_.kernel_height * conv_.kernel_width;
    const std::int64_t at = conv_.depthwise != 0 ? tap * conv_.out_channels + out_channel
                                                 : (out_channel * taps + tap) * conv_.in_channels + channel;
    return static_cast<std::int8_t>(work_.weights[static_cast<std::size_t>(at)]);
  }

 private:
  const Conv& conv_;
  const RtlConv& work_;
  std::int64_t rows_, columns_;
};

/// Weight stationary: one set of weights after the other, all pixels streamed past each; the next set loads
/// meanwhile.
class WeightStationary {
 public:
  WeightStationary(RtlUnits& units, const RtlConv& work) : units_(units), conv_(work.conv), operands_(work) {
    const std::int64_t taps = conv_.kernel_height * conv_.kernel_width;
    const bool depthwise = conv_.depthwise != 0;
    const std::int64_t step = depthwise ? 1 : size_;
    for (std::int64_t out = 0; out < conv_.out_channels; out += step) {
      for (std::int64_t in = depthwise ? out : 0; in < (depthwise ? out + 1 : conv_.in_channels);
           in += step) {
        for (std::int64_t tap = 0; tap < taps; ++tap) sets_.push_back({out, in, tap});
      }
    }
    pixels_ = conv_.out_height * conv_.out_width;
    result_.sums.assign(static_cast<std::size_t>(pixels_ * conv_.out_channels), 0);
  }

  RtlSums run() {
    for (std::int64_t row = 0; row < size_; ++row) {
      ArrayPins pins = idle();
      load_row(pins, sets_.front(), row);
      pins.w_swap = row == size_ - 1;
      cycle(pins);
    }
    const std::int64_t period = std::max({pixels_, size_, std::int64_t{2}});
    for (std::size_t set = 0; set < sets_.size(); ++set) {
      const bool more = set + 1 < sets_.size();
      const std::int64_t length = more ? period : pixels_;
      for (std::int64_t step = 0; step < length; ++step) {
        ArrayPins pins = idle();
        if (step < pixels_) stream_pixel(pins, sets_[set], step);
        if (more && step < size_) load_row(pins, sets_[set + 1], step);
        pins.w_swap = more && step == length - 1;
        cycle(pins);
      }
    }
    while (!in_flight_.empty()) cycle(idle());
    return std::move(result_);
  }

 private:
  struct WeightSet {
    std::int64_t out, in, tap;
  };
  struct Pixel {
    std::int64_t out, pixel;
  };

  ArrayPins idle() const {
    ArrayPins pins;
    pins.w_in.assign(static_cast<std::size_t>(size_), 0);
    pins.a_in.assign(static_cast<std::size_t>(size_), 0);
    return pins;
  }
  bool used(const WeightSet& set, std::int64_t row, std::int64_t column) const {
    return conv_.depthwise == 0 ? set.in + row < conv_.in_channels && set.out + column < conv_.out_channels
                                : row == 0 && column == 0;
  }
  void load_row(ArrayPins& pins, const WeightSet& set, std::int64_t row) const {
    pins.w_load = true;
    pins.w_row = static_cast<int>(row);
    for (std::int64_t column = 0; column < size_; ++column) {
      const bool real = used(set, row, column);
      pins.w_in[static_cast<std::size_t>(column)] =
          real ? operands_.weight(set.out + column, set.tap, set.in + row) : 0;
    }
  }
  void stream_pixel(ArrayPins& pins, const WeightSet& set, std::int64_t pixel) {
    const std::int64_t row = pixel / conv_.out_width * conv_.stride_height + set.tap / conv_.kernel_width;
    const std::int64_t column = pixel % conv_.out_width * conv_.stride_width + set.tap % conv_.kernel_width;
    pins.ws_valid = true;
    for (std::int64_t lane = 0; lane < size_; ++lane) {
      if (used(set, lane, 0))
        pins.a_in[static_cast<std::size_t>(lane)] = operands_.activation(row, column, set.in + lane);
    }
    in_flight_.push_back({set.out, pixel});
  }
  void cycle(const ArrayPins& pins) {
    const ArrayResult out = units_.array_cycle(pins);
    ++result_.cycles;
    if (!out.ws_out_valid) return;
    NPU_CHECK(!in_flight_.empty(), "the array gave a sum that nobody asked for");
    const Pixel done = in_flight_.front();
    in_flight_.pop_front();
    const std::int64_t columns = conv_.depthwise != 0 ? 1 : std::min(size_, conv_.out_channels - done.out);
    for (std::int64_t column = 0; column < columns; ++column) {
      result_.sums[static_cast<std::size_t>(done.pixel * conv_.out_channels + done.out + column)] +=
          out.sums[static_cast<std::size_t>(column)];
    }
  }

  const std::int64_t size_ = rtl_shape().size;
  RtlUnits& units_;
  const Conv& conv_;
  Operands operands_;
  std::vector<WeightSet> sets_;
  std::int64_t pixels_ = 0;
  std::deque<Pixel> in_flight_;
  RtlSums result_;
};

/// Output stationary: blocks of pixels; for each input channel and stride phase the block is loaded once and
/// shifted over the taps in a snake, each weight of a group of filters broadcast on the way; then the group's
/// sums leave.
class OutputStationary {
 public:
  OutputStationary(RtlUnits& units, const RtlConv& work) : units_(units), conv_(work.conv), operands_(work) {
    result_.sums.assign(static_cast<std::size_t>(conv_.out_height * conv_.out_width * conv_.out_channels), 0);
  }

  RtlSums run() {
    const std::int64_t group = rtl_shape().registers;
    for (row0_ = 0; row0_ < conv_.out_height; row0_ += size_) {
      for (column0_ = 0; column0_ < conv_.out_width; column0_ += size_) {
        for (std::int64_t filter = 0; filter < conv_.out_channels; filter += group) {
          filter_ = filter;
          filters_ = std::min(group, conv_.out_channels - filter);
          accumulate();
          drain();
        }
      }
    }
    return std::move(result_);
  }

 private:
  void accumulate() {
    if (conv_.depthwise != 0) {
      for (std::int64_t f = 0; f < filters_; ++f) channel(filter_ + f, f, f + 1);
      return;
    }
    for (std::int64_t c = 0; c < conv_.in_channels; ++c) channel(c, 0, filters_);
  }

  // One input channel for the filters [first, last) of the group.
  void channel(std::int64_t in_channel, std::int64_t first, std::int64_t last) {
    bool fresh = in_channel == 0 || conv_.depthwise != 0;
    for (std::int64_t py = 0; py < std::min(conv_.stride_height, conv_.kernel_height); ++py) {
      for (std::int64_t px = 0; px < std::min(conv_.stride_width, conv_.kernel_width); ++px) {
        phase(in_channel, py, px, first, last, fresh);
        fresh = false;
      }
    }
  }

  void phase(std::int64_t in_channel, std::int64_t py, std::int64_t px, std::int64_t first, std::int64_t last,
             bool fresh) {
    const std::int64_t rows = ceil_div(conv_.kernel_height - py, conv_.stride_height);
    const std::int64_t columns = ceil_div(conv_.kernel_width - px, conv_.stride_width);
    load_block(in_channel, py, px, rows);
    std::int64_t column = 0;
    for (std::int64_t row = 0; row < rows; ++row) {
      const bool rightwards = row % 2 == 0;
      for (std::int64_t step = 0; step < columns; ++step) {
        const bool last_of_row = step == columns - 1;
        int move = last_of_row ? kUp : (rightwards ? kLeft : kRight);
        if (last_of_row && row == rows - 1) move = kStay;
        const std::int64_t tap =
            (py + row * conv_.stride_height) * conv_.kernel_width + px + column * conv_.stride_width;
        broadcast(in_channel, tap, first, last, fresh && row == 0 && step == 0, move, {py, px, row, column});
        if (!last_of_row) column += rightwards ? 1 : -1;
      }
    }
  }

  // The activation under PE (row, column) of the block at window position (dy, dx) of a phase.
  struct Position {
    std::int64_t py, px, dy, dx;
  };
  std::int32_t under(std::int64_t in_channel, const Position& at, std::int64_t row,
                     std::int64_t column) const {
    return operands_.activation((row0_ + row + at.dy) * conv_.stride_height + at.py,
                                (column0_ + column + at.dx) * conv_.stride_width + at.px, in_channel);
  }

  // Rows enter at the top, the lowest first; rows that only the window's lower taps see come with them.
  void load_block(std::int64_t in_channel, std::int64_t py, std::int64_t px, std::int64_t tap_rows) {
    const std::int64_t rows = std::min(size_, std::min(size_, conv_.out_height - row0_) + tap_rows - 1);
    for (std::int64_t row = rows - 1; row >= 0; --row) {
      ArrayPins pins = idle();
      pins.os_move = kDown;
      for (std::int64_t column = 0; column < size_; ++column) {
        pins.a_in[static_cast<std::size_t>(column)] = under(in_channel, {py, px, 0, 0}, row, column);
      }
      cycle(pins);
    }
  }

  void broadcast(std::int64_t in_channel, std::int64_t tap, std::int64_t first, std::int64_t last, bool fresh,
                 int move, const Position& at) {
    for (std::int64_t filter = first; filter < last; ++filter) {
      ArrayPins pins = idle();
      pins.os_mac = true;
      pins.os_first = fresh;
      pins.os_index = static_cast<int>(filter);
      pins.os_weight = operands_.weight(filter_ + filter, tap, in_channel);
      if (filter == last - 1) {
        pins.os_move = move;
        for (std::int64_t lane = 0; lane < size_; ++lane) {
          std::int32_t& edge = pins.a_in[static_cast<std::size_t>(lane)];
          if (move == kLeft) edge = under(in_channel, at, lane, size_);
          if (move == kRight) edge = under(in_channel, at, lane, -1);
          if (move == kUp) edge = under(in_channel, at, size_, lane);
        }
      }
      cycle(pins);
    }
  }

  void drain() {
    for (std::int64_t filter = 0; filter < filters_; ++filter) {
      ArrayPins pins = idle();
      pins.os_drain_load = true;
      pins.os_index = static_cast<int>(filter);
      for (std::int64_t row = size_ - 1; row >= 0; --row) {
        const ArrayResult out = cycle(pins);
        pins.os_drain_load = false;
        for (std::int64_t column = 0; column < size_; ++column) {
          const std::int64_t y = row0_ + row;
          const std::int64_t x = column0_ + column;
          if (y >= conv_.out_height || x >= conv_.out_width) continue;
          result_.sums[static_cast<std::size_t>((y * conv_.out_width + x) * conv_.out_channels + filter_ +
                                                filter)] = out.sums[static_cast<std::size_t>(column)];
        }
      }
    }
  }

  ArrayPins idle() const {
    ArrayPins pins;
    pins.os = true;
    pins.w_in.assign(static_cast<std::size_t>(size_), 0);
    pins.a_in.assign(static_cast<std::size_t>(size_), 0);
    return pins;
  }
  ArrayResult cycle(const ArrayPins& pins) {
    ++result_.cycles;
    return units_.array_cycle(pins);
  }

  static constexpr int kStay = 0, kDown = 1, kLeft = 2, kRight = 3, kUp = 4;
  const std::int64_t size_ = rtl_shape().size;
  RtlUnits& units_;
  const Conv& conv_;
  Operands operands_;
  std::int64_t row0_ = 0, column0_ = 0, filter_ = 0, filters_ = 0;
  RtlSums result_;
};

}  // namespace

RtlSums run_array(RtlUnits& units, const RtlConv& work) {
  const bool ws = static_cast<Dataflow>(work.conv.dataflow) == Dataflow::kWeightStationary;
  return ws ? WeightStationary(units, work).run() : OutputStationary(units, work).run();
}

bool rtl_runs(const Conv& conv, const MachineFormat& format) {
  return format.activation_bits == rtl_shape().data_bits && format.weight_bits == rtl_shape().data_bits &&
         format.accumulator_bits == rtl_shape().accumulator_bits && conv.weight_zero_point == 0;
}

}  // namespace npu::hw
