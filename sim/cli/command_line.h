// The command line: one file for each subcommand, each adds itself to the parser and runs when it was chosen.
#pragma once

namespace CLI {
class App;
}

namespace npu::sim {

/// Parses and executes. Returns the exit code; help, version and usage errors are printed here. Throws what
/// the commands throw.
int run_command_line(int argument_count, char** arguments);

// Each adds its subcommand; a chosen one leaves its exit code in `exit_code`.
void add_run_command(CLI::App& app, int& exit_code);
void add_accuracy_command(CLI::App& app, int& exit_code);
void add_compile_command(CLI::App& app, int& exit_code);
void add_disasm_command(CLI::App& app, int& exit_code);
void add_inspect_command(CLI::App& app, int& exit_code);
void add_export_command(CLI::App& app, int& exit_code);
void add_networks_command(CLI::App& app, int& exit_code);
void add_archs_command(CLI::App& app, int& exit_code);
void add_sweep_command(CLI::App& app, int& exit_code);
void add_sweep_worker_command(CLI::App& app, int& exit_code);  ///< hidden: body of a sweep's worker processes
void add_codesign_command(CLI::App& app, int& exit_code);
void add_query_command(CLI::App& app, int& exit_code);
void add_plot_command(CLI::App& app, int& exit_code);
void add_report_command(CLI::App& app, int& exit_code);
void add_validate_command(CLI::App& app, int& exit_code);
void add_golden_command(CLI::App& app, int& exit_code);  ///< export, check, unit
void add_worker_command(CLI::App& app, int& exit_code);  ///< hidden: body of the SystemC worker process

// Subcommands of golden.
void add_golden_export_command(CLI::App& golden, int& exit_code);
void add_golden_check_command(CLI::App& golden, int& exit_code);
void add_golden_unit_command(CLI::App& golden, int& exit_code);

}  // namespace npu::sim
