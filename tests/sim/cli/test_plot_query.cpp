// Do npusim plot and npusim query answer from finished results, and refuse what they cannot?
#include <algorithm>
#include <filesystem>

#include "hw/common/file.h"
#include "sim/plot/plot.h"
#include "tests/sim/cli/tool.h"
#include "tests/support.h"

namespace npu::tests {
namespace {

using Catch::Contains;
namespace fs = std::filesystem;

const char* const kSweep = R"({
  "schema_version": 1, "name": "plots", "architectures": ["shift_npu"],
  "networks": ["sqnxt_23v5_1.0_cifar", "sqnxt_23_1.0_cifar"],
  "axes": [
    {"name": "pe", "values": [8, 16], "set": ["/pe_array/rows", "/pe_array/columns"]},
    {"name": "buffer", "pointer": "/global_buffer/capacity_bytes", "values": [256, 131072]}
  ],
  "objectives": ["cycles", "energy"], "confirmation": {"front": false, "random_points": 1}
})";

fs::path make_sweep(const TemporaryFolder& folder) {
  const auto file = folder.path() / "sweep.json";
  write_file(file, std::string_view(kSweep));
  const auto out = folder.path() / "sweep";
  const auto result = run_tool({"sweep", file, "--out", out, "--quiet"});
  INFO(result.errors);
  REQUIRE(result.exit_code == 0);
  return out;
}

fs::path make_run(const TemporaryFolder& folder, const std::string& network,
                  const std::string& engine = "estimate") {
  const auto out = folder.path() / (network + engine);
  REQUIRE(run_tool(
              {"run", "--network", network, "--engine", engine, "--mapper", "quick", "--out", out, "--quiet"})
              .exit_code == 0);
  return out;
}

std::string one_line_error(const ToolResult& result) {
  INFO(result.output << result.errors);
  CHECK(result.exit_code == 2);
  CHECK(std::count(result.errors.begin(), result.errors.end(), '\n') == 1);
  return result.errors;
}

TEST_CASE("every kind of picture is drawn with its texts") {
  if (!sim::can_draw()) {
    std::puts("SKIPPED: gnuplot is absent");
    return;
  }
  const TemporaryFolder folder;
  const auto first = make_run(folder, "sqnxt_23_1.0_cifar");
  const auto second = make_run(folder, "sqnxt_23v5_1.0_cifar");
  const auto sweep = make_sweep(folder);
  const auto svg_of = [&](std::vector<std::string> words, const std::string& name) {
    const auto base = (folder.path() / name).string();
    words.insert(words.begin(), "plot");
    words.insert(words.end(), {"-o", base + ".svg"});
    const auto result = run_tool(words);
    INFO(result.output << result.errors);
    REQUIRE(result.exit_code == 0);
    CHECK(fs::file_size(base + ".png") > 2000);
    return read_text_file(base + ".svg");
  };
  CHECK_THAT(svg_of({"layers", first}, "layers"),
             Contains("stem") && Contains("weight-stationary") && Contains("MACs of peak (%)"));
  CHECK_THAT(svg_of({"roofline", first}, "roofline"),
             Contains("256 MACs/cycle, 16 bytes/cycle") && Contains("MACs per cycle"));
  CHECK_THAT(svg_of({"memory", first}, "memory"),
             Contains("global_buffer, 131072 bytes") && Contains("thousand cycles"));
  CHECK_THAT(svg_of({"networks", first, second}, "networks"),
             Contains("sqnxt_23v5_1.0_cifar") && Contains("time (ms)") && Contains("pJ"));
  CHECK_THAT(svg_of({"energy", first, second}, "energy"),
             Contains("dram") && Contains("register_file") && Contains("pJ"));
  CHECK_THAT(svg_of({"front", sweep, "--network", "sqnxt_23_1.0_cifar"}, "front"),
             Contains("Pareto front") && Contains("Energy (pJ)"));
  CHECK_THAT(svg_of({"curve", sweep, "--axis", "pe", "--metric", "dram_bytes"}, "curve"),
             Contains("DRAM traffic (bytes)") && Contains("sqnxt_23v5_1.0_cifar"));
  CHECK_THAT(
      svg_of({"curve", sweep, "--axis", "pe", "--by", "buffer", "--network", "sqnxt_23_1.0_cifar"}, "by"),
      Contains("buffer 131072") && Contains("plots: sqnxt_23_1.0_cifar"));
  const auto table = folder.path() / "table.csv";
  write_file(
      table,
      std::string_view("name,top1_percent,seconds,energy\nfirst,59.1,0.0016,2.6\nsecond,59.2,0.00126,2.1\n"));
  const auto accuracy = run_tool(
      {"plot", "accuracy", "--table", table, "--energy-unit", "mJ", "-o", folder.path() / "accuracy"});
  INFO(accuracy.errors);
  REQUIRE(accuracy.exit_code == 0);
  CHECK_THAT(read_text_file(folder.path() / "accuracy_time.svg"),
             Contains("second") && Contains("time (ms)"));
  CHECK_THAT(read_text_file(folder.path() / "accuracy_energy.svg"), Contains("energy (mJ)"));
}

