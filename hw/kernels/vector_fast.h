// VECTOR by vector instructions: 8-bit data. Table lookups, rare scales and ties to even are left to
// vector_scalar.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "hw/kernels/aligned_vector.h"
#include "hw/kernels/fast_path.h"
#include "hw/kernels/vector_scalar.h"

namespace npu::hw {

class FastVector {
 public:
  FastVector(const MachineFormat& format, const FastPath& path) : format_(format), path_(path) {}

  /// Executes one VECTOR as vector_scalar does, or does nothing and returns nullopt where only that is exact.
  std::optional<std::int64_t> run(const Vector& vector, const MemoryView& memory, const OutputTile& output);

 private:
  std::optional<std::int64_t> scaled_sum(const Vector& vector, const MemoryView& memory,
                                         const OutputTile& output);
  std::int64_t max_pool(const Vector& vector, const MemoryView& memory, const OutputTile& output);
  std::optional<std::int64_t> average_pool(const Vector& vector, const MemoryView& memory,
                                           const OutputTile& output);
  bool prepare_averages(const Vector& vector, const MemoryView& memory);

  MachineFormat format_;
  const FastPath& path_;
  std::map<std::int64_t, CompoundingTable> averages_;  ///< output step by number of real pixels in the window
  AlignedVector<std::int32_t> sums_;                   ///< of one window, [channel]
};

}  // namespace npu::hw
