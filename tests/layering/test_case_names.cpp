// A test case's name must survive CMake lists and the test program's command line: ctest would otherwise run
// it under another name, or not at all.
#include <algorithm>
#include <filesystem>
#include <regex>

#include "hw/common/file.h"
#include "tests/support.h"

namespace npu::tests {
namespace {

std::vector<std::string> test_case_names(const std::string& source) {
  static const std::regex pattern(R"re(TEST_CASE\(\s*"((?:[^"\\]|\\.)*)")re");
  std::vector<std::string> names;
  for (std::sregex_iterator match(source.begin(), source.end(), pattern), end; match != end; ++match) {
    names.push_back((*match)[1]);
  }
  return names;
}

bool survives_ctest(const std::string& name) {
  return !name.empty() && name.front() != '-' && name.find_first_of(";[]") == std::string::npos;
}

}  // namespace

TEST_CASE("Names with list separators, brackets or a leading dash are recognised as unfit") {
  CHECK(survives_ctest("a plain name, with commas: and colons"));
  CHECK_FALSE(survives_ctest("one; two"));
  CHECK_FALSE(survives_ctest("range 0, 1)["));
  CHECK_FALSE(survives_ctest("--option first"));
  CHECK(test_case_names("TEST_CASE(\n    \"split over lines\") {}") ==
        std::vector<std::string>{"split over lines"});
}

TEST_CASE("Every test case has a name that ctest can run it by") {
  int seen = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(source_folder() / "tests")) {
    if (entry.path().extension() != ".cpp" || entry.path().filename() == "test_case_names.cpp") continue;
    for (const auto& name : test_case_names(read_text_file(entry.path()))) {
      INFO(entry.path().filename().string() << ": " << name);
      CHECK(survives_ctest(name));
      ++seen;
    }
  }
  CHECK(seen > 100);
}

}  // namespace npu::tests
