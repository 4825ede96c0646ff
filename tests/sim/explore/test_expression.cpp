#include "hw/common/error.h"
#include "sim/explore/expression.h"
#include "tests/support.h"

using npu::ConfigError;
using npu::sim::Expression;

namespace {

double evaluate(const std::string& text, double pe = 0) {
  return Expression(text, "sweep.json", "/constraints/0").evaluate([pe](const std::string&) { return pe; });
}

}  // namespace

TEST_CASE("expressions compute and compare") {
  CHECK(evaluate("2 + 3 * 4") == 14);
  CHECK(evaluate("pe * pe * 512", 8) == 32768);
  CHECK(evaluate("ceil(2.2) + floor(2.8)") == 5);
  CHECK(evaluate("pe <= 8 && pe > 2", 8) == 1);
  CHECK(evaluate("pe <= 8", 9) == 0);
}

TEST_CASE("names of expressions may contain dots") {
  const Expression expression("dram.bytes_per_cycle / pe", "sweep.json", "/x");
  CHECK(expression.variables() == std::vector<std::string>{"dram.bytes_per_cycle", "pe"});
  CHECK(expression.evaluate([](const std::string& name) { return name == "pe" ? 2.0 : 16.0; }) == 8);
}

TEST_CASE("a text that is no expression is refused with its place") {
  for (const char* text : {"", "2 +", "(pe", "pe pe", "nonsense(3)", "1 = = 2", "\"text\""}) {
    INFO(text);
    CHECK_THROWS_AS(Expression(text, "sweep.json", "/constraints/0"), ConfigError);
    CHECK_THROWS_WITH(Expression(text, "sweep.json", "/constraints/0"), Catch::Contains("/constraints/0"));
  }
}

TEST_CASE("an expression without a finite value names its inputs") {
  CHECK_THROWS_WITH(evaluate("1 / pe", 0), Catch::Contains("pe = 0"));
  CHECK_THROWS_AS(evaluate("log(pe)", -1), ConfigError);
}

TEST_CASE("an unknown name is refused and the known ones are listed") {
  const Expression expression("pee * 2", "sweep.json", "/axes/0/set");
  CHECK_THROWS_WITH(expression.require_known({"pe", "bandwidth"}),
                    Catch::Contains("'pee'") && Catch::Contains("bandwidth"));
  CHECK_NOTHROW(expression.require_known({"pee"}));
}
