// Arithmetic and comparisons over named numbers ("pe * pe * 512", "pe_count <= 256"), as sweep files use them
// for linked values and constraints. Syntax: muParser's, plus floor() and ceil(); names may contain dots.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace npu::sim {

/// One compiled expression. Not safe for two threads at once.
class Expression {
 public:
  /// `file` and `pointer` say where the text stands. Throws ConfigError if it is no expression.
  Expression(std::string text, std::string file, std::string pointer);
  ~Expression();
  Expression(Expression&&) noexcept;
  Expression& operator=(Expression&&) noexcept;

  const std::string& text() const;
  /// Names that the expression reads, sorted.
  const std::vector<std::string>& variables() const;

  /// `value_of` gives the number of a name of variables(). Throws ConfigError if the result is not finite.
  double evaluate(const std::function<double(const std::string&)>& value_of) const;

  /// Throws ConfigError naming the first variable that is not in `known`, and what is.
  void require_known(const std::vector<std::string>& known) const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace npu::sim
