// The weight-stationary schedule of the array, and the choice of the schedule.
#include <algorithm>
#include <deque>

#include "hw/common/error.h"
#include "hw/modules/rtl/rtl_driver.h"
#include "hw/modules/rtl/rtl_operands.h"

namespace npu::hw {
namespace {

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
  RtlOperands operands_;
  std::vector<WeightSet> sets_;
  std::int64_t pixels_ = 0;
  std::deque<Pixel> in_flight_;
  RtlSums result_;
};

}  // namespace

RtlSums run_array(RtlUnits& units, const RtlConv& work) {
  if (static_cast<Dataflow>(work.conv.dataflow) == Dataflow::kWeightStationary)
    return WeightStationary(units, work).run();
  return std::move(run_output_stationary(units, {&work, 1}).front());
}

bool rtl_runs(const Conv& conv, const MachineFormat& format) {
  return format.activation_bits == rtl_shape().data_bits && format.weight_bits == rtl_shape().data_bits &&
         format.accumulator_bits == rtl_shape().accumulator_bits && conv.weight_zero_point == 0;
}

}  // namespace npu::hw
