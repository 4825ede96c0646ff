// What a token tells its consumer. Shared by token insertion, the program verifier and the engines.
#pragma once

#include "hw/isa/instruction.h"

namespace npu::hw {

/// True: the token of `producer` says that the instruction has read its operands; its results may still be on
/// their way, but all results of its unit's instruction before it are written. False: that it has ended. The
/// load units wait for the array to overwrite what it has read, so that they need not wait for what it
/// writes.
constexpr bool token_means_operands_read(Unit producer, Unit consumer) {
  return producer == Unit::kConv && (consumer == Unit::kLoadWeights || consumer == Unit::kLoadActivations);
}

}  // namespace npu::hw
