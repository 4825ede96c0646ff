// The Verilated units inside SystemC: signals for every pin, a clock that runs only while they work.
#include <Vnpu_units.h>

#include <systemc>

#include "hw/modules/rtl/rtl_units.h"
#include "hw/modules/sim_clock.h"

namespace npu::hw {
namespace {

constexpr RtlShape kShape{NPU_RTL_SIZE, NPU_RTL_REGISTERS, NPU_RTL_LANES, 8, 32};
constexpr int kWordBits = 32;

// Element `index` of `bits` bits (8 or 32) of a wide pin.
template <class Vector>
void put(Vector& vector, int index, int bits, std::uint32_t value) {
  if (bits == kWordBits) {
    vector.set_word(index, value);
    return;
  }
  const int word = index * bits / kWordBits;
  const int shift = index * bits % kWordBits;
  const std::uint32_t mask = ((1U << bits) - 1) << shift;
  vector.set_word(word, (vector.get_word(word) & ~mask) | ((value << shift) & mask));
}

template <class Vector>
std::uint32_t get(const Vector& vector, int index, int bits) {
  if (bits == kWordBits) return vector.get_word(index);
  const std::uint32_t word = vector.get_word(index * bits / kWordBits);
  return (word >> (index * bits % kWordBits)) & ((1U << bits) - 1);
}

class VerilatedUnits : public sc_core::sc_module, public RtlUnits {
 public:
  explicit VerilatedUnits(const sc_core::sc_module_name& name) : sc_module(name), units_("units") {
    connect();
    rst_n.write(false);
  }

  ArrayResult array_cycle(const ArrayPins& pins) override {
    os.write(pins.os);
    w_load.write(pins.w_load);
    w_row.write(static_cast<std::uint32_t>(pins.w_row));
    w_swap.write(pins.w_swap);
    ws_valid.write(pins.ws_valid);
    os_move.write(static_cast<std::uint32_t>(pins.os_move));
    os_mac.write(pins.os_mac);
    os_first.write(pins.os_first);
    os_bank.write(pins.os_bank);
    os_index.write(static_cast<std::uint32_t>(pins.os_index));
    os_weight.write(static_cast<std::uint32_t>(pins.os_weight) & 0xFFU);
    os_drain_load.write(pins.os_drain_load);
    os_drain_index.write(static_cast<std::uint32_t>(pins.os_drain_index));
    Operand weights, activations;
    for (int lane = 0; lane < kShape.size; ++lane) {
      put(weights, lane, kShape.data_bits,
          static_cast<std::uint32_t>(pins.w_in[static_cast<std::size_t>(lane)]));
      put(activations, lane, kShape.data_bits,
          static_cast<std::uint32_t>(pins.a_in[static_cast<std::size_t>(lane)]));
    }
    w_in.write(weights);
    a_in.write(activations);
    tick();
    ArrayResult result{ws_out_valid.read(), {}};
    const auto& sums = sum_out.read();
    for (int column = 0; column < kShape.size; ++column) {
      result.sums.push_back(static_cast<std::int32_t>(get(sums, column, kShape.accumulator_bits)));
    }
    return result;
  }

  LanesResult compounding_cycle(const CompoundingPins& pins) override {
    write_stage(pins.stage);
    c_valid.write(pins.valid);
    c_shift_whole.write(pins.shift_whole);
    LaneSums accumulators, biases;
    LaneWords multipliers;
    LaneBytes pairs;
    std::uint32_t high = 0;
    for (int lane = 0; lane < kShape.lanes; ++lane) {
      const auto at = static_cast<std::size_t>(lane);
      put(accumulators, lane, kShape.accumulator_bits, static_cast<std::uint32_t>(pins.accumulators[at]));
      put(biases, lane, kShape.accumulator_bits, static_cast<std::uint32_t>(pins.biases[at]));
      put(multipliers, lane, kWordBits, pins.multipliers[at]);
      put(pairs, lane, 8, pins.shift_pairs[at]);
      high |= pins.shift_high[at] ? 1U << lane : 0U;
    }
    c_acc.write(accumulators);
    c_bias.write(biases);
    c_multiplier.write(multipliers);
    c_shift_pair.write(pairs);
    c_shift_high.write(high);
    tick();
    LanesResult result = lanes(c_out_valid.read(), c_result.read());
    result.saturated = __builtin_popcount(c_saturated.read());
    return result;
  }

  LanesResult add_cycle(const AddPins& pins) override {
    write_stage(pins.stage);
    v_valid.write(pins.valid);
    v_a_zero_point.write(static_cast<std::uint32_t>(pins.a_zero_point) & 0xFFU);
    v_b_zero_point.write(static_cast<std::uint32_t>(pins.b_zero_point) & 0xFFU);
    v_a_multiplier.write(pins.a_multiplier);
    v_b_multiplier.write(pins.b_multiplier);
    LaneBytes a, b;
    for (int lane = 0; lane < kShape.lanes; ++lane) {
      put(a, lane, 8, static_cast<std::uint32_t>(pins.a[static_cast<std::size_t>(lane)]));
      put(b, lane, 8, static_cast<std::uint32_t>(pins.b[static_cast<std::size_t>(lane)]));
    }
    v_a.write(a);
    v_b.write(b);
    tick();
    return lanes(v_out_valid.read(), v_result.read());
  }

  void inject(int number) override { fault.write(static_cast<std::uint32_t>(number)); }

