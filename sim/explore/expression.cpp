#include "sim/explore/expression.h"

#include <fmt/format.h>
#include <muParser.h>

#include <algorithm>
#include <cmath>

#include "hw/common/error.h"

namespace npu::sim {

struct Expression::Implementation {
  std::string text;
  std::string file;
  std::string pointer;
  std::vector<std::string> variables;
  std::vector<double> values;  // as variables; the parser holds their addresses
  mu::Parser parser;
};

namespace {

constexpr const char* kNameCharacters = "0123456789_.abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

double round_down(double value) { return std::floor(value); }
double round_up(double value) { return std::ceil(value); }

}  // namespace

Expression::Expression(std::string text, std::string file, std::string pointer)
    : implementation_(std::make_unique<Implementation>()) {
  auto& self = *implementation_;
  self.text = std::move(text);
  self.file = std::move(file);
  self.pointer = std::move(pointer);
  try {
    self.parser.DefineNameChars(kNameCharacters);
    self.parser.DefineFun("floor", round_down);
    self.parser.DefineFun("ceil", round_up);
    self.parser.SetExpr(self.text);
    for (const auto& used : self.parser.GetUsedVar()) self.variables.push_back(used.first);
    std::sort(self.variables.begin(), self.variables.end());
    self.values.resize(self.variables.size());
    for (std::size_t index = 0; index < self.variables.size(); ++index) {
      self.parser.DefineVar(self.variables[index], &self.values[index]);
    }
    self.parser.Eval();  // the parser compiles, and finds most faults, at the first evaluation
  } catch (const mu::Parser::exception_type& error) {
    throw ConfigError(self.file, self.pointer, fmt::format("'{}' ({})", self.text, error.GetMsg()),
                      "an expression such as \"pe_array.rows * 2\" or \"pe_count <= 256\"");
  }
}

Expression::~Expression() = default;
Expression::Expression(Expression&&) noexcept = default;
Expression& Expression::operator=(Expression&&) noexcept = default;

const std::string& Expression::text() const { return implementation_->text; }
const std::vector<std::string>& Expression::variables() const { return implementation_->variables; }

double Expression::evaluate(const std::function<double(const std::string&)>& value_of) const {
  auto& self = *implementation_;
  for (std::size_t index = 0; index < self.variables.size(); ++index) {
    self.values[index] = value_of(self.variables[index]);
  }
  double result = std::nan("");
  try {
    result = self.parser.Eval();
  } catch (const mu::Parser::exception_type&) {  // leaves the result not finite
  }
  if (std::isfinite(result)) return result;
  std::string inputs;
  for (std::size_t index = 0; index < self.variables.size(); ++index) {
    inputs +=
        fmt::format("{}{} = {}", index == 0 ? " with " : ", ", self.variables[index], self.values[index]);
  }
  throw ConfigError(self.file, self.pointer,
                    fmt::format("'{}', which has no finite value{}", self.text, inputs),
                    "an expression with a finite value at every point");
}

void Expression::require_known(const std::vector<std::string>& known) const {
  for (const std::string& name : variables()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    throw ConfigError(implementation_->file, implementation_->pointer,
                      fmt::format("unknown name '{}' in '{}'", name, text()),
                      fmt::format("one of {}", fmt::join(known, ", ")));
  }
}

}  // namespace npu::sim
