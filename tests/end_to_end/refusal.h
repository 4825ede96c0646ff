// What the tests of whole networks on machines share: a pair of network and machine either goes through, or
// is refused for a reason that is shown to be true by removing exactly that.
#pragma once

#include <functional>
#include <string>

#include "hw/arch/arch_config.h"

namespace npu::tests {

enum class Outcome { kRan, kRefused };

/// Calls `attempt`. Where it throws CapacityError, CHECKs that the memory it names has what the message says
/// and less than what it asks for, and that the network is accepted once every memory asked for has what was
/// asked, and refused again with one byte less in the last of them. Where it throws GraphError about
/// accumulators, CHECKs that wider ones are accepted. FAILs on any other refusal. Prints a line for each
/// refusal.
Outcome run_or_refuse(const std::string& pair, const hw::ArchConfig& arch,
                      const std::function<void(const hw::ArchConfig&)>& attempt);

}  // namespace npu::tests
