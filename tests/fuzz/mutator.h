// Small random changes to bytes, the same for the same seed on every system: what the test suite does in
// place of a fuzzer that watches coverage.
#pragma once

#include "tests/fuzz/targets.h"
#include "tests/support.h"

namespace npu::fuzz {

/// One to eight changes: bits, bytes, numbers at the limits of their types, runs removed, repeated or moved,
/// digits of text changed, pieces of `other` inserted. At most `kLargestInput` bytes.
Bytes mutated(const Bytes& seed, const Bytes& other, tests::TestRandom& random);

inline constexpr std::size_t kLargestInput = std::size_t{1} << 16;

}  // namespace npu::fuzz