TEST_CASE("pictures that cannot be are refused with the reason") {
  const TemporaryFolder folder;
  const auto sweep = make_sweep(folder);
  const auto run = make_run(folder, "sqnxt_23_1.0_cifar");
  const auto base = (folder.path() / "picture").string();
  CHECK_THAT(one_line_error(run_tool({"plot", "layers", sweep, "-o", base})), Contains("0 runs"));
  CHECK_THAT(one_line_error(run_tool({"plot", "front", run, "-o", base})), Contains("0 sweeps"));
  CHECK_THAT(one_line_error(run_tool({"plot", "front", sweep, "-o", base})),
             Contains("--network") && Contains("sqnxt_23_1.0_cifar"));
  CHECK_THAT(one_line_error(run_tool({"plot", "curve", sweep, "-o", base})), Contains("--axis"));
  CHECK_THAT(one_line_error(run_tool({"plot", "curve", sweep, "--axis", "pie", "-o", base})),
             Contains("'pie'") && Contains("buffer, pe"));
  CHECK_THAT(
      one_line_error(run_tool({"plot", "curve", sweep, "--axis", "pe", "--metric", "speed", "-o", base})),
      Contains("speed") && Contains("cycles"));
  CHECK_THAT(one_line_error(run_tool({"plot", "accuracy", run, "-o", base})), Contains("without accuracy"));
  const auto table = folder.path() / "table.csv";
  write_file(table, std::string_view("name,top1_percent,seconds,energy\nfirst,59.1,fast,2.6\n"));
  CHECK_THAT(one_line_error(run_tool({"plot", "accuracy", "--table", table, "-o", base})),
             Contains("table.csv:2") && Contains("'fast'"));
  write_file(table, std::string_view("name,accuracy\n"));
  CHECK_THAT(one_line_error(run_tool({"plot", "accuracy", "--table", table, "-o", base})),
             Contains("heading"));
  const auto untimed = make_run(folder, "sqnxt_23_1.0_cifar", "functional");
  CHECK_THAT(one_line_error(run_tool({"plot", "layers", untimed, "-o", base})), Contains("functional"));
  CHECK_FALSE(fs::exists(base + ".svg"));
}

TEST_CASE("the store answers its named questions and SQL, and is never written") {
  const TemporaryFolder folder;
  const auto sweep = make_sweep(folder);
  const auto store = sweep / "results.sqlite";
  const auto ask = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"query", store});
    const auto result = run_tool(words);
    INFO(result.errors);
    CHECK(result.exit_code == 0);
    return result.output;
  };
  CHECK_THAT(ask({"sweeps"}), Contains("plots") && Contains("estimate") && Contains("systemc"));
  CHECK_THAT(ask({"points"}), Contains("{\"buffer\":131072,\"pe\":16}") && Contains("rows"));
  CHECK_THAT(ask({"refused"}), Contains("\"buffer\":256") && Contains("refused"));
  CHECK_THAT(ask({"errors"}), Contains("error_percent") && Contains("1 row\n"));
  const std::string csv = ask({"fastest", "--csv"});
  CHECK_THAT(csv, Contains("network,point,axes,cycles,energy\n") && Contains("\"{\"\"buffer\"\":"));
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 3);
  // The front by SQL is the front that the sweep marked.
  const std::string points = read_text_file(sweep / "points.csv");
  std::size_t marked = 0;
  for (std::size_t at = points.find(",1,\n"); at != std::string::npos; at = points.find(",1,\n", at + 1))
    ++marked;
  const std::string front = ask({"front", "--csv"});
  CHECK(static_cast<std::size_t>(std::count(front.begin(), front.end(), '\n')) ==
        marked);  // a heading, and the SystemC row
  CHECK_THAT(ask({"--sql", "SELECT count(*) AS n FROM results;"}), Contains("9"));
  CHECK_THAT(ask({"points", "--limit", "2"}), Contains("2 rows, and more"));

  CHECK_THAT(one_line_error(run_tool({"query", store, "--sql", "DELETE FROM results"})),
             Contains("readonly"));
  CHECK_THAT(one_line_error(run_tool({"query", store, "--sql", "SELECT 1; SELECT 2"})),
             Contains("more than one"));
  CHECK_THAT(one_line_error(run_tool({"query", store, "--sql", "SELECT nothing"})), Contains("nothing"));
  CHECK_THAT(one_line_error(run_tool({"query", store, "best"})), Contains("'best'") && Contains("fastest"));
  CHECK_THAT(one_line_error(run_tool({"query", store})), Contains("--sql"));
  CHECK_THAT(one_line_error(run_tool({"query", folder.path() / "none.sqlite", "points"})),
             Contains("none.sqlite"));
  CHECK_THAT(ask({"--sql", "SELECT count(*) AS n FROM results"}), Contains("9"));
}

}  // namespace
}  // namespace npu::tests
