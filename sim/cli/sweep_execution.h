// Runs a sweep from its specification to its tables and pictures: what `npusim sweep` and `npusim codesign`
// share. Workers are processes of this machine, or ranks under mpirun.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "sim/explore/sweep_spec.h"

namespace CLI {
class App;
}

namespace npu::sim {

struct SweepExecution {
  std::string out;
  std::string store;  ///< empty: results.sqlite in `out`
  std::string engine = "estimate";
  int jobs = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  bool resume = false;
  bool no_confirm = false;
  bool quiet = false;
};

struct SweepJob {
  std::function<SweepSpec()> specification;  ///< called once
  SweepExecution execution;
  std::function<void()> finished;  ///< may be empty
};

/// One after the other. Under mpirun rank 0 does what is here and the other ranks evaluate points. Returns
/// the worst exit code. Throws ConfigError (specification), InputError (files, store, workers).
int execute_sweeps(const std::vector<SweepJob>& jobs);

void add_execution_options(CLI::App& command, SweepExecution& options);

}  // namespace npu::sim
