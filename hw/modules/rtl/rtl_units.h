// The RTL of tests/rtl/rtl as the machine sees it: pins for one clock cycle at a time. Models: the PE array,
// the compounding lanes and the residual-add lanes, to the cycle. Does not model: memories and control, which
// the drivers of rtl_driver.h stand for. No SystemC in this header.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hw/arch/arch_config.h"

namespace npu::hw {

/// Inputs of the array in one cycle; vectors have one element for each row or column, meaning as in
/// npu_pe_array.sv.
struct ArrayPins {
  bool os = false;
  bool w_load = false;
  int w_row = 0;
  bool w_swap = false;
  std::vector<std::int32_t> w_in;
  bool ws_valid = false;
  std::vector<std::int32_t> a_in;
  int os_move = 0;
  bool os_mac = false;
  bool os_first = false;
  bool os_bank = false;
  int os_index = 0;
  std::int32_t os_weight = 0;
  bool os_drain_load = false;
  int os_drain_index = 0;
};

struct ArrayResult {
  bool ws_out_valid = false;
  std::vector<std::int64_t> sums;  ///< bottom row, one for each column
};

/// Constants of the output step, the same for all lanes.
struct StagePins {
  int shift = 0;
  std::uint32_t negative_multiplier = 0;
  int negative_shift = 0;
  bool leaky = false;
  std::int32_t zero_point = 0;
  std::int32_t low = 0;
  std::int32_t high = 0;
  Rounding rounding = Rounding::kHalfUp;
};

struct CompoundingPins {
  bool valid = false;
  std::vector<std::int64_t> accumulators, biases;  ///< one for each lane
  std::vector<std::uint8_t> shift_pairs;           ///< the packed byte that holds the lane's shift
  std::vector<bool> shift_high;                    ///< in its upper nibble
  std::vector<std::uint32_t> multipliers;
  bool shift_whole = false;
  StagePins stage;
};

struct AddPins {
  bool valid = false;
  std::vector<std::int32_t> a, b;
  std::int32_t a_zero_point = 0, b_zero_point = 0;
  std::uint32_t a_multiplier = 0, b_multiplier = 0;
  StagePins stage;
};

struct LanesResult {
  bool valid = false;
  std::vector<std::int32_t> values;
  int saturated = 0;  ///< lanes cut by the type's range
};

class RtlUnits {
 public:
  virtual ~RtlUnits() = default;
  /// One clock cycle: pins in, outputs after the edge. Takes one cycle of simulated time.
  virtual ArrayResult array_cycle(const ArrayPins& pins) = 0;
  virtual LanesResult compounding_cycle(const CompoundingPins& pins) = 0;
  virtual LanesResult add_cycle(const AddPins& pins) = 0;
  /// Switches an injected fault of npu_pkg.sv on; 0: none. For tests of the golden check.
  virtual void inject(int fault) = 0;
};

/// What the RTL was built for.
struct RtlShape {
  int size = 0;  ///< rows and columns
  int registers = 0;
  int lanes = 0;
  int data_bits = 8;
  int accumulator_bits = 32;
};

/// This build contains the Verilated units.
bool rtl_available();
RtlShape rtl_shape();

/// Throws ConfigError if the machine asks for the RTL and this build has none or has it in another shape.
void require_rtl(const ArchConfig& arch);
/// The same for another build: `built` is its shape, or nothing where Verilator was not found.
void require_rtl(const ArchConfig& arch, const std::optional<RtlShape>& built);

/// Elaborates the units as a SystemC module; call before the simulation starts. Null where there are none.
std::unique_ptr<RtlUnits> make_rtl_units(const std::string& name);

}  // namespace npu::hw
