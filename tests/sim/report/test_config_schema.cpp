// Do the JSON Schema files accept and refuse exactly what the typed readers do? Every preset and every
// document one change away from it, judged by an independent validator. A schema cannot say some things that
// relate two values; those the reader refuses alone, and the test knows them by their message.
#include <algorithm>
#include <memory>
#include <optional>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "compiler/data/preprocessing.h"
#include "compiler/quant/calibration.h"
#include "compiler/quant/quantization_file.h"
#include "hw/common/file.h"
#include "hw/common/json_reader.h"
#include "hw/energy/energy_table.h"
#include "sim/explore/sweep_spec.h"
#include "sim/report/config_reference.h"
#include "tests/sim/report/json_mutations.h"
#include "tests/support.h"

namespace npu::tests {
namespace {

using nlohmann::json;

class SchemaFile {
 public:
  explicit SchemaFile(const std::string& name)
      : json_(read_json_file(source_folder() / "configs/schema" / (name + ".schema.json"))) {
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(json_), schema_);
  }
  bool accepts(const json& document) const {
    valijson::Validator validator(valijson::Validator::kStrongTypes);
    return validator.validate(schema_, valijson::adapters::NlohmannJsonAdapter(document), nullptr);
  }
  const json& source() const { return json_; }

 private:
  json json_;
  valijson::Schema schema_;
};

/// The reader's message, or nothing if it accepts.
using Reader = std::function<void(const json&)>;
std::optional<std::string> refusal(const Reader& reader, const json& document) {
  try {
    reader(document);
    return std::nullopt;
  } catch (const ConfigError& error) {
    return error.what();
  }
}

struct Verdicts {
  int accepted = 0;
  int refused = 0;
};

// Compares schema and reader on `original` and all its mutations. `beyond_schema`: parts of messages about
// relations between values.
Verdicts compare(const SchemaFile& schema, const json& original, const Reader& reader,
                 const std::vector<std::string>& beyond_schema) {
  REQUIRE(schema.accepts(original));
  REQUIRE(refusal(reader, original) == std::nullopt);
  Verdicts verdicts;
  const auto values = trial_values(bounds_of(schema.source()));
  for_each_mutation(
      original, values, keys_of(schema.source()), [&](const std::string& change, const json& document) {
        const auto message = refusal(reader, document);
        const bool relation =
            message && std::any_of(beyond_schema.begin(), beyond_schema.end(), [&](const auto& part) {
              return message->find(part) != std::string::npos;
            });
        (message ? verdicts.refused : verdicts.accepted) += 1;
        if (schema.accepts(document) == !message || relation) return;
        INFO(change);
        INFO("reader: " << message.value_or("accepts"));
        CHECK(schema.accepts(document) == !message);
      });
  return verdicts;
}

json preset(const std::string& path) { return read_json_file(source_folder() / "configs" / path); }

// Reads a document through a function that wants a file of this name.
Reader through_file(const std::filesystem::path& path, std::function<void()> read) {
  return [path, read = std::move(read)](const json& document) {
    write_file(path, document.dump());
    read();
  };
}

}  // namespace

TEST_CASE(
    "The machine's schema accepts and refuses what the reader does, one change away from every preset") {
  const SchemaFile schema("arch");
  const Reader reader = [](const json& document) { hw::arch_from_json(document, "test"); };
  const std::vector<std::string> relations{"at least one partial sum for each", "bytes per cycle at",
                                           "cycles at", "between refreshes", "where vector_layers",
                                           "where shared_buffer_bytes", "where layers overlap"};
  for (const auto& entry : std::filesystem::directory_iterator(source_folder() / "configs/arch")) {
    INFO(entry.path().filename().string());
    CHECK(schema.accepts(read_json_file(entry.path())));
    CHECK(refusal(reader, read_json_file(entry.path())) == std::nullopt);
  }
  json machine = preset("arch/shift_npu.json");
  Verdicts verdicts = compare(schema, machine, reader, relations);
  CHECK(verdicts.accepted > 500);
  CHECK(verdicts.refused > 5000);
  machine["dram"] = {
      {"latency_ns", 63}, {"bytes_per_second", 16e9}, {"access_bytes", 16}, {"capacity_bytes", 1 << 30}};
  machine["pe_array"]["zero_skipping"] = "assumed_fraction";
  machine["pe_array"]["assumed_zero_fraction"] = 0.4;
  machine["dram"]["banking"] = {{"banks", 8},          {"row_bytes", 2048},           {"activate_ns", 18},
                                {"precharge_ns", 18.5}, {"refresh_interval_ns", 3904}, {"refresh_ns", 180}};
  machine["global_buffer"]["banks"] = 4;
  machine["execution"] = {{"layers", "overlapped"},
                          {"vector_layers", "counted"},
                          {"shared_buffer_bytes", 0},
                          {"feature_maps", "on_chip"},
                          {"adds_and_pools", "fused"}};
  compare(schema, machine, reader, relations);
}

TEST_CASE("The energy table's schema accepts and refuses what the reader does") {
  const SchemaFile schema("energy");
  const auto arch = hw::load_arch(source_folder() / "configs/arch/shift_npu.json");
  const Reader reader = [&](const json& document) { hw::unit_energies_from_json(document, "test", arch); };
  const std::vector<std::string> relations{"more than the point before", "one with weight_bits"};
  for (const char* name :
       {"energy/eyeriss_normalized.json", "energy/horowitz_45nm.json", "energy/lpddr4_22nm.json"}) {
    json table = preset(name);
    // Fewer and shorter entries: the number of mutations grows with their product.
    for (auto& [component, entry] : table["components"].items()) {
      entry["source"] = "s";
      if (entry.contains("by_capacity")) entry["by_capacity"].erase(2);
      while (entry.contains("by_capacity") && entry["by_capacity"].size() > 2) entry["by_capacity"].erase(2);
    }
    compare(schema, table, reader, relations);
  }
}

