// Does the source tree keep to the architecture? Reads every source file of the product.
#include <algorithm>

#include "hw/common/file.h"
#include "tests/layering/layer_rules.h"
#include "tests/layering/source_text.h"
#include "tests/support.h"

namespace npu::tests {
namespace {

struct SourceFile {
  std::string path;  ///< relative to the root
  std::string text;
};

std::vector<SourceFile> product_sources() {
  std::vector<SourceFile> files;
  for (const char* folder : {"hw", "compiler", "sim", "workloads"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(source_folder() / folder)) {
      const auto extension = entry.path().extension();
      if (!entry.is_regular_file() || (extension != ".h" && extension != ".cpp")) continue;
      files.push_back(
          {entry.path().lexically_relative(source_folder()).generic_string(), read_text_file(entry.path())});
    }
  }
  return files;
}

std::string fault(const char* file, const char* include, bool angled = false) {
  return include_fault(file, {include, angled});
}

TEST_CASE("no include line of the product points up or to a forbidden folder") {
  const auto files = product_sources();
  REQUIRE(files.size() > 50);
  std::size_t includes = 0;
  for (const auto& file : files) {
    for (const auto& include : includes_of(file.text)) {
      ++includes;
      const std::string found = include_fault(file.path, include);
      if (!found.empty()) FAIL_CHECK(file.path << " includes " << include.path << ": " << found);
      const bool missing = !include.angled && !std::filesystem::exists(source_folder() / include.path);
      if (missing) FAIL_CHECK(file.path << " includes " << include.path << ", which is not there");
    }
  }
  CHECK(includes > files.size());
}

TEST_CASE("no library ends the process or reads the environment") {
  for (const auto& file : product_sources()) {
    if (!is_library(file.path)) continue;
    const std::string code = code_only(file.text);
    for (const char* name : {"exit", "_exit", "quick_exit", "abort", "terminate", "getenv", "secure_getenv",
                             "setenv", "putenv", "unsetenv"}) {
      if (calls(code, name)) FAIL_CHECK(file.path << " calls " << name << "()");
    }
  }
}

TEST_CASE("headers are included once and name no namespace for others") {
  for (const auto& file : product_sources()) {
    if (!file.path.ends_with(".h")) continue;
    const std::string code = code_only(file.text);
    if (code.find("#pragma once") == std::string::npos) FAIL_CHECK(file.path << " has no #pragma once");
    if (code.find("using namespace") != std::string::npos) FAIL_CHECK(file.path << " says using namespace");
  }
}

TEST_CASE("the rules refuse what they should") {
  CHECK_FALSE(fault("hw/common/a.h", "hw/isa/program.h").empty());
  CHECK_FALSE(fault("hw/isa/a.cpp", "compiler/graph/graph.h").empty());
  CHECK_FALSE(fault("hw/isa/a.cpp", "sim/report/report.h").empty());
  CHECK_FALSE(fault("compiler/graph/a.cpp", "compiler/import/onnx_import.h").empty());
  CHECK_FALSE(fault("compiler/codegen/a.cpp", "hw/kernels/kernels.h").empty());
  CHECK_FALSE(fault("compiler/codegen/a.cpp", "hw/modules/machine.h").empty());
  CHECK_FALSE(fault("workloads/a.cpp", "hw/isa/program.h").empty());
  CHECK_FALSE(fault("workloads/a.cpp", "compiler/passes/pipeline.h").empty());
  CHECK_FALSE(fault("sim/engines/functional/a.cpp", "compiler/graph/graph.h").empty());
  CHECK_FALSE(fault("sim/report/a.cpp", "sim/cli/main.h").empty());
  CHECK_FALSE(fault("hw/isa/a.cpp", "regions.h").empty());
  CHECK_FALSE(fault("hw/isa/a.cpp", "tests/support.h").empty());
  CHECK_FALSE(fault("hw/timing/a.cpp", "systemc", true).empty());
  CHECK_FALSE(fault("sim/engines/functional/a.cpp", "tlm", true).empty());
  CHECK_FALSE(fault("sim/cli/a.cpp", "tlm_utils/simple_target_socket.h", true).empty());
}

TEST_CASE("the rules allow what they should") {
  CHECK(fault("hw/isa/a.cpp", "hw/isa/regions.h").empty());
  CHECK(fault("hw/isa/a.cpp", "hw/common/error.h").empty());
  CHECK(fault("compiler/codegen/a.cpp", "hw/energy/energy_table.h").empty());
  CHECK(fault("compiler/data/a.cpp", "compiler/graph/graph.h").empty());
  CHECK(fault("workloads/a.cpp", "compiler/graph/graph.h").empty());
  CHECK(fault("workloads/a.cpp", "hw/common/error.h").empty());
  CHECK(fault("sim/engines/systemc/a.cpp", "hw/modules/machine.h").empty());
  CHECK(fault("sim/report/a.cpp", "compiler/codegen/compile.h").empty());
  CHECK(fault("sim/cli/main.cpp", "sim/report/report.h").empty());
  CHECK(fault("hw/modules/a.h", "systemc", true).empty());
  CHECK(fault("sim/engines/systemc/a.cpp", "tlm", true).empty());
  CHECK(fault("hw/common/a.cpp", "vector", true).empty());
  CHECK(layer_of("hw/isa/program.h") == "hw/isa");
  CHECK(layer_of("hw/isabella/program.h").empty());
}

TEST_CASE("includes are found in code and not in comments or strings") {
  const auto includes = includes_of(
      "#include \"a/b.h\"\n  #  include <vector>  // why\n// #include \"no.h\"\n/*\n#include \"no.h\"\n*/\n"
      "const char* s = R\"(\n#include \"no.h\"\n)\";\n#define X \"#include\"\n#include \"last.h\"");
  REQUIRE(includes.size() == 3);
  CHECK(includes[0].path == "a/b.h");
  CHECK_FALSE(includes[0].angled);
  CHECK(includes[1].path == "vector");
  CHECK(includes[1].angled);
  CHECK(includes[2].path == "last.h");
}

TEST_CASE("calls are found in code and not in comments, strings, members or longer names") {
  const auto found = [](std::string_view text) { return calls(code_only(text), "exit"); };
  CHECK(found("void f() { exit(1); }"));
  CHECK(found("std::exit (1);"));
  CHECK(found("::exit(1);"));
  CHECK(found("x = 1'000; exit(0); y = 'a';"));
  CHECK(found("\"text\" exit(0)"));
  CHECK_FALSE(found("// exit(1)"));
  CHECK_FALSE(found("/* exit(1) */"));
  CHECK_FALSE(found("\"exit(1)\""));
  CHECK_FALSE(found("R\"x(exit(1))x\""));
  CHECK_FALSE(found("at_exit(f); exiting(1); process.exit(1); p->exit(); my::exit(1);"));
  CHECK_FALSE(found("int exit = 1;"));
  CHECK_FALSE(found("\"\\\"exit(1)\""));
}

}  // namespace
}  // namespace npu::tests
