// Does a manifest survive writing and reading, is it what its schema says, and are bad ones refused?
#include <nlohmann/json.hpp>

#include "hw/common/error.h"
#include "hw/common/file.h"
#include "hw/common/json_reader.h"
#include "sim/golden/unit_vectors.h"
#include "tests/support.h"

namespace npu::tests {
namespace {

using namespace sim::golden;
using nlohmann::json;

json sample(const std::filesystem::path& folder) {
  UnitVectorOptions options;
  options.unit = "pe";
  options.count = 200;
  export_unit_vectors(options, folder);
  return read_json_file(folder / kManifestFile);
}

bool refused(const std::filesystem::path& folder, const json& manifest) {
  const auto path = folder / "changed.json";
  write_file(path, manifest.dump());
  try {
    read_manifest(path);
  } catch (const ConfigError&) {
    return true;
  }
  return false;
}

}  // namespace

TEST_CASE("A manifest that was written is read back equal") {
  const TemporaryFolder folder;
  UnitVectorOptions options;
  options.unit = "compounding";
  const auto written = export_unit_vectors(options, folder.path());
  CHECK((read_manifest(folder.path() / kManifestFile) == written));
}

TEST_CASE("Manifests have the keys of the schema, no more and no fewer") {
  const TemporaryFolder folder;
  const json manifest = sample(folder.path());
  const json schema = read_json_file(source_folder() / "configs/schema/golden_manifest.schema.json");
  const auto same_keys = [](const json& value, const json& object_schema) {
    CHECK(value.size() == object_schema["properties"].size());
    for (const auto& [key, ignored] : object_schema["properties"].items()) {
      INFO(key);
      CHECK(value.contains(key));
    }
  };
  same_keys(manifest, schema);
  same_keys(manifest["streams"][0], schema["definitions"]["stream"]);
  same_keys(manifest["streams"][0]["files"][0], schema["definitions"]["file"]);
  same_keys(manifest["dump"], schema["properties"]["dump"]);
  same_keys(manifest["numbers"], schema["properties"]["numbers"]);
}

TEST_CASE("Manifests with missing, unknown or impossible values are refused") {
  const TemporaryFolder folder;
  const json good = sample(folder.path());
  CHECK_FALSE(refused(folder.path(), good));
  for (const auto& [key, ignored] : good.items()) {
    if (key == "address_map") continue;
    json bad = good;
    bad.erase(key);
    INFO("without " << key);
    CHECK(refused(folder.path(), bad));
  }
  for (const auto& [key, ignored] : good["streams"][0].items()) {
    json bad = good;
    bad["streams"][0].erase(key);
    INFO("stream without " << key);
    CHECK(refused(folder.path(), bad));
  }
  const std::vector<std::pair<const char*, json>> changes{
      {"/schema_version", 2},
      {"/streams/0/unknown", 1},
      {"/unknown", 1},
      {"/streams/0/files/0/path", "../outside.bin"},
      {"/streams/0/files/0/path", "/etc/hosts"},
      {"/streams/0/word_bits", 12},
      {"/streams/0/records/0", json::array({-1, 0})},
      {"/streams/0/records/0", json::array({-1, 0, 1'000'000})},
      {"/streams/0/records/0", json::array({-1, -5, 1})},
      {"/streams/0/records/0", json::array({"a", 0, 1})},
      {"/streams/0/element_bytes", 0},
      {"/numbers/rounding", "up"}};
  for (const auto& [pointer, value] : changes) {
    json bad = good;
    bad[json::json_pointer(pointer)] = value;
    INFO(pointer << " = " << value.dump());
    CHECK(refused(folder.path(), bad));
  }
  json twice = good;
  twice["streams"].push_back(twice["streams"][0]);
  CHECK(refused(folder.path(), twice));
}

}  // namespace npu::tests