TEST_CASE("The calibration file's schema accepts and refuses what the reader does") {
  const SchemaFile schema("calibration");
  compiler::Graph graph;
  graph.name = "net";
  graph.input = graph.output = "x";
  graph.input_shape = {2, 4, 4};
  const json file = {{"schema_version", 2},
                     {"network", "net"},
                     {"source", "images"},
                     {"inputs", 5},
                     {"values",
                      {{{"name", "x"},
                        {"minimum", -1.5},
                        {"maximum", 2},
                        {"channel_mean", {0.5, 0.25}},
                        {"channel_minimum", {-1.5, 0}},
                        {"channel_maximum", {2, 1}}}}}};
  const TemporaryFolder folder;
  const auto path = folder.path() / "calibration.json";
  compare(schema, file,
          through_file(path, [&] { static_cast<void>(compiler::load_calibration(path, graph)); }),
          {"a value of network", "every value of network", "a second time", "at least the minimum",
           "an array of 2 numbers"});
}

TEST_CASE("The quantisation file's schema accepts and refuses what the reader does") {
  compiler::Graph graph;
  graph.name = "net";
  graph.input = "x";
  graph.output = "y";
  graph.input_shape = {2, 4, 4};
  compiler::ConvOp conv;
  conv.out_channels = 2;
  conv.weights = compiler::make_array({1, 2, 3, 4});
  graph.nodes = {{"layer", conv, {"x"}, "y"}};
  const json file = json::parse(R"({
    "schema_version": 1, "network": "net", "weight_bits": 8, "activation_bits": 8,
    "tensors": [{"name": "x", "scale": 0.5, "zero_point": -3}],
    "ranges": [{"name": "y", "minimum": -1, "maximum": 2.5}],
    "layers": [{"name": "layer", "weight_bits": 4, "weight_scale": 0.25, "weight_zero_point": 1,
                "channel_shift": [0, 3], "bias": [1.5, -2], "weights": "AQID/w=="}]
  })");
  const Reader reader = [&](const json& document) {
    compiler::quantization_from_json(document, "test", graph);
  };
  const std::vector<std::string> relations{
      "a tensor of network",  "a second time",         "at least the minimum",
      "a convolution or",     "an array of 2 numbers", "an array of 2 integers",
      "base64 of 4 integers", "both or none",          "one of them"};
  const Verdicts verdicts = compare(SchemaFile("quantization"), file, reader, relations);
  CHECK(verdicts.accepted > 20);
  CHECK(verdicts.refused > 500);
  const auto given = compiler::quantization_from_json(file, "test", graph);
  CHECK(given.layers.at("layer").weights == std::vector<std::int16_t>{1, 2, 3, -1});
  CHECK(given.layers.at("layer").channel_shift == std::vector<std::uint8_t>{0, 3});
  CHECK(given.tensors.at("y").range->high == 2.5);
}

TEST_CASE(
    "The schemas of the model's and the data set's descriptions accept and refuse what the readers do") {
  const TemporaryFolder folder;
  const auto model_path = folder.path() / "net.json";
  const json model = {{"input", {{"mean", {1, 2, 3}}, {"std", {4, 5.5, 6}}, {"channel_order", "BGR"}}},
                      {"origin", "somewhere"}};
  compare(SchemaFile("model"), model,
          through_file(
              model_path,
              [&] { static_cast<void>(compiler::load_normalisation(folder.path() / "net.onnx", nullptr)); }),
          {});
  const json dataset = {
      {"preprocess", {{"resize", {256, 300}}, {"filter", "bilinear"}, {"centre_crop", {224, 224}}}}};
  compare(SchemaFile("dataset"), dataset,
          through_file(folder.path() / "dataset.json",
                       [&] { static_cast<void>(compiler::load_geometry(folder.path())); }),
          {});
}

TEST_CASE("The sweep's schema accepts and refuses what the reader does") {
  const SchemaFile schema("sweep");
  const Reader reader = [](const json& document) { sim::sweep_from_json(document, "test"); };
  const std::vector<std::string> relations{"an expression", "unknown name",    "second axis",
                                           "multiplies",    "too many values", "/range/to: found"};
  for (const auto& entry : std::filesystem::directory_iterator(source_folder() / "configs/sweeps")) {
    CHECK(schema.accepts(read_json_file(entry.path())));
    CHECK(refusal(reader, read_json_file(entry.path())) == std::nullopt);
  }
  const json sweep = json::parse(R"({
    "schema_version": 1, "name": "n", "description": "d", "architectures": ["a"], "networks": ["b"],
    "axes": [{"name": "p", "values": [4, 8], "set": {"/x/y": "p * 2", "/z": null}},
             {"pointer": "/q", "range": {"from": 1, "to": 4, "multiply_by": 2}},
             {"name": "r", "set": ["/r/0"], "range": {"from": 1, "to": 4, "step": 1}}],
    "constraints": ["p < 4"], "objectives": ["cycles"],
    "sampling": {"method": "random", "points": 3, "seed": 4}, "confirmation": {"front": false, "random_points": 2}
  })");
  const Verdicts verdicts = compare(schema, sweep, reader, relations);
  CHECK(verdicts.refused > 1000);
}

TEST_CASE("docs/config_reference.md is what the schemas say (target update_docs writes it)") {
  const auto written = sim::config_reference_markdown(source_folder() / "configs/schema");
  CHECK((read_text_file(source_folder() / "docs/config_reference.md") == written));
}

}  // namespace npu::tests
