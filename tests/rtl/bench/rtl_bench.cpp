// The RTL's test bench: reads the operands of an export of level unit, drives the Verilated units with them,
// dumps what they give under the names of the expected streams. Knows nothing of the program or of the
// expected values.
//   rtl_bench EXPORT_FOLDER DUMP_FOLDER [--fault N] [--cycles FILE] [--overlap]
// --overlap: an output-stationary convolution begins while the results of the one before leave the array.
#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <functional>
#include <map>
#include <systemc>

#include "hw/common/error.h"
#include "hw/common/file.h"
#include "hw/modules/rtl/rtl_driver.h"
#include "hw/numerics/rounding.h"
#include "hw/timing/conv_phases.h"
#include "sim/golden/diagnosis.h"
#include "sim/golden/layer_streams.h"
#include "sim/golden/stream_writer.h"

namespace npu {
namespace {

using namespace sim::golden;

struct Arguments {
  std::filesystem::path exported, dump, cycles;
  int fault = 0;
  bool overlap = false;
};

/// One stream's values, cut into records.
class Operand {
 public:
  Operand() = default;
  Operand(const Manifest& manifest, const std::filesystem::path& folder, const std::string& name) {
    const Stream* stream = manifest.find(name);
    if (stream == nullptr) return;
    const auto values = read_values(*stream, folder);
    std::size_t at = 0;
    for (const auto& record : stream->records) {
      const auto count = static_cast<std::size_t>(record.elements);
      by_pc_[record.pc].assign(values.begin() + static_cast<std::ptrdiff_t>(at),
                               values.begin() + static_cast<std::ptrdiff_t>(at + count));
      pcs_.push_back(record.pc);
      at += count;
    }
  }
  const std::vector<std::int64_t>& of(std::int64_t pc) const {
    static const std::vector<std::int64_t> kNone;
    const auto found = by_pc_.find(pc);
    return found == by_pc_.end() ? kNone : found->second;
  }
  const std::vector<std::int64_t>& pcs() const { return pcs_; }

 private:
  std::map<std::int64_t, std::vector<std::int64_t>> by_pc_;
  std::vector<std::int64_t> pcs_;
};

std::int64_t as_signed(std::int64_t word) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(word));
}

// Words of docs/golden_outputs.md, "conv config".
hw::Conv conv_of(const std::vector<std::int64_t>& w) {
  hw::Conv conv;
  conv.in_channels = w[3];
  conv.out_height = w[4];
  conv.out_width = w[5];
  conv.out_channels = w[6];
  conv.kernel_height = w[7];
  conv.kernel_width = w[8];
  conv.stride_height = w[9];
  conv.stride_width = w[10];
  conv.depthwise = w[11];
  conv.dataflow = w[12];
  conv.first = w[13];
  conv.last = w[14];
  conv.leaky = w[15];
  conv.multiplier = w[16];
  conv.shift = w[17];
  conv.negative_multiplier = w[18];
  conv.negative_shift = w[19];
  conv.in_zero_point = as_signed(w[20]);
  conv.out_zero_point = as_signed(w[21]);
  conv.low = as_signed(w[22]);
  conv.high = as_signed(w[23]);
  conv.weight_zero_point = as_signed(w[24]);
  conv.per_channel_multiplier = w[26];
  return conv;
}

hw::Vector vector_of(const std::vector<std::int64_t>& w) {
  hw::Vector vector;
  vector.operation = w[1];
  vector.out_height = w[4];
  vector.out_width = w[5];
  vector.channels = w[6];
  vector.a_multiplier = w[13];
  vector.b_multiplier = w[14];
  vector.shift = w[15];
  vector.a_zero_point = as_signed(w[16]);
  vector.b_zero_point = as_signed(w[17]);
  vector.out_zero_point = as_signed(w[18]);
  vector.low = as_signed(w[19]);
  vector.high = as_signed(w[20]);
  return vector;
}

class Bench : public sc_core::sc_module {
 public:
  Bench(const sc_core::sc_module_name& name, const Arguments& arguments)
      : sc_module(name),
        arguments_(arguments),
        manifest_(read_manifest(arguments.exported / kManifestFile)),
        units_(hw::make_rtl_units("rtl_units")) {
    SC_HAS_PROCESS(Bench);
    SC_THREAD(run);
  }
  const std::string& problem() const { return problem_; }

