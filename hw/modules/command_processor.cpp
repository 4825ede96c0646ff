#include "hw/modules/command_processor.h"

#include <fmt/core.h>

#include <algorithm>

#include "hw/isa/encoding.h"
#include "hw/modules/sim_clock.h"
#include "hw/timing/transfer_runs.h"

namespace npu::hw {

CommandProcessor::CommandProcessor(const sc_core::sc_module_name& name, const ArchConfig& arch,
                                   const ProgramLocation& program, FailureLatch& failure)
    : sc_module(name),
      dram("dram"),
      scoreboard("scoreboard"),
      arch_(arch),
      program_(program),
      failure_(failure) {
  SC_HAS_PROCESS(CommandProcessor);
  SC_THREAD(run);
}

void CommandProcessor::run() {
  failure_.guard([this] {
    const std::int64_t block = arch_.command_processor.fetch_instructions;
    for (std::int64_t pc = 0; pc < program_.instruction_count && !halted_; ++pc) {
      if (pc % block == 0) fetch_block(pc);
      dispatch(pc);
    }
    if (!halted_) {
      throw SimulationError(
          name(), now_cycle(),
          fmt::format("ran past instruction {}, expected a HALT", program_.instruction_count - 1));
    }
  });
}

void CommandProcessor::fetch_block(std::int64_t first_pc) {
  const std::int64_t count = std::min<std::int64_t>(arch_.command_processor.fetch_instructions,
                                                    program_.instruction_count - first_pc);
  const std::int64_t address = program_.instruction_base + first_pc * kInstructionBytes;
  block_.resize(static_cast<std::size_t>(count * kInstructionBytes));
  tlm::tlm_generic_payload payload;
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  payload.set_command(tlm::TLM_READ_COMMAND);
  payload.set_address(static_cast<sc_dt::uint64>(address));
  payload.set_data_ptr(block_.data());
  payload.set_data_length(static_cast<unsigned>(block_.size()));
  payload.set_streaming_width(static_cast<unsigned>(block_.size()));
  const bool timed = arch_.command_processor.fetches_from_dram;
  if (timed) {
    dram->b_transport(payload, delay);
  } else {
    dram->transport_dbg(payload);
  }
  if (!payload.is_response_ok()) {
    throw SimulationError(
        name(), now_cycle(),
        fmt::format("fetch of instruction {} at DRAM byte {}: {}, expected an address inside DRAM", first_pc,
                    address, payload.get_response_string()));
  }
  if (!timed) return;
  fetched_bytes_ += aligned_bytes(address, static_cast<Bytes>(block_.size()), arch_.dram.access_bytes);
  wait_for_clock_edge();
}

void CommandProcessor::dispatch(std::int64_t pc) {
  const std::int64_t in_block = pc % arch_.command_processor.fetch_instructions;
  const std::span<const std::uint8_t> words(block_);
  const auto word =
      words.subspan(static_cast<std::size_t>(in_block * kInstructionBytes)).first<kInstructionBytes>();
  sc_core::wait(cycles_to_time(arch_.command_processor.dispatch_cycles));
  const Instruction instruction = decode(word, pc);
  if (instruction.opcode == Opcode::kHalt) {
    halt(pc);
    return;
  }
  issued_.push_back({pc, instruction});
  blocked_ = &issued_.back();
  queues[static_cast<std::size_t>(unit_of(blocked_->instruction))]->write(blocked_);
  blocked_ = nullptr;
  ++dispatched_;
}

void CommandProcessor::halt(std::int64_t pc) {
  if (pc != program_.instruction_count - 1) {
    throw SimulationError(name(), now_cycle(),
                          fmt::format("HALT at instruction {}, expected it to be the last one ({})", pc,
                                      program_.instruction_count - 1));
  }
  halting_ = true;
  scoreboard->wait_for_retired(dispatched_);
  halted_ = true;
  halt_cycle_ = now_cycle();
}

void CommandProcessor::add_waves(WaveFile& file) const {
  file.add(dispatched_, std::string(name()) + ".dispatched");
  file.add(halted_, std::string(name()) + ".halted");
}

std::string CommandProcessor::status() const {
  if (halted_) return "has halted";
  if (halting_) return fmt::format("HALT waits for the units, {} instructions dispatched", dispatched_);
  if (blocked_ != nullptr) {
    return fmt::format("instruction {} waits for room in the queue of {}", blocked_->pc,
                       unit_name(unit_of(blocked_->instruction)));
  }
  return fmt::format("{} instructions dispatched", dispatched_);
}

}  // namespace npu::hw
