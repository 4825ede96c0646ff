// Typed, strict reading of JSON objects: every fault is one ConfigError with file, JSON pointer, found and
// expected; keys nobody asked for are errors; duplicate keys are errors.
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hw/common/error.h"

namespace npu {

/// Parses JSON text (no comments); `file` is used in messages only. Throws ConfigError with line and column.
nlohmann::json parse_json(const std::string& text, const std::string& file);
nlohmann::json read_json_file(const std::filesystem::path& path);

/// A view of one JSON object. Read every expected key, then call finish().
class JsonReader {
 public:
  /// Throws ConfigError unless `value` is an object. `value` must outlive the reader.
  JsonReader(std::string file, const nlohmann::json& value, std::string pointer = "");

  bool has(const std::string& key) const { return value_.contains(key); }
  JsonReader child(const std::string& key);
  std::vector<JsonReader> children(const std::string& key);  ///< an array of objects
  std::int64_t integer(const std::string& key, std::int64_t minimum, std::int64_t maximum);
  std::int64_t integer_or(const std::string& key, std::int64_t fallback, std::int64_t minimum,
                          std::int64_t maximum);
  double number(const std::string& key, double minimum, double maximum);
  double number_or(const std::string& key, double fallback, double minimum, double maximum);
  bool boolean(const std::string& key);
  bool boolean_or(const std::string& key, bool fallback);
  std::string string(const std::string& key);
  std::string string_or(const std::string& key, const std::string& fallback);
  std::vector<double> numbers(const std::string& key, std::size_t count, double minimum, double maximum);
  std::vector<std::string> strings(const std::string& key);
  /// A value of any type; `expected` is what the message says if the key is missing.
  const nlohmann::json& raw(const std::string& key, const std::string& expected) { return at(key, expected); }

  /// One of the given names, each with its value.
  template <class Value>
  Value choice(const std::string& key, std::initializer_list<std::pair<const char*, Value>> names) {
    return choice(key, std::span(names.begin(), names.size()));
  }
  template <class Value>
  Value choice(const std::string& key, std::span<const std::pair<const char*, Value>> names) {
    const std::string found = string(key);
    std::string expected = "one of";
    for (const auto& [name, value] : names) {
      if (found == name) return value;
      expected += std::string(" '") + name + "'";
    }
    fail(key, "'" + found + "'", expected);
  }

  /// Throws ConfigError for the first key that was never asked for.
  void finish() const;

  /// Throws a ConfigError at `key` of this object ("" for the object itself).
  [[noreturn]] void fail(const std::string& key, const std::string& found, const std::string& expected) const;

  const std::string& file() const { return file_; }
  const std::string& pointer() const { return pointer_; }

 private:
  const nlohmann::json& at(const std::string& key, const std::string& expected);
  std::string pointer_to(const std::string& key) const;

  std::string file_;
  const nlohmann::json& value_;
  std::string pointer_;
  std::set<std::string> used_;
};

}  // namespace npu
