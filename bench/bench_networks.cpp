// How fast the tool is on a whole network: MobileNet v2 at 224x224 (built-in weights) on the default machine.
// Prints one table with the goals. What it does not measure: accuracy, and single kernels (bench_kernels
// does).
#include <fmt/core.h>
#include <omp.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <thread>
#include <vector>

#include "compiler/data/image_set.h"
#include "hw/common/error.h"
#include "sim/cli/config_files.h"
#include "sim/cli/host_data.h"
#include "sim/cli/prepare.h"
#include "sim/engines/functional/functional_engine.h"
#include "sim/engines/systemc/systemc_engine.h"
#include "sim/report/version.h"

namespace npu::bench {
namespace {

constexpr const char* kNetwork = "mobilenet_v2_1.0";
constexpr int kCompileRuns = 3;
constexpr int kSystemcRuns = 5;
constexpr int kFunctionalRuns = 5;
constexpr int kImagesPerRun = 8;

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Keeps this process and the processes it starts on one core while it lives.
class OneCore {
 public:
  OneCore() {
    NPU_CHECK(::sched_getaffinity(0, sizeof(before_), &before_) == 0, "affinity cannot be read");
    cpu_set_t one;
    CPU_ZERO(&one);
    for (int core = 0; core < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++core) {
      if (CPU_ISSET(core, &before_)) CPU_SET(core, &one);
    }
    NPU_CHECK(::sched_setaffinity(0, sizeof(one), &one) == 0, "affinity cannot be set");
  }
  ~OneCore() { ::sched_setaffinity(0, sizeof(before_), &before_); }
  OneCore(const OneCore&) = delete;
  OneCore& operator=(const OneCore&) = delete;

 private:
  cpu_set_t before_{};
};

double peak_megabytes(int who) {
  rusage usage{};
  NPU_CHECK(::getrusage(who, &usage) == 0, "resource usage cannot be read");
  return static_cast<double>(usage.ru_maxrss) / 1024.0;  // Linux counts KiB
}

// Images per second of the functional engine with one engine for each thread.
double functional_rate(const hw::Program& program, const std::vector<std::int32_t>& input, int threads) {
  std::vector<std::unique_ptr<sim::FunctionalEngine>> engines;
  for (int thread = 0; thread < threads; ++thread) {
    engines.push_back(std::make_unique<sim::FunctionalEngine>(program));
    engines.back()->run(input);  // weights are repacked once
  }
  std::vector<double> rates;
  for (int run = 0; run < kFunctionalRuns; ++run) {
    const double seconds = seconds_of([&] {
      std::vector<std::thread> workers;
      for (auto& engine : engines) {
        workers.emplace_back([&] {
          omp_set_num_threads(1);
          for (int image = 0; image < kImagesPerRun; ++image) engine->run(input);
        });
      }
      for (auto& worker : workers) worker.join();
    });
    rates.push_back(kImagesPerRun * threads / seconds);
  }
  return median(rates);
}

void print_line(const std::string& what, const std::string& measured, const std::string& goal) {
  fmt::print("{:<58} {:>20}   {}\n", what, measured, goal);
}

void run() {
  const auto arch = hw::load_arch(sim::find_arch(sim::kDefaultArch));
  sim::NetworkOptions options;
  options.network = kNetwork;
  std::vector<double> compile_seconds;
  sim::PreparedProgram prepared;
  for (int run = 0; run < kCompileRuns; ++run) {
    prepared = sim::prepare_network(options, arch, false);
    compile_seconds.push_back(prepared.compile_seconds);
  }
  const auto& program = prepared.program;
  const auto& symbol = program.tensor(program.input);
  const auto input = sim::quantized_input(
      program,
      compiler::synthetic_input({symbol.channels, symbol.height, symbol.width}, sim::synthetic_seed(1, 0)));

  std::vector<double> systemc_seconds;
  Cycles cycles = 0;
  double one_core_rate = 0;
  {
    const OneCore one_core;
    one_core_rate = functional_rate(program, input, 1);
    sim::SystemcOptions systemc;
    systemc.executable = NPUSIM_BINARY;
    for (int run = 0; run < kSystemcRuns; ++run) {
      systemc_seconds.push_back(
          seconds_of([&] { cycles = sim::run_systemc(program, arch, input, systemc).cycles; }));
    }
  }
  const double systemc = median(systemc_seconds);

  fmt::print("npusim {} ({}), {} on {}, kernels {}\n", sim::tool_version(), sim::git_revision(), kNetwork,
             arch.name, hw::kernel_path_name(hw::best_kernel_path()));
  print_line("measure (median)", "measured", "goal");
  print_line("SystemC simulation with data, one core", fmt::format("{:.2f} s", systemc), "< 2 s");
  print_line("simulated cycles per second",
             fmt::format("{:.2f} M", static_cast<double>(cycles) / systemc / 1e6), "");
  print_line("functional engine, one core", fmt::format("{:.1f} images/s", one_core_rate), "> 20 images/s");
  print_line("functional engine, two threads",
             fmt::format("{:.1f} images/s", functional_rate(program, input, 2)), "");
  print_line("compile without calibration", fmt::format("{:.2f} s", median(compile_seconds)), "< 3 s");
  print_line("peak memory: compile, calibrate, functional",
             fmt::format("{:.0f} MB", peak_megabytes(RUSAGE_SELF)), "");
  print_line("peak memory: SystemC worker", fmt::format("{:.0f} MB", peak_megabytes(RUSAGE_CHILDREN)), "");
}

}  // namespace
}  // namespace npu::bench

int main() {
  try {
    npu::bench::run();
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench: {}\n", error.what());
    return 1;
  }
}
