// Does the tool explain itself, and refuse bad input with one clear line and exit code 2?
#include <algorithm>

#include "hw/common/file.h"
#include "sim/cli/config_files.h"
#include "tests/sim/cli/tool.h"
#include "tests/support.h"

namespace npu::tests {
namespace {

using Catch::Contains;

// Runs the tool on bad input: exit code 2, nothing on standard output, one line of error. Returns the line.
std::string refusal(const std::vector<std::string>& arguments) {
  const auto result = run_tool(arguments);
  INFO("output: " << result.output << "\nerrors: " << result.errors);
  REQUIRE(result.exit_code == 2);
  REQUIRE(result.output.empty());
  REQUIRE(std::count(result.errors.begin(), result.errors.end(), '\n') == 1);
  return result.errors;
}

TEST_CASE("every command's --help teaches by example") {
  for (const std::string command :
       {"run", "compile", "disasm", "inspect", "networks", "archs", "accuracy", "sweep"}) {
    const auto result = run_tool({command, "--help"});
    INFO(command << "\n" << result.output);
    REQUIRE(result.exit_code == 0);
    REQUIRE(result.errors.empty());
    REQUIRE_THAT(result.output, Contains("Examples:") && Contains("npusim " + command));
  }
}

TEST_CASE("the top-level help lists the commands and exit codes, but not the worker") {
  const auto result = run_tool({"--help"});
  REQUIRE(result.exit_code == 0);
  REQUIRE_THAT(result.output, Contains("run") && Contains("compile") && Contains("Exit codes"));
  REQUIRE_THAT(result.output, !Contains("worker"));
}

TEST_CASE("option --version names version and revision") {
  const auto result = run_tool({"--version"});
  REQUIRE(result.exit_code == 0);
  REQUIRE_THAT(result.output, Catch::Matches("npusim [0-9.]+ \\(revision [0-9a-z-]+\\)\n"));
}

TEST_CASE("usage errors say where help is") {
  REQUIRE_THAT(refusal({}), Contains("--help"));
  REQUIRE_THAT(refusal({"fly"}), Contains("'fly'") && Contains("--help"));
  REQUIRE_THAT(refusal({"run", "--networkk", "x"}), Contains("npusim run") && Contains("--networkk"));
  REQUIRE_THAT(refusal({"run", "--network", "sqnxt_23v5_1.0", "--engine", "rtl"}), Contains("systemc"));
  REQUIRE_THAT(refusal({"run", "--network", "sqnxt_23v5_1.0", "--shift-bits", "6"}),
               Contains("0") && Contains("5"));
  REQUIRE_THAT(refusal({"run"}), Contains("--network"));
  REQUIRE_THAT(refusal({"compile", "--network", "sqnxt_23v5_1.0"}), Contains("--output"));
  REQUIRE_THAT(refusal({"export", "sqnxt_23v5_1.0", "-o", "net.npu"}), Contains(".onnx"));
  REQUIRE_THAT(refusal({"export", "resnet", "-o", "/tmp/net.onnx"}), Contains("mobilenet_v2_1.0"));
}

TEST_CASE("unknown networks and machines are answered with the known ones") {
  REQUIRE_THAT(refusal({"run", "--network", "resnet"}),
               Contains("sqnxt_23v5_1.0") && Contains("mobilenet_v2_1.0"));
  REQUIRE_THAT(refusal({"run", "--network", "sqnxt_23v5_1.0", "--arch", "tpu"}), Contains("shift_npu"));
}

TEST_CASE("missing files are named") {
  REQUIRE_THAT(refusal({"run", "--network", "no/such.onnx", "--calibration", "synthetic"}),
               Contains("no/such.onnx"));
  REQUIRE_THAT(refusal({"run", "--network", "sqnxt_23v5_1.0", "--arch", "no/such.json"}),
               Contains("no/such.json"));
  REQUIRE_THAT(refusal({"disasm", "no/such.npu"}), Contains("no/such.npu"));
  REQUIRE_THAT(refusal({"inspect", "no/such.npu"}), Contains("no/such.npu"));
  REQUIRE_THAT(refusal({"run", "--program", "no/such.npu"}), Contains("no/such.npu"));
  REQUIRE_THAT(refusal({"run", "--network", "sqnxt_23v5_1.0", "--calibration", "no/such.json"}),
               Contains("no/such.json"));
}

TEST_CASE("a malformed architecture is refused with file, JSON pointer, found and expected") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "machine.json";
  auto text = read_text_file(source_folder() / "configs/arch/shift_npu.json");
  const std::string rows = "\"rows\": 16";
  text.replace(text.find(rows), rows.size(), "\"rows\": 0");
  write_file(file, text);
  REQUIRE_THAT(
      refusal({"run", "--network", "sqnxt_23v5_1.0", "--arch", file.string()}),
      Contains("machine.json") && Contains("/pe_array/rows") && Contains("expected an integer from 1"));
  write_file(file, std::string_view("{ \"schema_version\": 1, "));
  REQUIRE_THAT(refusal({"archs", "--show", file.string()}), Contains("line 1"));
}

TEST_CASE("the description beside a model is never overwritten by what is saved") {
  for (const char* option : {"--save-quantization", "--save-calibration"}) {
    const auto result = run_tool({"compile", "--network", "net.onnx", "-o", "net.npu", option, "./net.json"});
    CHECK(result.exit_code == 2);
    CHECK_THAT(result.errors, Contains(option) && Contains("description") && Contains("another name"));
  }
}

TEST_CASE("a file that is no program is refused") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "text.npu";
  write_file(file, std::string_view("hello"));
  REQUIRE_FALSE(refusal({"inspect", file.string()}).empty());
}

TEST_CASE("an ONNX file without calibration is refused with what to pass") {
  SKIP_WITHOUT_SHARED();
  const auto model = (shared_folder() / "models/mobilenet_v1_0.25_224.onnx").string();
  REQUIRE_THAT(refusal({"run", "--network", model}), Contains("--calibration") && Contains("synthetic"));
}

TEST_CASE("an output folder that cannot be made is refused before anything runs, and nothing is lost") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "results";
  write_file(file, std::string_view("precious"));
  REQUIRE_THAT(refusal({"run", "--network", "sqnxt_23v5_1.0", "--out", file.string()}), Contains("results"));
  REQUIRE_THAT(refusal({"run", "--network", "sqnxt_23v5_1.0", "--out", (file / "below").string()}),
               Contains("results"));
  REQUIRE(read_text_file(file) == "precious");
}

TEST_CASE("the lists name the built-ins") {
  const auto networks = run_tool({"networks"});
  REQUIRE(networks.exit_code == 0);
  REQUIRE_THAT(networks.output, Contains("sqnxt_23v5_1.0") && Contains("mobilenet_v2_1.0"));
  const auto archs = run_tool({"archs"});
  REQUIRE(archs.exit_code == 0);
  REQUIRE_THAT(archs.output, Contains("shift_npu") && Contains("16x16"));
}

TEST_CASE("archs --show prints a configuration that the tool reads back") {
  const TemporaryFolder folder;
  const auto shown = run_tool({"archs", "--show", "shift_npu"});
  REQUIRE(shown.exit_code == 0);
  const auto copy = folder.path() / "copy.json";
  write_file(copy, shown.output);
  REQUIRE(run_tool({"archs", "--show", copy.string()}).output == shown.output);
}

}  // namespace
}  // namespace npu::tests
