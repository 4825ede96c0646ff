// Every command that writes, on a disk that is full and in a folder that takes nothing: the exit code and the
// message say so, what was there before is still there, and nothing half-written remains.
#include <algorithm>

#include "hw/common/file.h"
#include "tests/sim/cli/tool.h"
#include "tests/support.h"

namespace npu::tests {
namespace {

using Catch::Contains;
namespace fs = std::filesystem;

constexpr const char* kNetwork = "sqnxt_23v5_1.0_cifar";

struct Writer {
  std::string name;
  std::vector<std::string> arguments;  ///< OUT stands for the folder
  std::vector<std::string> files;      ///< that it writes there
};

std::vector<Writer> writers() {
  return {
      {"compile", {"compile", "--network", kNetwork, "-o", "OUT/net.npu"}, {"net.npu"}},
      {"compile --save-calibration",
       {"compile", "--network", kNetwork, "-o", "/dev/null", "--save-calibration", "OUT/calibration.json"},
       {"calibration.json"}},
      {"compile --save-quantization",
       {"compile", "--network", kNetwork, "-o", "/dev/null", "--save-quantization", "OUT/quantization.json"},
       {"quantization.json"}},
      {"export", {"export", kNetwork, "-o", "OUT/net.onnx"}, {"net.onnx"}},
      {"export --qdq", {"export", kNetwork, "--qdq", "-o", "OUT/net.onnx", "--quiet"}, {"net.onnx"}},
      {"run",
       {"run", "--network", kNetwork, "--engine", "functional", "--quiet", "--out", "OUT"},
       {"report.txt", "result.json", "calibration.json"}},
  };
}

std::vector<std::string> arguments_in(const Writer& writer, const fs::path& folder) {
  std::vector<std::string> arguments = writer.arguments;
  for (std::string& argument : arguments) {
    if (argument.starts_with("OUT")) argument = folder.string() + argument.substr(3);
  }
  return arguments;
}

/// npusim in a shell that sets a limit on the size of files first, in blocks of 512 bytes.
ToolResult run_limited(int blocks, const std::vector<std::string>& arguments) {
  std::vector<std::string> program{
      "/bin/sh", "-c", "ulimit -f " + std::to_string(blocks) + "; exec \"$0\" \"$@\"", NPUSIM_BINARY};
  program.insert(program.end(), arguments.begin(), arguments.end());
  return run_program(program);
}

std::vector<std::string> entries(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

TEST_CASE("a file that the disk has no room for is reported, and the files of an earlier run stay") {
  for (const Writer& writer : writers()) {
    INFO(writer.name);
    const TemporaryFolder folder;
    for (const std::string& file : writer.files)
      write_file(folder.path() / file, std::string_view("earlier"));
    const auto before = entries(folder.path());
    const auto result = run_limited(8, arguments_in(writer, folder.path()));
    INFO(result.errors);
    CHECK(result.exit_code == 2);
    CHECK_THAT(result.errors,
               Contains("cannot be written: File too large") && Contains(folder.path().string()));
    CHECK(entries(folder.path()) == before);
    for (const std::string& file : writer.files) CHECK(read_text_file(folder.path() / file) == "earlier");
  }
}

TEST_CASE("a folder that takes no files is reported before anything is lost") {
  for (const Writer& writer : writers()) {
    INFO(writer.name);
    // Even the superuser can make no file below a file.
    const TemporaryFolder folder;
    const fs::path blocked = folder.path() / "file";
    write_file(blocked, std::string_view("content"));
    const auto result = run_tool(arguments_in(writer, blocked / "below"));
    INFO(result.errors);
    CHECK(result.exit_code == 2);
    CHECK_THAT(result.errors, Contains(blocked.string()));
    CHECK(read_text_file(blocked) == "content");
    CHECK(entries(folder.path()) == std::vector<std::string>{"file"});
  }
}

TEST_CASE("a full device as the output file or as standard output is an error") {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"networks"},
        {"archs"},
        {"--help"},
        {"run", "--network", kNetwork, "--engine", "functional"}}) {
    std::vector<std::string> program{NPUSIM_BINARY};
    program.insert(program.end(), arguments.begin(), arguments.end());
    const auto result = run_program(program, "/dev/full");
    INFO(arguments.front() << ": " << result.errors);
    CHECK(result.exit_code == 2);
    CHECK_FALSE(result.errors.empty());
  }
  const auto result = run_tool({"compile", "--network", kNetwork, "-o", "/dev/full"});
  CHECK(result.exit_code == 2);
  CHECK_THAT(result.errors, Contains("/dev/full: cannot be written: No space left"));
}

}  // namespace npu::tests
