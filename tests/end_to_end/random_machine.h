// Random machines over everything that the architecture's JSON can ask for, by seed.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>

namespace npu::tests {

/// A configuration that arch_from_json accepts: arrays from 4x4 to 128x128, rectangular and odd ones too,
/// register files of 1 to 64, widths of 8 or 16 bits, buffers from 8 KB to 4 MB, any dataflows, latency in
/// cycles or nanoseconds, bandwidth by cycle or second.
nlohmann::json random_machine(std::uint64_t seed);

}  // namespace npu::tests
