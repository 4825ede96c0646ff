// Number-level vectors for test benches of single units: corner cases first (extremes, ties, shift 0 and 15,
// edges of the zero point), then random ones. One stream for each field, so that a bench reads each with one
// $readmemh.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "hw/numerics/rounding.h"
#include "sim/golden/manifest.h"

namespace npu::sim::golden {

struct UnitVectorOptions {
  std::string unit;  ///< one of unit_names()
  std::int64_t count = 1000;
  std::uint64_t seed = 1;
  hw::Rounding rounding = hw::Rounding::kHalfUp;
  int accumulator_bits = 32;
  int multiplier_bits = 16;
  int shift_bits = 4;
  int data_bits = 8;  ///< of activations and weights
  bool binary = true;
  bool hex = true;
};

const std::vector<std::string>& unit_names();

/// Writes stimulus/FIELD, expected/FIELD and the manifest. The same options give the same bytes.
/// Throws InputError: an unknown unit, or fewer vectors than there are corner cases.
Manifest export_unit_vectors(const UnitVectorOptions& options, const std::filesystem::path& folder);

/// One field of all vectors.
struct VectorField {
  std::string name;
  int element_bytes = 1;
  bool is_signed = true;
  bool expected = false;
  std::vector<std::int64_t> values;
};

/// The vectors as numbers, [field]; what export_unit_vectors writes.
std::vector<VectorField> unit_vectors(const UnitVectorOptions& options);

}  // namespace npu::sim::golden
