// npusim networks: the built-in networks.
#include <fmt/core.h>

#include <CLI/CLI.hpp>

#include "compiler/graph/graph.h"
#include "sim/cli/command_line.h"
#include "sim/cli/exit_codes.h"
#include "sim/cli/terminal.h"
#include "sim/report/format.h"
#include "sim/report/text_table.h"
#include "workloads/networks.h"

namespace npu::sim {
namespace {

constexpr const char* kExamples = R"(
Examples:
  npusim networks
  npusim run --network mobilenet_v2_1.0
Built-in networks have reproducible random weights: right for time, energy and memory, meaningless for accuracy.)";

int list_networks() {
  TextTable table(
      {{"network"}, {"input"}, {"MACs", true}, {"parameters", true}, {"description", false, true}});
  for (const auto& name : workloads::network_names()) {
    const auto graph = workloads::outline_network(name);
    const auto shapes = compiler::infer_shapes(graph);
    std::int64_t macs = 0;
    std::int64_t parameters = 0;
    for (const auto& node : graph.nodes) {
      macs += compiler::node_macs(node, shapes);
      parameters += compiler::node_parameters(node);
    }
    const auto& input = graph.input_shape;
    table.add_row({name, fmt::format("{}x{}x{}", input.channels, input.height, input.width),
                   with_prefix(static_cast<double>(macs)), with_prefix(static_cast<double>(parameters)),
                   workloads::describe_network(name)});
  }
  fmt::print("{}", table.render(output_width()));
  return kExitOk;
}

}  // namespace

void add_networks_command(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("networks", "List the built-in networks");
  command->footer(kExamples);
  command->callback([&exit_code] { exit_code = list_networks(); });
}

}  // namespace npu::sim
