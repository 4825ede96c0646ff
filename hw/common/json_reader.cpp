#include "hw/common/json_reader.h"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>

#include "hw/common/file.h"

namespace npu {
namespace {

constexpr std::int64_t kJsonLimitBytes = std::int64_t{256} << 20;
constexpr std::size_t kShownCharacters = 60;

std::string describe(const nlohmann::json& value) {
  std::string text = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (text.size() > kShownCharacters) text = text.substr(0, kShownCharacters) + "...";
  return fmt::format("{} {}", value.type_name(), text);
}

std::string escape_pointer_token(const std::string& token) {
  std::string escaped;
  for (const char c : token) {
    if (c == '~') {
      escaped += "~0";
    } else if (c == '/') {
      escaped += "~1";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

// Refuses duplicate keys, and nesting deep enough to endanger the parser's stack.
class StrictParse {
 public:
  explicit StrictParse(std::string file) : file_(std::move(file)) {}

  bool operator()(int depth, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
    using Event = nlohmann::json::parse_event_t;
    constexpr int kDepthLimit = 64;
    if (depth > kDepthLimit) {
      throw ConfigError(file_, "", "nesting deeper than 64 levels", "a flatter document");
    }
    if (event == Event::object_start || event == Event::array_start) {
      count_element();
      levels_.push_back({event == Event::array_start, 0, "", {}});
    }
    if (event == Event::value) count_element();
    if (event == Event::object_end || event == Event::array_end) levels_.pop_back();
    if (event == Event::key) {
      auto& level = levels_.back();
      level.key = parsed.get<std::string>();
      if (!level.keys.insert(level.key).second) {
        throw ConfigError(file_, pointer(), "the key twice in one object", "each key once");
      }
    }
    return true;
  }

 private:
  // One open object or array around the value being read.
  struct Level {
    bool array = false;
    std::size_t elements = 0;
    std::string key;
    std::set<std::string> keys;
  };

  void count_element() {
    if (!levels_.empty() && levels_.back().array) ++levels_.back().elements;
  }

  std::string pointer() const {
    std::string text;
    for (const auto& level : levels_) {
      text += "/" + (level.array ? std::to_string(level.elements - 1) : escape_pointer_token(level.key));
    }
    return text;
  }

  std::string file_;
  std::vector<Level> levels_;
};

// Edits (insert, remove, replace a letter) from one word to another.
std::size_t distance(const std::string& from, const std::string& to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

// The known key that `key` is a slip of, at most three letters off; empty if none is.
std::string nearest(const std::string& key, const std::set<std::string>& known) {
  constexpr std::size_t kSlip = 3;
  std::string best;
  std::size_t least = std::min(kSlip, key.size() / 2) + 1;
  for (const auto& candidate : known) {
    const std::size_t edits = distance(key, candidate);
    if (edits < least) {
      least = edits;
      best = candidate;
    }
  }
  return best;
}

std::string line_and_column(const std::string& text, std::size_t byte) {
  std::size_t line = 1;
  std::size_t column = 1;
  for (std::size_t i = 0; i + 1 < byte && i < text.size(); ++i) {
    column = text[i] == '\n' ? 1 : column + 1;
    line += text[i] == '\n' ? 1 : 0;
  }
  return fmt::format("line {}, column {}", line, column);
}

}  // namespace

nlohmann::json parse_json(const std::string& text, const std::string& file) {
  try {
    return nlohmann::json::parse(text, StrictParse(file));
  } catch (const nlohmann::json::parse_error& error) {
    throw ConfigError(file, "", "malformed text at " + line_and_column(text, error.byte), "valid JSON");
  } catch (const nlohmann::json::out_of_range&) {
    throw ConfigError(file, "", "a number beyond the range of double precision",
                      "numbers that a double can hold");
  }
}

nlohmann::json read_json_file(const std::filesystem::path& path) {
  return parse_json(read_text_file(path, kJsonLimitBytes), path.string());
}

JsonReader::JsonReader(std::string file, const nlohmann::json& value, std::string pointer)
    : file_(std::move(file)), value_(value), pointer_(std::move(pointer)) {
  if (!value_.is_object()) throw ConfigError(file_, pointer_, describe(value_), "an object");
}

std::string JsonReader::pointer_to(const std::string& key) const {
  return key.empty() ? pointer_ : pointer_ + "/" + escape_pointer_token(key);
}

void JsonReader::fail(const std::string& key, const std::string& found, const std::string& expected) const {
  throw ConfigError(file_, pointer_to(key), found, expected);
}

const nlohmann::json& JsonReader::at(const std::string& key, const std::string& expected) {
  used_.insert(key);
  const auto found = value_.find(key);
  if (found == value_.end()) {
    std::set<std::string> others;
    for (const auto& [other, value] : value_.items()) {
      if (used_.count(other) == 0) others.insert(other);
    }
    const std::string near = nearest(key, others);
    fail(key, near.empty() ? "no such key" : "no such key but '" + near + "'", expected);
  }
  return *found;
}

JsonReader JsonReader::child(const std::string& key) {
  return JsonReader(file_, at(key, "an object"), pointer_to(key));
}

std::vector<JsonReader> JsonReader::children(const std::string& key) {
  const auto& array = at(key, "an array of objects");
  if (!array.is_array()) fail(key, describe(array), "an array of objects");
  std::vector<JsonReader> readers;
  for (std::size_t i = 0; i < array.size(); ++i) {
    readers.emplace_back(file_, array[i], fmt::format("{}/{}", pointer_to(key), i));
  }
  return readers;
}

std::int64_t JsonReader::integer(const std::string& key, std::int64_t minimum, std::int64_t maximum) {
  const std::string expected = fmt::format("an integer from {} to {}", minimum, maximum);
  const auto& value = at(key, expected);
  if (!value.is_number_integer()) fail(key, describe(value), expected);
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX)) {
    fail(key, describe(value), expected);
  }
  const auto number = value.get<std::int64_t>();
  if (number < minimum || number > maximum) fail(key, describe(value), expected);
  return number;
}

std::int64_t JsonReader::integer_or(const std::string& key, std::int64_t fallback, std::int64_t minimum,
                                    std::int64_t maximum) {
  return has(key) ? integer(key, minimum, maximum) : fallback;
}

double JsonReader::number(const std::string& key, double minimum, double maximum) {
  const std::string expected = fmt::format("a number from {} to {}", minimum, maximum);
  const auto& value = at(key, expected);
  if (!value.is_number()) fail(key, describe(value), expected);
  const auto number = value.get<double>();
  if (!(number >= minimum && number <= maximum)) fail(key, describe(value), expected);
  return number;
}

double JsonReader::number_or(const std::string& key, double fallback, double minimum, double maximum) {
  return has(key) ? number(key, minimum, maximum) : fallback;
}

bool JsonReader::boolean(const std::string& key) {
  const auto& value = at(key, "true or false");
  if (!value.is_boolean()) fail(key, describe(value), "true or false");
  return value.get<bool>();
}

bool JsonReader::boolean_or(const std::string& key, bool fallback) {
  return has(key) ? boolean(key) : fallback;
}

std::string JsonReader::string(const std::string& key) {
  const auto& value = at(key, "a string");
  if (!value.is_string()) fail(key, describe(value), "a string");
  return value.get<std::string>();
}

std::string JsonReader::string_or(const std::string& key, const std::string& fallback) {
  return has(key) ? string(key) : fallback;
}

std::vector<double> JsonReader::numbers(const std::string& key, std::size_t count, double minimum,
                                        double maximum) {
  const std::string expected = fmt::format("an array of {} numbers from {} to {}", count, minimum, maximum);
  const auto& array = at(key, expected);
  if (!array.is_array() || array.size() != count) fail(key, describe(array), expected);
  std::vector<double> values;
  for (const auto& value : array) {
    if (!value.is_number() || !(value.get<double>() >= minimum && value.get<double>() <= maximum)) {
      fail(key, describe(array), expected);
    }
    values.push_back(value.get<double>());
  }
  return values;
}

std::vector<std::string> JsonReader::strings(const std::string& key) {
  const auto& array = at(key, "an array of strings");
  if (!array.is_array()) fail(key, describe(array), "an array of strings");
  std::vector<std::string> values;
  for (const auto& value : array) {
    if (!value.is_string()) fail(key, describe(array), "an array of strings");
    values.push_back(value.get<std::string>());
  }
  return values;
}

void JsonReader::finish() const {
  for (const auto& [key, value] : value_.items()) {
    if (used_.count(key) > 0) continue;
    const std::string near = nearest(key, used_);
    fail(key, "an unknown key", near.empty() ? "only the documented keys" : "perhaps '" + near + "'");
  }
}

}  // namespace npu