 private:
  using Operand = sc_dt::sc_bv<NPU_RTL_SIZE * 8>;
  using Sums = sc_dt::sc_bv<NPU_RTL_SIZE * 32>;
  using LaneSums = sc_dt::sc_bv<NPU_RTL_LANES * 32>;
  using LaneWords = sc_dt::sc_bv<NPU_RTL_LANES * 32>;
  using LaneBytes = sc_dt::sc_bv<NPU_RTL_LANES * 8>;
  template <class Value>
  using Pin = sc_core::sc_signal<Value>;

  static LanesResult lanes(bool valid, const LaneBytes& bytes) {
    LanesResult result{valid, {}, 0};
    for (int lane = 0; lane < kShape.lanes; ++lane) {
      result.values.push_back(static_cast<std::int8_t>(get(bytes, lane, 8)));
    }
    return result;
  }

  void write_stage(const StagePins& stage) {
    c_shift.write(static_cast<std::uint32_t>(stage.shift));
    c_negative_multiplier.write(stage.negative_multiplier);
    c_negative_shift.write(static_cast<std::uint32_t>(stage.negative_shift));
    c_leaky.write(stage.leaky);
    c_zero_point.write(static_cast<std::uint32_t>(stage.zero_point) & 0xFFU);
    c_low.write(static_cast<std::uint32_t>(stage.low) & 0xFFU);
    c_high.write(static_cast<std::uint32_t>(stage.high) & 0xFFU);
    c_rounding.write(static_cast<std::uint32_t>(stage.rounding));
  }

  // One whole clock cycle, after a cycle of reset at the first.
  void tick() {
    if (!rst_n.read()) {
      edge();
      rst_n.write(true);
      sc_core::wait(sc_core::SC_ZERO_TIME);
    }
    clk.write(false);
    sc_core::wait(ticks(kTicksPerCycle / 2));
    edge();
    sc_core::wait(ticks(kTicksPerCycle / 2));
  }
  // A rising edge in no time.
  void edge() {
    clk.write(false);
    sc_core::wait(sc_core::SC_ZERO_TIME);
    sc_core::wait(sc_core::SC_ZERO_TIME);
    clk.write(true);
    for (int delta = 0; delta < 4; ++delta) sc_core::wait(sc_core::SC_ZERO_TIME);
  }

  void connect();

  Vnpu_units units_;
  Pin<bool> clk, rst_n, os, w_load, w_swap, ws_valid, os_mac, os_first, os_bank, os_drain_load, ws_out_valid;
  Pin<std::uint32_t> fault, w_row, os_move, os_index, os_weight, os_drain_index;
  Pin<Operand> w_in, a_in;
  Pin<Sums> sum_out;
  Pin<bool> c_valid, c_shift_whole, c_leaky, c_out_valid;
  Pin<LaneSums> c_acc, c_bias;
  Pin<LaneWords> c_multiplier;
  Pin<LaneBytes> c_shift_pair, c_result;
  Pin<std::uint32_t> c_shift_high, c_shift, c_negative_multiplier, c_negative_shift, c_zero_point, c_low,
      c_high, c_rounding, c_saturated;
  Pin<bool> v_valid, v_out_valid;
  Pin<LaneBytes> v_a, v_b, v_result;
  Pin<std::uint32_t> v_a_zero_point, v_b_zero_point, v_a_multiplier, v_b_multiplier;
};

void VerilatedUnits::connect() {
#define NPU_BIND(pin) units_.pin(pin)
  NPU_BIND(clk);
  NPU_BIND(rst_n);
  NPU_BIND(fault);
  NPU_BIND(os);
  NPU_BIND(w_load);
  NPU_BIND(w_row);
  NPU_BIND(w_swap);
  NPU_BIND(w_in);
  NPU_BIND(ws_valid);
  NPU_BIND(a_in);
  NPU_BIND(os_move);
  NPU_BIND(os_mac);
  NPU_BIND(os_first);
  NPU_BIND(os_bank);
  NPU_BIND(os_index);
  NPU_BIND(os_weight);
  NPU_BIND(os_drain_load);
  NPU_BIND(os_drain_index);
  NPU_BIND(ws_out_valid);
  NPU_BIND(sum_out);
  NPU_BIND(c_valid);
  NPU_BIND(c_acc);
  NPU_BIND(c_bias);
  NPU_BIND(c_shift_pair);
  NPU_BIND(c_shift_high);
  NPU_BIND(c_shift_whole);
  NPU_BIND(c_multiplier);
  NPU_BIND(c_shift);
  NPU_BIND(c_negative_multiplier);
  NPU_BIND(c_negative_shift);
  NPU_BIND(c_leaky);
  NPU_BIND(c_zero_point);
  NPU_BIND(c_low);
  NPU_BIND(c_high);
  NPU_BIND(c_rounding);
  NPU_BIND(c_out_valid);
  NPU_BIND(c_result);
  NPU_BIND(c_saturated);
  NPU_BIND(v_valid);
  NPU_BIND(v_a);
  NPU_BIND(v_b);
  NPU_BIND(v_a_zero_point);
  NPU_BIND(v_b_zero_point);
  NPU_BIND(v_a_multiplier);
  NPU_BIND(v_b_multiplier);
  NPU_BIND(v_out_valid);
  NPU_BIND(v_result);
#undef NPU_BIND
}

}  // namespace

bool rtl_available() { return true; }
RtlShape rtl_shape() { return kShape; }
std::unique_ptr<RtlUnits> make_rtl_units(const std::string& name) {
  return std::make_unique<VerilatedUnits>(name.c_str());
}

}  // namespace npu::hw
