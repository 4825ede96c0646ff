#include "hw/modules/run_machine.h"

#include <systemc>
#include <utility>

#include "hw/modules/machine.h"

// SystemC's library refers to the entry point of programs that leave main() to it; ours do not.
int sc_main(int /*argument_count*/, char** /*arguments*/) { return 1; }

namespace npu::hw {

MachineRun run_machine(const Program& program, const ArchConfig& arch, std::vector<std::uint8_t> dram_image,
                       const MachineOptions& options) {
  // A stopped simulation is reported by our own error; everything else SystemC has to say is a defect of
  // ours.
  sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
  sc_core::sc_report_handler::set_actions(sc_core::SC_WARNING, sc_core::SC_THROW);
  Machine machine("npu", program, arch, std::move(dram_image), options);
  machine.run();
  const auto content = machine.dram_content();
  return {machine.machine_trace(), {content.begin(), content.end()}};
}

}  // namespace npu::hw
