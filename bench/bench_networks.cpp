// How fast the tool is on a whole network: MobileNet v2 at 224x224 (built-in weights) on the default machine.
// Prints one table with the goals. What it does not measure: accuracy, and single kernels (bench_kernels
// does).
#include <fmt/core.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <thread>
#include <vector>

#include "bench/onednn_int8.h"
#include "compiler/codegen/compile.h"
#include "compiler/data/image_set.h"
#include "compiler/passes/pipeline.h"
#include "compiler/quant/quantizer.h"
#include "compiler/quant/shape_graph.h"
#include "hw/common/error.h"
#include "sim/cli/config_files.h"
#include "sim/cli/host_data.h"
#include "sim/cli/prepare.h"
#include "sim/engines/estimate/estimate_engine.h"
#include "sim/engines/functional/functional_engine.h"
#include "sim/engines/systemc/systemc_engine.h"
#include "sim/report/version.h"
#include "workloads/networks.h"

namespace npu::bench {
namespace {

constexpr const char* kNetwork = "mobilenet_v2_1.0";
constexpr int kCompileRuns = 3;
constexpr int kSystemcRuns = 5;
constexpr int kFunctionalRuns = 5;
constexpr int kImagesPerRun = 8;
constexpr int kEstimatedMachines = 60;

// Time of one piece of work: by the clock, and of processors (this process and those it waited for). On a
// busy computer the second says more.
struct Seconds {
  double wall = 0;
  double processor = 0;
};

double processor_seconds() {
  double total = 0;
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage{};
    NPU_CHECK(::getrusage(who, &usage) == 0, "resource usage cannot be read");
    for (const auto& time : {usage.ru_utime, usage.ru_stime}) {
      total += static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    }
  }
  return total;
}

Seconds seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  const double processor_start = processor_seconds();
  work();
  return {std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
          processor_seconds() - processor_start};
}

Seconds median(const std::vector<Seconds>& runs) {
  const auto middle = [&](double Seconds::*member) {
    std::vector<double> values;
    for (const auto& run : runs) values.push_back(run.*member);
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
  };
  return {middle(&Seconds::wall), middle(&Seconds::processor)};
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

// Of this process or the largest SystemC worker. Linux counts KiB; a worker's figure includes its parent's
// pages at the time it was started, so the two cannot be told apart.
double peak_megabytes() {
  double peak = 0;
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage{};
    NPU_CHECK(::getrusage(who, &usage) == 0, "resource usage cannot be read");
    peak = std::max(peak, static_cast<double>(usage.ru_maxrss) / 1024.0);
  }
  return peak;
}

// Seconds for one image of the functional engine with one engine for each thread.
Seconds functional_seconds(const hw::Program& program, const std::vector<std::int32_t>& input, int threads) {
  std::vector<std::unique_ptr<sim::FunctionalEngine>> engines;
  for (int thread = 0; thread < threads; ++thread) {
    engines.push_back(std::make_unique<sim::FunctionalEngine>(program));
    engines.back()->run(input);  // weights are repacked once
  }
  std::vector<Seconds> runs;
  for (int run = 0; run < kFunctionalRuns; ++run) {
    auto seconds = seconds_of([&] {
      std::vector<std::thread> workers;
      for (auto& engine : engines) {
        workers.emplace_back([&] {
          for (int image = 0; image < kImagesPerRun; ++image) engine->run(input);
        });
      }
      for (auto& worker : workers) worker.join();
    });
    const double images = kImagesPerRun * threads;
    runs.push_back({seconds.wall / images, seconds.processor / images});
  }
  return median(runs);
}

// Seconds for one image of the same operators in oneDNN's int8 primitives, one thread.
Seconds onednn_seconds(const hw::ArchConfig& arch, const compiler::Graph& canonical,
                       const compiler::Calibration& calibration) {
  const auto quantized = compiler::quantize(canonical, calibration, arch, {});
  OnednnInt8 network(quantized);
  network.run();
  std::vector<Seconds> runs;
  for (int run = 0; run < kFunctionalRuns; ++run) {
    const auto seconds = seconds_of([&] {
      for (int image = 0; image < kImagesPerRun; ++image) network.run();
    });
    runs.push_back({seconds.wall / kImagesPerRun, seconds.processor / kImagesPerRun});
  }
  return median(runs);
}

// Passes, quantiser, schedule, code generation and verification; the calibration is given.
Seconds compile_seconds(const hw::ArchConfig& arch, const compiler::Calibration& calibration) {
  const auto graph = workloads::build_network(kNetwork);
  std::vector<Seconds> runs;
  for (int run = 0; run < kCompileRuns; ++run) {
    runs.push_back(seconds_of([&] {
      compiler::QuantizerOptions options;
      options.shift_bits = arch.compounding.shift_bits;
      const auto quantized = compiler::quantize(compiler::canonicalise(graph), calibration, arch, options);
      NPU_CHECK(!compiler::compile(quantized, arch).instructions.empty(), "nothing was compiled");
    }));
  }
  return median(runs);
}

