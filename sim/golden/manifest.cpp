#include "sim/golden/manifest.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "hw/common/error.h"
#include "hw/common/json_reader.h"

namespace npu::sim::golden {
namespace {

using nlohmann::ordered_json;

constexpr const char* kFormatName = "npusim-golden";
constexpr int kSchemaVersion = 1;
constexpr std::int64_t kMaxCount = std::int64_t{1} << 50;

constexpr std::array<std::pair<const char*, Level>, 4> kLevels{
    {{"network", Level::kNetwork}, {"layer", Level::kLayer}, {"tile", Level::kTile}, {"unit", Level::kUnit}}};
constexpr std::array<std::pair<const char*, Content>, 11> kContents{{
    {"memory", Content::kMemory},
    {"operand", Content::kOperand},
    {"weights", Content::kWeights},
    {"activations", Content::kActivations},
    {"accumulators", Content::kAccumulators},
    {"conv_output", Content::kConvOutput},
    {"vector_output", Content::kVectorOutput},
    {"stored", Content::kStored},
    {"layer_output", Content::kLayerOutput},
    {"network_output", Content::kNetworkOutput},
    {"vector_field", Content::kVectorField},
}};

template <class Names, class Value>
const char* name_of(const Names& names, Value value) {
  return names.at(static_cast<std::size_t>(value)).first;
}

ordered_json to_json(const WordFormat& words) {
  return {{"word_bits", words.word_bytes * 8},
          {"endianness", words.big_endian ? "big" : "little"},
          {"element_order", words.high_first ? "high_first" : "low_first"}};
}

WordFormat read_words(JsonReader& reader) {
  WordFormat words;
  const auto bits = reader.integer("word_bits", 8, 8 * kMaxWordBytes);
  if (bits % 8 != 0) reader.fail("word_bits", std::to_string(bits), "a multiple of 8");
  words.word_bytes = static_cast<int>(bits / 8);
  words.big_endian = reader.choice<bool>("endianness", {{"little", false}, {"big", true}});
  words.high_first = reader.choice<bool>("element_order", {{"low_first", false}, {"high_first", true}});
  return words;
}

ordered_json to_json(const ExportedFile& file) {
  return {{"path", file.path}, {"bytes", file.bytes}, {"sha256", file.sha256}};
}

std::vector<ExportedFile> read_files(JsonReader& reader, const std::string& key) {
  std::vector<ExportedFile> files;
  for (auto& entry : reader.children(key)) {
    ExportedFile file;
    file.path = entry.string("path");
    file.bytes = entry.integer("bytes", 0, kMaxCount);
    file.sha256 = entry.string("sha256");
    // A manifest that came from elsewhere must not make us read outside its folder.
    const std::filesystem::path path(file.path);
    const bool climbs = std::find(path.begin(), path.end(), "..") != path.end();
    if (path.is_absolute() || climbs)
      entry.fail("path", "'" + file.path + "'", "a path inside the export's folder");
    entry.finish();
    files.push_back(file);
  }
  return files;
}

ordered_json to_json(const Stream& stream) {
  ordered_json json{{"name", stream.name},
                    {"content", content_name(stream.content)},
                    {"role", stream.expected ? "expected" : "stimulus"},
                    {"layer", stream.layer},
                    {"tensor", stream.tensor},
                    {"element_bytes", stream.element_bytes},
                    {"signed", stream.is_signed}};
  json.update(to_json(stream.words));
  json["payload_bytes"] = stream.payload_bytes;
  // One line each would make most of the file: [pc, first word, elements].
  ordered_json records = ordered_json::array();
  for (const auto& record : stream.records) {
    records.push_back(ordered_json::array({record.pc, record.word, record.elements}));
  }
  json["records"] = records;
  ordered_json files = ordered_json::array();
  for (const auto& file : stream.files) files.push_back(to_json(file));
  json["files"] = files;
  return json;
}

// [[pc, word, elements], ...], in order and inside the payload.
std::vector<Record> read_records(const nlohmann::json& json, const JsonReader& reader, const Stream& stream) {
  const auto refuse = [&] {
    reader.fail("records", "an entry that is no [pc, word, elements] in order inside the payload",
                "consecutive records of the stream");
  };
  std::vector<Record> records;
  if (!json.is_array()) refuse();
  std::int64_t end_bytes = 0;
  for (const auto& entry : json) {
    if (!entry.is_array() || entry.size() != 3) refuse();
    for (const auto& number : entry) {
      if (!number.is_number_integer() || number < -1 || number > kMaxCount) refuse();
    }
    const Record record{entry[0], entry[1], entry[2]};
    if (record.word < 0 || record.elements < 0 || record.word * stream.words.word_bytes < end_bytes) refuse();
    end_bytes = record.word * stream.words.word_bytes + record.elements * stream.element_bytes;
    if (end_bytes > stream.payload_bytes) refuse();
    records.push_back(record);
  }
  return records;
}

const std::set<std::string> kStreamKeys{
    "name",      "content",    "role",          "layer", "tensor",  "signed",       "element_bytes",
    "word_bits", "endianness", "element_order", "files", "records", "payload_bytes"};

Stream read_stream(JsonReader reader, const nlohmann::json& json) {
  Stream stream;
  stream.name = reader.string("name");
  stream.content = reader.choice<Content>("content", kContents);
  stream.expected = reader.choice<bool>("role", {{"expected", true}, {"stimulus", false}});
  stream.layer = reader.integer("layer", -1, kMaxCount);
  stream.tensor = reader.string("tensor");
  stream.element_bytes = static_cast<int>(reader.integer("element_bytes", 1, kMaxWordBytes));
  stream.is_signed = reader.boolean("signed");
  stream.words = read_words(reader);
  stream.payload_bytes = reader.integer("payload_bytes", 0, kMaxCount);
  if (!reader.has("records")) reader.fail("records", "nothing", "an array");
  stream.records = read_records(json.at("records"), reader, stream);
  stream.files = read_files(reader, "files");
  for (const auto& [key, value] : json.items()) {
    if (!kStreamKeys.contains(key)) reader.fail(key, "an unknown key", "only keys of the schema");
  }
  return stream;
}

NumberFormats read_numbers(JsonReader reader) {
  NumberFormats numbers;
  numbers.activation_bits = static_cast<int>(reader.integer("activation_bits", 8, 16));
  numbers.weight_bits = static_cast<int>(reader.integer("weight_bits", 8, 16));
  numbers.accumulator_bits = static_cast<int>(reader.integer("accumulator_bits", 8, 64));
  numbers.shift_bits = static_cast<int>(reader.integer("shift_bits", 0, 8));
  numbers.rounding = reader.choice<hw::Rounding>("rounding", hw::kRoundings);
  reader.finish();
  return numbers;
}

DumpFormat read_dump(JsonReader reader) {
  DumpFormat dump;
  dump.same_words = reader.boolean("same_words");
  dump.words = read_words(reader);
  reader.finish();
  return dump;
}

}  // namespace

const char* level_name(Level level) { return name_of(kLevels, level); }
const char* content_name(Content content) { return name_of(kContents, content); }

const Stream* Manifest::find(const std::string& name) const {
  for (const auto& stream : streams) {
    if (stream.name == name) return &stream;
  }
  return nullptr;
}

std::string manifest_json(const Manifest& manifest) {
  ordered_json json{
      {"format", kFormatName},       {"schema_version", kSchemaVersion},    {"kind", manifest.kind},
      {"network", manifest.network}, {"level", level_name(manifest.level)}, {"seed", manifest.seed}};
  json["program_sha256"] = manifest.program_sha256;
  json["compatibility_hash"] = manifest.compatibility_hash;
  json["arch_hash"] = manifest.arch_hash;
  json["numbers"] = {{"activation_bits", manifest.numbers.activation_bits},
                     {"weight_bits", manifest.numbers.weight_bits},
                     {"accumulator_bits", manifest.numbers.accumulator_bits},
                     {"shift_bits", manifest.numbers.shift_bits},
                     {"rounding", hw::rounding_name(manifest.numbers.rounding)}};
  json["dump"] = ordered_json{{"same_words", manifest.dump.same_words}};
  json["dump"].update(to_json(manifest.dump.words));
  json["attachments"] = ordered_json::array();
  for (const auto& file : manifest.attachments) json["attachments"].push_back(to_json(file));
  json["address_map"] = manifest.address_map_json.empty() ? ordered_json::object()
                                                          : ordered_json::parse(manifest.address_map_json);
  // Streams one to a line: a manifest of thousands of records stays readable and small.
  json["streams"] = ordered_json::array();
  std::string text = json.dump(1);
  text.erase(text.rfind("[]"));
  text += "[";
  for (std::size_t index = 0; index < manifest.streams.size(); ++index) {
    text += (index == 0 ? "\n  " : ",\n  ") + to_json(manifest.streams[index]).dump();
  }
  return text + "\n ]\n}\n";
}

Manifest read_manifest(const std::filesystem::path& path) {
  const auto json = read_json_file(path);
  JsonReader reader(path.string(), json);
  Manifest manifest;
  reader.choice<int>("format", {{kFormatName, 0}});
  reader.integer("schema_version", kSchemaVersion, kSchemaVersion);
  manifest.kind = reader.string("kind");
  manifest.network = reader.string("network");
  manifest.level = reader.choice<Level>("level", kLevels);
  manifest.seed = reader.integer("seed", INT64_MIN, INT64_MAX);
  manifest.program_sha256 = reader.string("program_sha256");
  manifest.compatibility_hash = reader.string("compatibility_hash");
  manifest.arch_hash = reader.string("arch_hash");
  manifest.numbers = read_numbers(reader.child("numbers"));
  manifest.dump = read_dump(reader.child("dump"));
  manifest.attachments = read_files(reader, "attachments");
  if (reader.has("address_map")) {
    reader.child("address_map");
    const auto& map = json.at("address_map");
    if (!map.empty()) manifest.address_map_json = map.dump();
  }
  std::set<std::string> names;
  auto streams = reader.children("streams");
  for (std::size_t index = 0; index < streams.size(); ++index) {
    manifest.streams.push_back(read_stream(streams[index], json.at("streams").at(index)));
    const auto& name = manifest.streams.back().name;
    if (!names.insert(name).second) streams[index].fail("name", "'" + name + "' twice", "different names");
  }
  reader.finish();
  return manifest;
}

}  // namespace npu::sim::golden
