// One walk over the program in order. For each instruction: the checks of the instruction alone, then its
// place in the order that tokens make, then each of its regions against the last accesses to the same bytes.
// Only overlaps whose order depends on latencies are hazards; instructions of one unit are always in order.
#include "hw/isa/verifier.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

#include "hw/common/error.h"
#include "hw/isa/access_history.h"
#include "hw/isa/fields.h"
#include "hw/isa/instruction_checks.h"
#include "hw/isa/program_json.h"
#include "hw/isa/regions.h"
#include "hw/isa/token_order.h"

namespace npu::hw {
namespace {

class Verification {
 public:
  explicit Verification(const Program& program)
      : program_(program), order_(std::ssize(program.instructions)) {}

  std::vector<Finding> run() {
    check_program();
    const std::int64_t count = std::ssize(program_.instructions);
    for (std::int64_t pc = 0; pc < count && !findings_.full(); ++pc) step(pc);
    return findings_.take();
  }

 private:
  const Instruction& instruction(std::int64_t pc) const {
    return program_.instructions[static_cast<std::size_t>(pc)];
  }
  const char* name(std::int64_t pc) const { return opcode_name(instruction(pc).opcode); }
  AccessHistory& history(Memory memory) { return histories_[static_cast<std::size_t>(memory)]; }

  void record_host_writes() {
    const auto nobody = [](const EarlierAccess&) {};
    const std::int64_t constant_base = program_.dram.constant_base;
    history(Memory::kDram)
        .write(constant_base, constant_base + std::ssize(program_.constants), AccessHistory::kHost, nobody);
    for (const auto& tensor : program_.tensors) {
      if (tensor.name != program_.input) continue;
      const std::int64_t end = tensor.dram_address + tensor.span_bytes(program_.format.activation_bytes());
      history(Memory::kDram).write(tensor.dram_address, end, AccessHistory::kHost, nobody);
    }
  }

  void check_program() {
    try {
      check_symbols(program_);
      record_host_writes();
    } catch (const ProgramError& error) {
      const std::string_view text = error.what();  // "program: problem"
      findings_.add(FindingKind::kStructure, -1, std::string(text.substr(text.find(": ") + 2)));
    }
    if (program_.instructions.empty() || program_.instructions.back().opcode != Opcode::kHalt) {
      findings_.add(FindingKind::kStructure, std::ssize(program_.instructions) - 1,
                    "found no HALT at the end of the program, expected one");
    }
  }

  void step(std::int64_t pc) {
    const Instruction& current = instruction(pc);
    if (!check_encodable(current, pc, findings_)) return;
    if (current.opcode == Opcode::kHalt) {
      if (pc + 1 != std::ssize(program_.instructions)) {
        findings_.add(FindingKind::kStructure, pc,
                      "found HALT before the end of the program, expected it there only");
      }
      return;
    }
    order_.add(current, pc, findings_);
    check_meaning(current, pc, program_.format, findings_);
    if (!check_ranges(current, pc, program_, findings_)) return;
    const RegionSet regions = regions_of(current, program_.format);
    for (const auto& region : regions.reads) check_read(pc, region);
    for (const auto& region : regions.writes) check_write(pc, region);
  }

  void check_read(std::int64_t pc, const Region& region) {
    reported_.clear();
    bool undefined = false;
    const bool written =
        history(region.memory)
            .read(region.begin, region.end(), pc, unit_of(instruction(pc)), [&](const auto& earlier) {
              check_order(pc, region, earlier, "reads");
              undefined = undefined || leaves_undefined(earlier.pc, region.memory);
            });
    if (written && !undefined) return;
    findings_.add(FindingKind::kUninitialised, pc,
                  fmt::format("{} reads {} bytes {} to {}, {}", name(pc), memory_name(region.memory),
                              region.begin, region.end(),
                              undefined ? "some of which an earlier CONV left undefined"
                                        : "which nothing has written before"));
  }

  void check_write(std::int64_t pc, const Region& region) {
    reported_.clear();
    history(region.memory).write(region.begin, region.end(), pc, [&](const auto& earlier) {
      check_order(pc, region, earlier, "writes");
    });
  }

  // One finding for each pair of instructions and region, whatever the number of stretches they share.
  void check_order(std::int64_t pc, const Region& region, const EarlierAccess& earlier, const char* verb) {
    if (earlier.pc == pc || order_.ordered(earlier.pc, pc, !earlier.write)) return;
    if (std::find(reported_.begin(), reported_.end(), earlier.pc) != reported_.end()) return;
    reported_.push_back(earlier.pc);
    const std::int64_t begin = std::max(region.begin, earlier.begin);
    const std::int64_t end = std::min(region.end(), earlier.end);
    findings_.add(
        FindingKind::kHazard, pc,
        fmt::format("{} (unit {}) {} {} bytes {} to {}, which instruction {}, {} (unit {}), {}: no tokens "
                    "order the two",
                    name(pc), unit_name(unit_of(instruction(pc))), verb, memory_name(region.memory), begin,
                    end, earlier.pc, name(earlier.pc), unit_name(unit_of(instruction(earlier.pc))),
                    earlier.write ? "writes" : "reads"),
        earlier.pc);
  }

  // A CONV that starts from zero and compounds uses accumulators only as scratch.
  bool leaves_undefined(std::int64_t pc, Memory memory) const {
    if (memory != Memory::kAccumulators) return false;
    const Conv& conv = instruction(pc).conv();
    return conv.first != 0 && conv.last != 0;
  }

  const Program& program_;
  FindingList findings_;
  TokenOrder order_;
  std::array<AccessHistory, kMemories> histories_;
  std::vector<std::int64_t> reported_;  ///< earlier instructions already named for the region at hand
};

}  // namespace

std::vector<Finding> verify(const Program& program) { return Verification(program).run(); }

void require_verified(const Program& program) {
  const auto findings = verify(program);
  if (findings.empty()) return;
  const Finding& first = findings.front();
  const std::string more =
      findings.size() == 1 ? "" : fmt::format(" (and {} more findings)", findings.size() - 1);
  throw ProgramError(first.pc, first.message + more);
}

}  // namespace npu::hw