// Machines that differ in array, register files, buffers and DRAM; no two alike.
std::vector<hw::ArchConfig> distinct_machines(const hw::ArchConfig& base) {
  std::vector<hw::ArchConfig> machines;
  for (int index = 0; index < kEstimatedMachines; ++index) {
    hw::ArchConfig arch = base;
    arch.pe_array.rows = 8 + index % 5 * 6;
    arch.pe_array.columns = 8 + index % 7 * 4;
    arch.pe_array.register_file_entries = 4 + index % 13;
    arch.weight_sram.capacity_bytes = (24 + index) * 1024;
    arch.global_buffer.capacity_bytes = (64 + 3 * index) * 1024;
    arch.dram.latency_cycles = 40 + 3 * index;
    arch.dram.bytes_per_cycle = 8 + index % 11;
    machines.push_back(arch);
  }
  return machines;
}

struct EstimateSeconds {
  Seconds cold;    ///< of one machine never seen before: mapping, instructions, recurrence
  Seconds cached;  ///< of one machine whose layers have been mapped
};

EstimateSeconds estimate_seconds(const std::string& network, const hw::ArchConfig& base) {
  const auto shapes = compiler::shape_graph(compiler::canonicalise(workloads::outline_network(network)));
  const auto machines = distinct_machines(base);
  std::vector<compiler::PlanCache> plans;
  for (const auto& arch : machines) plans.emplace_back(arch, compiler::MapperEffort::kQuick);
  const auto evaluate_all = [&] {
    auto seconds = seconds_of([&] {
      for (std::size_t index = 0; index < machines.size(); ++index) {
        const auto program = compiler::compile_shapes(shapes, machines[index], plans[index]);
        NPU_CHECK(sim::estimate(program, machines[index]).cycles > 0, "nothing was estimated");
      }
    });
    return Seconds{seconds.wall / kEstimatedMachines, seconds.processor / kEstimatedMachines};
  };
  const Seconds cold = evaluate_all();
  return {cold, evaluate_all()};
}

Seconds systemc_seconds(const hw::Program& program, const hw::ArchConfig& arch,
                        const std::vector<std::int32_t>& input, Cycles& cycles) {
  sim::SystemcOptions options;
  options.executable = NPUSIM_BINARY;
  std::vector<Seconds> runs;
  for (int run = 0; run < kSystemcRuns; ++run) {
    runs.push_back(seconds_of([&] { cycles = sim::run_systemc(program, arch, input, options).cycles; }));
  }
  return median(runs);
}

void print_line(const std::string& what, const std::string& wall, const std::string& processor,
                const std::string& goal) {
  fmt::print("{:<46} {:>16} {:>16}   {}\n", what, wall, processor, goal);
}

void run() {
  const auto arch = hw::load_arch(sim::find_arch(sim::kDefaultArch));
  sim::NetworkOptions options;
  options.network = kNetwork;
  const auto prepared = sim::prepare_network(options, arch, false);
  const auto& program = prepared.program;
  const auto input = sim::synthetic_codes(program, 1);
  Seconds compile, one_thread, onednn, systemc;
  Cycles cycles = 0;
  {
    const OneCore one_core;
    compile = compile_seconds(arch, *prepared.calibration);
    one_thread = functional_seconds(program, input, 1);
    onednn = onednn_seconds(arch, *prepared.float_graph, *prepared.calibration);
    systemc = systemc_seconds(program, arch, input, cycles);
  }
  const auto two_threads = functional_seconds(program, input, 2);

  const auto seconds = [](double value) { return fmt::format("{:.2f} s", value); };
  const auto rate = [](double value) { return fmt::format("{:.1f} images/s", 1.0 / value); };
  const auto cycle_rate = [&](double value) {
    return fmt::format("{:.2f} M/s", static_cast<double>(cycles) / value / 1e6);
  };
  fmt::print("npusim {} ({}), {} on {}, kernels {}, medians\n", sim::tool_version(), sim::git_revision(),
             kNetwork, arch.name, hw::kernel_path_name(hw::best_kernel_path()));
  print_line("", "by the clock", "processor time", "goal");
  print_line("SystemC simulation with data, one core", seconds(systemc.wall), seconds(systemc.processor),
             "< 2 s");
  print_line("simulated cycles", cycle_rate(systemc.wall), cycle_rate(systemc.processor), "");
  print_line("functional engine, one core", rate(one_thread.wall), rate(one_thread.processor),
             "> 20 images/s");
  print_line("functional engine, two threads", rate(two_threads.wall), "", "> 100 images/s");
  print_line("the same operators in oneDNN int8, one core", rate(onednn.wall), rate(onednn.processor), "");
  print_line("  speed of the engine against it", fmt::format("{:.2f}", onednn.wall / one_thread.wall),
             fmt::format("{:.2f}", onednn.processor / one_thread.processor), "");
  print_line("compile without calibration, one core", seconds(compile.wall), seconds(compile.processor),
             "< 3 s");
  for (const char* network : {kNetwork, "sqnxt_23_1.0", "squeezenet_1.0", "alexnet"}) {
    const OneCore one_core;
    const auto estimates = estimate_seconds(network, arch);
    const auto evaluations = [](double value) { return fmt::format("{:.0f} /s", 1.0 / value); };
    print_line(fmt::format("estimates, new machines, {}", network), evaluations(estimates.cold.wall),
               evaluations(estimates.cold.processor), "> 100 /s");
    print_line("  the same with mapped layers", evaluations(estimates.cached.wall),
               evaluations(estimates.cached.processor), "");
  }
  print_line("peak memory of a process", fmt::format("{:.0f} MB", peak_megabytes()), "", "");
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
