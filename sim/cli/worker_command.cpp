// npusim worker: the fresh process in which one SystemC simulation runs. Started by sim/engines/systemc, not
// by people.
#include <CLI/CLI.hpp>

#include "sim/cli/command_line.h"
#include "sim/engines/systemc/systemc_engine.h"

namespace npu::sim {

void add_worker_command(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("worker", "Run one SystemC job folder (used by npusim itself)");
  command->group("");  // not listed
  const auto folder = std::make_shared<std::string>();
  command->add_option("folder", *folder, "Job folder")->required();
  command->callback([folder, &exit_code] { exit_code = systemc_worker_main(*folder); });
}

}  // namespace npu::sim
