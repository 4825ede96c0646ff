#include "tests/end_to_end/refusal.h"

#include <catch2/catch.hpp>
#include <cstdio>
#include <string_view>

#include "hw/common/error.h"

namespace npu::tests {
namespace {

using Attempt = std::function<void(const hw::ArchConfig&)>;

constexpr int kMostRefusals = 64;  // each asks for more, so that a network of few kinds of layers has fewer
constexpr int kWidestAccumulator = 56;

bool says(const Error& error, std::string_view text) {
  return std::string_view(error.what()).find(text) != std::string_view::npos;
}

// The capacity that a refusal is about.
Bytes& memory_of(const CapacityError& error, hw::ArchConfig& arch) {
  if (says(error, "in weight SRAM")) return arch.weight_sram.capacity_bytes;
  if (says(error, "in the global buffer")) return arch.global_buffer.capacity_bytes;
  if (says(error, "in the shared buffer")) return arch.execution.shared_buffer_bytes;
  if (says(error, "in DRAM")) return arch.dram.capacity_bytes;
  FAIL("a refusal names no memory: " << error.what());
  return arch.dram.capacity_bytes;
}

// Gives each refusal the bytes it asks for until the network is accepted.
void check_capacity(hw::ArchConfig arch, const Attempt& attempt) {
  hw::ArchConfig refused = arch;
  for (int refusal = 0; refusal < kMostRefusals; ++refusal) {
    try {
      attempt(arch);
      CHECK_THROWS_AS(attempt(refused), CapacityError);
      return;
    } catch (const CapacityError& error) {
      INFO(error.what());
      Bytes& capacity = memory_of(error, arch);
      CHECK(error.available_bytes() == capacity);
      REQUIRE(error.needed_bytes() > capacity);
      capacity = error.needed_bytes();
      refused = arch;
      memory_of(error, refused) -= 1;
    }
  }
  FAIL("still refused after " << kMostRefusals << " enlargements");
}

void check_accumulators(hw::ArchConfig arch, const Attempt& attempt) {
  for (arch.data.accumulator_bits += 8; arch.data.accumulator_bits <= kWidestAccumulator;
       arch.data.accumulator_bits += 8) {
    try {
      attempt(arch);
      return;
    } catch (const GraphError& error) {
      INFO(error.what());
      REQUIRE(says(error, "accumulator"));
    }
  }
  FAIL("refused with the widest accumulators, too");
}

}  // namespace

Outcome run_or_refuse(const std::string& pair, const hw::ArchConfig& arch, const Attempt& attempt) {
  INFO(pair);
  try {
    attempt(arch);
    return Outcome::kRan;
  } catch (const CapacityError& error) {
    std::printf("refused: %s: %s\n", pair.c_str(), error.what());
    check_capacity(arch, attempt);
  } catch (const GraphError& error) {
    std::printf("refused: %s: %s\n", pair.c_str(), error.what());
    if (!says(error, "accumulator")) FAIL("a refusal that nothing shows to be true: " << error.what());
    check_accumulators(arch, attempt);
  }
  return Outcome::kRefused;
}

}  // namespace npu::tests
