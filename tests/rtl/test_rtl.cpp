// Does the RTL compute what the exports say, does the check find every fault put into it, and does the
// SystemC machine with the RTL inside give the same bytes?
#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "compiler/codegen/compile.h"
#include "hw/common/error.h"
#include "hw/common/file.h"
#include "sim/engines/functional/functional_engine.h"
#include "sim/engines/systemc/systemc_engine.h"
#include "sim/golden/checker.h"
#include "sim/golden/diagnosis.h"
#include "sim/golden/exporter.h"
#include "tests/random_network.h"
#include "tests/rtl/skip.h"
#include "tests/sim/cli/tool.h"

#ifndef NPUSIM_RTL_BENCH
#define NPUSIM_RTL_BENCH ""
#define NPUSIM_VERILATOR ""
#endif

namespace npu {
namespace {

namespace fs = std::filesystem;
using namespace sim::golden;

hw::ArchConfig machine() { return hw::load_arch(tests::source_folder() / "configs/arch/shift_npu.json"); }

// Convolutions of every form, a fully connected layer wider than the array, a residual add, and sums beyond
// 16 bits.
compiler::QuantizedGraph small_network(std::uint64_t seed) {
  tests::NetworkMaker maker(seed, {6, 13, 11});
  tests::NetworkMaker::ConvShape dense;
  dense.out_channels = 19;
  auto x = maker.conv(maker.input(), dense);
  tests::NetworkMaker::ConvShape pointwise{19, 1, 1, 1, 0, 0, 0, 0, 1, false};
  const auto y = maker.conv(x, pointwise);
  x = maker.add(x, y);
  x = maker.depthwise(x, 3, 2);
  tests::NetworkMaker::ConvShape leaky{7, 3, 1, 1, 1, 0, 1, 0, 1, true};
  x = maker.conv(x, leaky);
  x = maker.average_pool(x, 3, 3, 0, false);
  tests::NetworkMaker::ConvShape connected{300, 2, 1, 1, 0, 0, 0, 0, 1, false};
  return maker.finish(maker.conv(x, connected));
}

// Sums and outputs of small_network's convolutions, the add.
constexpr std::int64_t kRtlStreams = 5 * 2 + 1;

struct Exported {
  hw::ArchConfig arch;
  compiler::QuantizedGraph graph;
  hw::Program program;
  std::vector<std::int32_t> input;
  tests::TemporaryFolder folder;
  fs::path golden() const { return folder.path() / "golden"; }
};

std::unique_ptr<Exported> exported(const hw::ArchConfig& arch, std::uint64_t seed) {
  auto made = std::make_unique<Exported>();
  made->arch = arch;
  made->graph = small_network(seed);
  made->graph.rounding = arch.compounding.rounding;
  made->program = compiler::compile(made->graph, arch);
  made->input = tests::random_input(made->graph, seed);
  ExportOptions options;
  options.level = Level::kUnit;
  export_program(made->program, arch, made->input, options, made->golden());
  return made;
}

int run_bench(const Exported& made, const fs::path& dump, int fault) {
  const auto command = fmt::format("'{}' '{}' '{}' --fault {}", NPUSIM_RTL_BENCH, made.golden().string(),
                                   dump.string(), fault);
  return std::system(command.c_str());
}

hw::ArchConfig only(const char* dataflow) {
  auto arch = machine();
  arch.pe_array.weight_stationary = std::string(dataflow) == "ws";
  arch.pe_array.output_stationary = !arch.pe_array.weight_stationary;
  return arch;
}

// The first element of a stream that differs, by reading both files whole.
std::int64_t first_difference(const CheckResult& result) {
  const Stream& stream = *result.first->stream;
  const auto expected = read_file(result.folder / stream.files.front().path);
  const auto found = read_file(result.first->file);
  const auto& record = stream.records.at(static_cast<std::size_t>(result.first->difference.record));
  const std::int64_t begin = record.word * stream.words.word_bytes;
  for (std::int64_t at = begin; at < begin + record.elements * stream.element_bytes; ++at) {
    if (expected.at(static_cast<std::size_t>(at)) != found.at(static_cast<std::size_t>(at))) {
      return (at - begin) / stream.element_bytes;
    }
  }
  return -1;
}

}  // namespace

TEST_CASE("The RTL is free of lint warnings for arrays of 1 to 32") {
  SKIP_WITHOUT_VERILATOR();
  for (const int size : {1, 2, 8, 16, 32}) {
    const std::string folder = std::string(NPUSIM_RTL_FOLDER) + "/rtl";
    const auto command = fmt::format(
        "'{0}' --lint-only -Wall -I'{1}' -GN={2} -GR={3} -GLANES={2} --top-module npu_units "
        "'{1}'/npu_units.sv "
        "'{1}'/npu_pe_array.sv '{1}'/npu_pe.sv '{1}'/npu_compounding.sv '{1}'/npu_scaled_add.sv",
        NPUSIM_VERILATOR, folder, size, std::max(size / 2, 1));
    INFO(command);
    CHECK(std::system(command.c_str()) == 0);
  }
}

TEST_CASE("The RTL's dumps match the export in both dataflows, bit for bit") {
  SKIP_WITHOUT_VERILATOR();
  for (const char* dataflow : {"ws", "os"}) {
    for (const std::uint64_t seed : {1, 2}) {
      INFO(dataflow << ", seed " << seed);
      const auto made = exported(only(dataflow), seed);
      const auto dump = made->folder.path() / "dump";
      REQUIRE(run_bench(*made, dump, 0) == 0);
      const auto result = check_dump(made->golden() / kManifestFile, dump, {});
      CHECK(result.count(StreamStatus::kMismatch) == 0);
      CHECK(result.count(StreamStatus::kUnusable) == 0);
      CHECK(result.count(StreamStatus::kMatch) == kRtlStreams);
    }
  }
}

TEST_CASE("The RTL follows every rounding rule") {
  SKIP_WITHOUT_VERILATOR();
  for (const auto& [name, rule] : hw::kRoundings) {
    INFO(name);
    auto arch = machine();
    arch.compounding.rounding = rule;
    if (rule == hw::Rounding::kGemmlowp) arch.compounding.multiplier_bits = 31;
    const auto made = exported(arch, 3);
    const auto dump = made->folder.path() / "dump";
    REQUIRE(run_bench(*made, dump, 0) == 0);
    const auto result = check_dump(made->golden() / kManifestFile, dump, {});
    CHECK(result.count(StreamStatus::kMismatch) == 0);
    CHECK(result.count(StreamStatus::kMatch) == kRtlStreams);
  }
}

TEST_CASE(
    "Every fault put into the RTL is caught, and the report names the unit and the first wrong element") {
  SKIP_WITHOUT_VERILATOR();
  struct Fault {
    int number;
    const char* dataflow;
    const char* unit;
    const char* guess;  ///< part of one of the guesses; empty: location only
  };
  const std::vector<Fault> faults{
      {1, "ws", "compounding unit", "rounding"},
      {2, "ws", "compounding unit", "nibbles of a channel pair swapped"},
      {3, "ws", "compounding unit", "multiplier taken as signed"},
      {4, "ws", "compounding unit", ""},
      {5, "os", "compounding unit", "bias not added"},
      {6, "ws", "compounding unit", "upper clamp one too low"},
      {7, "os", "compounding unit", "output zero point not added"},
      {8, "ws", "compounding unit", "logical instead of arithmetic"},
      {9, "ws", "compounding unit", "16 bits"},
      {10, "os", "compounding unit", "one too many"},
      {11, "ws", "compounding unit", ""},
      {20, "ws", "PE array", "activations taken as unsigned"},
      {20, "os", "PE array", "activations taken as unsigned"},
      {21, "os", "PE array", "weights taken as unsigned"},
      {22, "os", "PE array", ""},
      {23, "ws", "PE array", ""},
      {24, "ws", "PE array", ""},
      {25, "os", "PE array", ""},
      {26, "os", "PE array", ""},
      {40, "ws", "vector unit", "zero point of b not subtracted"},
      {41, "ws", "vector unit", "rounding"},
  };
  std::map<std::string, std::unique_ptr<Exported>> made;
  for (const char* dataflow : {"ws", "os"}) made[dataflow] = exported(only(dataflow), 5);
  for (const Fault& fault : faults) {
    INFO("fault " << fault.number << ", " << fault.dataflow);
    const Exported& reference = *made[fault.dataflow];
    const auto dump = reference.folder.path() / fmt::format("dump_{}", fault.number);
    REQUIRE(run_bench(reference, dump, fault.number) == 0);
    const auto result = check_dump(reference.golden() / kManifestFile, dump, {});
    REQUIRE(result.first);
    CHECK(result.first->unit == fault.unit);
    CHECK(result.first->difference.element == first_difference(result));
    std::string guesses;
    for (const auto& guess : result.guesses) guesses += guess + "\n";
    INFO(guesses);
    CHECK(guesses.find(fault.guess) != std::string::npos);
  }
}

TEST_CASE("The SystemC machine with the RTL as array, as compounding unit or as both gives the same bytes") {
  SKIP_WITHOUT_VERILATOR();
  for (const char* dataflow : {"ws", "os"}) {
    auto arch = only(dataflow);
    const auto graph = small_network(8);
    const auto program = compiler::compile(graph, arch);
    const auto input = tests::random_input(graph, 8);
    const sim::SystemcOptions options{.executable = NPUSIM_BINARY, .random_stall_seed = 0, .dram_out = {}};
    const auto fast = sim::run_systemc(program, arch, input, options);
    for (const int parts : {1, 2, 3}) {
      INFO(dataflow << ", parts " << parts);
      arch.pe_array.model = (parts & 1) != 0 ? hw::UnitModel::kRtl : hw::UnitModel::kFast;
      arch.compounding.model = (parts & 2) != 0 ? hw::UnitModel::kRtl : hw::UnitModel::kFast;
      const auto rtl = sim::run_systemc(program, arch, input, options);
      CHECK((rtl.output == fast.output));
      CHECK(rtl.cycles > 0);
      if (parts == 2) CHECK(rtl.cycles == fast.cycles);  // within the formula's time
    }
  }
}

TEST_CASE("A machine that the RTL was not built for is refused with the shape it has") {
  auto arch = machine();
  arch.pe_array.model = hw::UnitModel::kRtl;
  const hw::RtlShape built{16, 16, 16, 8, 32};
  CHECK_NOTHROW(hw::require_rtl(arch, built));
  arch.pe_array.rows = 5;
  try {
    hw::require_rtl(arch, built);
    FAIL("5 rows are no 16");
  } catch (const ConfigError& error) {
    CHECK(std::string(error.what()).find("/pe_array/model") != std::string::npos);
    CHECK(std::string(error.what()).find("16x16 PEs with 16 registers") != std::string::npos);
  }
  CHECK_THROWS_AS(hw::require_rtl(arch), ConfigError);
  arch.pe_array.model = hw::UnitModel::kFast;
  CHECK_NOTHROW(hw::require_rtl(arch));
}

TEST_CASE("A build without Verilator refuses the RTL model and says what to do") {
  for (const bool array : {true, false}) {
    auto arch = machine();
    (array ? arch.pe_array.model : arch.compounding.model) = hw::UnitModel::kRtl;
    try {
      hw::require_rtl(arch, std::nullopt);
      FAIL("there is no RTL");
    } catch (const ConfigError& error) {
      const std::string text = error.what();
      CHECK(text.find(array ? "/pe_array/model" : "/compounding/model") != std::string::npos);
      CHECK(text.find("install Verilator") != std::string::npos);
    }
  }
}

// In a build with Verilator the tool simulates, in one without it refuses: both by its command line.
TEST_CASE("The tool with the RTL model runs where Verilator was found, and else ends with the reason") {
  const tests::TemporaryFolder folder;
  auto arch = machine();
  arch.compounding.model = hw::UnitModel::kRtl;
  const auto path = (folder.path() / "machine.json").string();
  write_file(path, hw::arch_to_json(arch).dump());
  const auto made = exported(machine(), 9);
  const auto program = (folder.path() / "net.npu").string();
  write_file(program, hw::serialize(made->program));
  const auto result = tests::run_tool({"run", "--program", program, "--arch", path});
  INFO(result.output << result.errors);
  if (hw::rtl_available()) {
    CHECK(result.exit_code == 0);
  } else {
    CHECK(result.exit_code == 2);
    CHECK(result.errors.find("install Verilator") != std::string::npos);
  }
}

}  // namespace npu