 private:
  void run() {
    try {
      units_->inject(arguments_.fault);
      std::map<std::int64_t, std::string> folders;
      for (const auto& stream : manifest_.streams) {
        const auto path = std::filesystem::path(stream.name);
        const bool config =
            path.filename() == "operand_conv_config" || path.filename() == "operand_vector_config";
        if (config) folders[stream.layer] = path.parent_path().string();
      }
      for (const auto& [layer, folder] : folders) run_layer(folder);
      if (!arguments_.cycles.empty()) write_file(arguments_.cycles, cycles_);
    } catch (const Error& error) {
      problem_ = error.what();
    }
    sc_core::sc_stop();
  }

  Operand operand(const std::string& folder, const char* name) const {
    return Operand(manifest_, arguments_.exported, folder + "/" + name);
  }

  void run_layer(const std::string& folder) {
    std::map<std::string, StreamWriter> writers;
    const auto dump = [&](const char* name, std::int64_t pc, std::span<const std::uint8_t> bytes) {
      const Stream* expected = manifest_.find(folder + "/" + name);
      if (expected == nullptr) throw InputError(folder, std::string("the export has no stream ") + name);
      auto found = writers.find(name);
      if (found == writers.end()) {
        Stream stream = *expected;
        stream.records.clear();
        stream.files.clear();
        stream.payload_bytes = 0;
        found = writers.emplace(name, StreamWriter(arguments_.dump, stream, true, false)).first;
      }
      found->second.append(pc, bytes);
    };
    run_convs(folder, dump);
    run_vectors(folder, dump);
    for (auto& [name, writer] : writers) writer.finish();
  }

  using Dump = std::function<void(const char*, std::int64_t, std::span<const std::uint8_t>)>;

  // The parameter block as the weight SRAM holds it: biases, then nibbles.
  std::vector<std::uint8_t> parameters(const hw::MachineFormat& format,
                                       const std::vector<std::int64_t>& biases,
                                       const std::vector<std::int64_t>& shifts) const {
    auto block = little_endian(biases, format.accumulator_bytes());
    for (std::size_t channel = 0; channel < shifts.size(); channel += 2) {
      const std::int64_t high = channel + 1 < shifts.size() ? shifts[channel + 1] : 0;
      block.push_back(static_cast<std::uint8_t>(shifts[channel] | (high << 4)));
    }
    return block;
  }

  struct Work {
    std::int64_t pc = 0;
    hw::Conv conv;
    std::vector<std::uint8_t> activations, weights;
  };

  std::vector<hw::RtlSums> run_arrays(const std::vector<Work>& works) {
    std::vector<hw::RtlConv> convs;
    for (const Work& work : works) convs.push_back({work.conv, work.activations, work.weights});
    const bool all_os = std::ranges::all_of(works, [](const Work& work) { return work.conv.dataflow != 0; });
    if (arguments_.overlap && all_os) return hw::run_output_stationary(*units_, convs);
    std::vector<hw::RtlSums> results;
    for (const auto& conv : convs) results.push_back(hw::run_array(*units_, conv));
    return results;
  }

  void run_convs(const std::string& folder, const Dump& dump) {
    const Operand config = operand(folder, "operand_conv_config"), x = operand(folder, "operand_activations"),
                  w = operand(folder, "operand_weights"), biases = operand(folder, "operand_biases"),
                  shifts = operand(folder, "operand_shifts"),
                  earlier = operand(folder, "operand_partial_sums");
    hw::MachineFormat format;
    format.accumulator_bits = manifest_.numbers.accumulator_bits;
    format.shift_bits = manifest_.numbers.shift_bits;
    format.rounding = manifest_.numbers.rounding;
    std::vector<Work> works;
    for (const std::int64_t pc : config.pcs()) {
      works.push_back({pc, conv_of(config.of(pc)), little_endian(x.of(pc), 1), little_endian(w.of(pc), 1)});
      if (!hw::rtl_runs(works.back().conv, format))
        throw InputError(folder, "holds a convolution that this RTL cannot run");
    }
    std::vector<hw::RtlSums> results = run_arrays(works);
    const std::vector<Cycles> formula = formula_cycles(works);
    for (std::size_t index = 0; index < works.size(); ++index) {
      const auto& [pc, conv, activations, weights] = works[index];
      auto& sums = results[index].sums;
      for (std::size_t at = 0; at < sums.size(); ++at) {
        if (conv.first == 0) sums[at] = hw::wrap(sums[at] + earlier.of(pc)[at], format.accumulator_bits);
      }
      dump("accumulators", pc, little_endian(sums, format.accumulator_bytes()));
      cycles_ += fmt::format("{},{},{},{},{}\n", folder, pc, conv.dataflow == 0 ? "ws" : "os",
                             results[index].cycles, formula[index]);
      if (conv.last == 0) continue;
      const auto block = parameters(format, biases.of(pc), shifts.of(pc));
      dump("tile_conv_output", pc, hw::run_compounding(*units_, conv, format, sums, block).bytes);
    }
  }

