#include "sim/report/config_reference.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "hw/common/error.h"
#include "hw/common/json_reader.h"

namespace npu::sim {
namespace {

using nlohmann::json;

// In the order of the document.
constexpr std::array kSchemas{"arch", "energy", "calibration", "quantization", "model", "dataset", "sweep"};

std::string number_text(const json& number) {
  if (number.is_number_integer()) return number.dump();
  return fmt::format("{:g}", number.get<double>());
}

/// The rows of one schema.
class Section {
 public:
  explicit Section(const json& root) : root_(root) {}

  std::string text() {
    rows_ = "| key | values | | meaning |\n|---|---|---|---|\n";
    add_object("", root_);
    return fmt::format("## {}\n\n{}\n\n{}", root_.at("title").get<std::string>(),
                       root_.at("description").get<std::string>(), rows_);
  }

 private:
  // A schema with its reference followed; the description beside the reference wins.
  json resolved(const json& schema) const {
    if (!schema.contains("$ref")) return schema;
    const auto pointer = schema.at("$ref").get<std::string>();
    NPU_CHECK(pointer.starts_with("#"), "a reference into another file");
    json result = root_.at(json::json_pointer(pointer.substr(1)));
    if (schema.contains("description")) result["description"] = schema.at("description");
    return result;
  }

  static std::string range(const json& schema) {
    if (!schema.contains("minimum") || !schema.contains("maximum")) return "";
    return fmt::format(", {} to {}", number_text(schema.at("minimum")), number_text(schema.at("maximum")));
  }

  std::string values(const json& schema) const {
    if (schema.contains("const")) return "`" + schema.at("const").dump() + "`";
    if (schema.contains("enum")) {
      std::string text;
      for (const auto& value : schema.at("enum")) text += (text.empty() ? "`" : ", `") + value.dump() + "`";
      return text;
    }
    const auto type = schema.value("type", std::string());
    if (type == "array") {
      return schema.contains("items") ? "array of " + values(resolved(schema.at("items"))) : "array";
    }
    if (!type.empty()) return type + range(schema);
    std::string text;
    for (const auto& choice : schema.value("anyOf", json::array())) {
      text += (text.empty() ? "" : "; or ") + values(resolved(choice));
    }
    return text;
  }

  // Required, optional, or one of several.
  static std::string presence(const json& object, const std::string& key) {
    const auto lists = [&](const json& schema) {
      const auto required = schema.value("required", json::array());
      return std::find(required.begin(), required.end(), json(key)) != required.end();
    };
    if (lists(object)) return "required";
    json groups = object.value("allOf", json::array());
    groups.push_back(object);
    for (const auto& group : groups) {
      for (const char* choice : {"oneOf", "anyOf"}) {
        const auto choices = group.value(choice, json::array());
        if (std::any_of(choices.begin(), choices.end(), lists)) return "one of several";
      }
    }
    return "optional";
  }

  void add_object(const std::string& path, const json& object) {
    for (const auto& [key, raw] : object.at("properties").items()) {
      const json schema = resolved(raw);
      const std::string at = path + "/" + key;
      rows_ += fmt::format("| `{}` | {} | {} | {} |\n", at, values(schema), presence(object, key),
                           schema.value("description", std::string()));
      if (schema.contains("properties")) add_object(at, schema);
      if (!schema.contains("items")) continue;
      const json item = resolved(schema.at("items"));
      if (item.contains("properties")) add_object(at + "/…", item);
    }
  }

  const json& root_;
  std::string rows_;
};

}  // namespace

std::string config_reference_markdown(const std::filesystem::path& schema_folder) {
  std::string text =
      "# Configuration reference\n\nWritten by `ninja update_docs` from the JSON Schema files in "
      "`configs/schema`, which a test compares with what the tool accepts. In every file an unknown key, a "
      "key given twice or a value of another type is refused with the file, the JSON pointer, what was found "
      "and what was expected. Numbers need no decimal point (`1e9`), integers must have none. `…` stands "
      "for the index of an array's element.\n";
  for (const char* name : kSchemas) {
    const json schema = read_json_file(schema_folder / fmt::format("{}.schema.json", name));
    text += "\n" + Section(schema).text();
  }
  return text;
}

}  // namespace npu::sim
