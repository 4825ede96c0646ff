// Does the machine's configuration fit the RTL of this build?
#include <fmt/core.h>

#include "hw/common/error.h"
#include "hw/modules/rtl/rtl_units.h"

namespace npu::hw {

void require_rtl(const ArchConfig& arch) {
  require_rtl(arch, rtl_available() ? std::optional(rtl_shape()) : std::nullopt);
}

void require_rtl(const ArchConfig& arch, const std::optional<RtlShape>& built) {
  const bool array = arch.pe_array.model == UnitModel::kRtl;
  const bool lanes = arch.compounding.model == UnitModel::kRtl;
  if (!array && !lanes) return;
  const char* pointer = array ? "/pe_array/model" : "/compounding/model";
  if (!built) {
    throw ConfigError(arch.name, pointer, "'rtl'",
                      "'fast': this build has no RTL model; install Verilator and configure the build again");
  }
  const RtlShape& shape = *built;
  const bool fits = arch.pe_array.rows == shape.size && arch.pe_array.columns == shape.size &&
                    arch.pe_array.register_file_entries == shape.registers &&
                    arch.compounding.lanes == shape.lanes && arch.data.activation_bits == shape.data_bits &&
                    arch.data.weight_bits == shape.data_bits &&
                    arch.data.accumulator_bits == shape.accumulator_bits;
  if (fits) return;
  throw ConfigError(
      arch.name, pointer, "'rtl' on another machine",
      fmt::format("the shape the RTL of this build has: {0}x{0} PEs with {1} registers, {2} compounding "
                  "lanes, {3}-bit "
                  "data, {4}-bit accumulators",
                  shape.size, shape.registers, shape.lanes, shape.data_bits, shape.accumulator_bits));
}

}  // namespace npu::hw