  void run_vectors(const std::string& folder, const Dump& dump) {
    const Operand config = operand(folder, "operand_vector_config"), a = operand(folder, "operand_a"),
                  b = operand(folder, "operand_b");
    for (const std::int64_t pc : config.pcs()) {
      const hw::Vector vector = vector_of(config.of(pc));
      const auto operation = static_cast<hw::VectorOp>(vector.operation);
      if (operation != hw::VectorOp::kAdd && operation != hw::VectorOp::kRescale)
        continue;  // no RTL of pools here
      dump("tile_vector_output", pc,
           hw::run_add(*units_, vector, manifest_.numbers.rounding, little_endian(a.of(pc), 1),
                       little_endian(b.of(pc), 1))
               .bytes);
    }
  }

  // Of each convolution: alone, or with --overlap from its beginning to that of the next, behind whose loads
  // its results leave (hw/timing/conv_phases.h).
  std::vector<Cycles> formula_cycles(const std::vector<Work>& works) const {
    const hw::ArchConfig arch = hw::load_arch(arguments_.exported / kArchFile);
    std::vector<Cycles> cycles;
    hw::ConvPhases before;
    for (const Work& work : works) {
      const hw::ConvPhases phases = hw::conv_phases(hw::conv_work(work.conv), arch);
      cycles.push_back(phases.alone());
      if (arguments_.overlap && before.leaving > 0 && phases.head.channels > 0) {
        cycles[cycles.size() - 2] -= before.leaving;
        cycles.back() += hw::hand_over(before.leaving, phases.head).exposed;
      }
      before = phases;
    }
    return cycles;
  }

  Arguments arguments_;
  Manifest manifest_;
  std::unique_ptr<hw::RtlUnits> units_;
  std::string problem_;
  std::string cycles_ = "layer,pc,dataflow,rtl_cycles,formula_cycles\n";
};

bool parse(int count, char** values, Arguments& arguments) {
  if (count < 3) return false;
  arguments.exported = values[1];
  arguments.dump = values[2];
  for (int index = 3; index < count; ++index) {
    const bool followed = index + 1 < count;
    if (std::strcmp(values[index], "--overlap") == 0)
      arguments.overlap = true;
    else if (followed && std::strcmp(values[index], "--fault") == 0)
      arguments.fault = std::atoi(values[++index]);
    else if (followed && std::strcmp(values[index], "--cycles") == 0)
      arguments.cycles = values[++index];
    else
      return false;
  }
  return true;
}

int bench_main(int count, char** values) {
  Arguments arguments;
  if (!parse(count, values, arguments)) {
    fmt::print(stderr,
               "usage: rtl_bench EXPORT_FOLDER DUMP_FOLDER [--fault N] [--cycles FILE] [--overlap]\n");
    return 2;
  }
  sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
  try {
    Bench bench("bench", arguments);
    sc_core::sc_start();
    if (bench.problem().empty()) return 0;
    fmt::print(stderr, "rtl_bench: {}\n", bench.problem());
  } catch (const std::exception& error) {
    fmt::print(stderr, "rtl_bench: {}\n", error.what());
  }
  return 2;
}

}  // namespace
}  // namespace npu

int main(int count, char** values) { return npu::bench_main(count, values); }
