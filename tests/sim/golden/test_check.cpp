// Is an export complete and deterministic, does its own data pass the check, and are results told right?
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "compiler/reference/interpreter.h"
#include "hw/common/error.h"
#include "hw/common/file.h"
#include "sim/golden/check_report.h"
#include "sim/golden/diagnosis.h"
#include "sim/golden/tile_map.h"
#include "tests/npy_text.h"
#include "tests/sim/golden/small_export.h"

namespace npu::tests {
namespace {

using namespace sim::golden;

std::set<std::string> files_in(const std::filesystem::path& folder) {
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.insert(std::filesystem::relative(entry.path(), folder).string());
  }
  return files;
}

}  // namespace

TEST_CASE("The same program and input give the same bytes of an export, in every file") {
  const auto a = small_export(3, Level::kUnit);
  const auto b = small_export(3, Level::kUnit);
  const auto files = files_in(a->golden());
  REQUIRE(files == files_in(b->golden()));
  CHECK(files.size() > 60);
  for (const auto& file : files) {
    INFO(file);
    CHECK((read_file(a->golden() / file) == read_file(b->golden() / file)));
  }
}

TEST_CASE("An exported layer output is the interpreter's tensor") {
  const auto made = small_export(4, Level::kLayer);
  const auto expected = compiler::interpret(made->graph, made->input);
  int compared = 0;
  for (const auto& stream : made->manifest.streams) {
    if (stream.content != Content::kLayerOutput) continue;
    const auto values = read_values(stream, made->golden());
    for (std::size_t id = 0; id < made->graph.tensors.size(); ++id) {
      if (made->graph.tensors[id].name != stream.tensor) continue;
      CHECK((values == std::vector<std::int64_t>(expected.tensors[id].begin(), expected.tensors[id].end())));
      ++compared;
    }
  }
  CHECK(compared == static_cast<int>(made->program.layers.size()));
}

TEST_CASE("Each level contains the streams of the ones before") {
  std::set<std::string> before;
  for (const auto level : {Level::kNetwork, Level::kLayer, Level::kTile, Level::kUnit}) {
    std::set<std::string> names;
    const auto made = small_export(5, level);
    for (const auto& stream : made->manifest.streams) names.insert(stream.name);
    CHECK(std::ranges::includes(names, before));
    CHECK(names.size() > before.size());
    before = names;
  }
}

TEST_CASE("Tiles of a layer cover its output tensor, each element once") {
  const auto made = small_export(6, Level::kNetwork);
  const TileMap map(made->program);
  std::size_t several = 0;
  for (std::size_t layer = 0; layer < made->program.layers.size(); ++layer) {
    INFO(made->program.layers[layer].name);
    const auto& tensor = made->program.tensor(made->program.layers[layer].output);
    const auto& boxes = map.boxes_of(static_cast<std::int64_t>(layer));
    several += boxes.size() > 1 ? 1 : 0;
    std::int64_t elements = 0;
    for (const auto& box : boxes) {
      elements += box.rows * box.columns * box.channels;
      CHECK(map.find(static_cast<std::int64_t>(layer), box.origin)->pc == box.pc);
    }
    CHECK(elements == tensor.height * tensor.width * tensor.channels);
  }
  CHECK(several > 1);  // or the test proves little
}

TEST_CASE(
    "An export's own data passes the check in every word format, declared in the manifest or by option") {
  for (const int word_bytes : {1, 4, 16, 24}) {
    for (const bool big : {false, true}) {
      for (const bool high : {false, true}) {
        INFO(word_bytes << " bytes, big " << big << ", high first " << high);
        const auto made = small_export(7, Level::kTile, {word_bytes, big, high});
        made->dump_everything();
        const auto result = made->check();
        CHECK(result.count(StreamStatus::kMatch) == std::ssize(result.streams));
        CHECK_FALSE(result.first);
      }
    }
  }
}

TEST_CASE("Hex, big-endian binary and npy dumps of an export match it") {
  const auto made = small_export(8, Level::kLayer);
  const auto other = small_export(8, Level::kLayer, {8, true, true});
  const CheckOptions options{false, DumpFormat{false, {8, true, true}}};
  for (const char* extension : {".hex", ".bin"}) {
    for (const auto& stream : other->manifest.streams) {
      if (!stream.expected) continue;
      std::filesystem::remove_all(made->dump());
      write_file(made->dump() / (stream.name + extension),
                 read_file(other->golden() / (stream.name + extension)));
      INFO(stream.name << extension);
      CHECK(made->check(options).count(StreamStatus::kMatch) == 1);
    }
  }
  std::filesystem::remove_all(made->dump());
  const auto& stream = *made->manifest.find("expected/output");
  std::string elements;
  for (const std::int64_t value : read_values(stream, made->golden())) {
    for (int byte = 0; byte < 4; ++byte)
      elements += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * byte));
  }
  const std::string npy = npy_text("<i4", fmt::format("({},)", stream.records[0].elements), elements);
  write_file(made->dump() / "expected/output.npy", npy);
  CHECK(made->check().count(StreamStatus::kMatch) == 1);
}

TEST_CASE("A damaged reference, program copy or manifest is refused, and so is a folder without dumps") {
  const auto made = small_export(9, Level::kLayer);
  CHECK_THROWS_AS(made->check(), InputError);  // no dump folder
  std::filesystem::create_directories(made->dump());
  CHECK_THROWS_AS(made->check(), InputError);  // an empty one
  made->dump_everything();
  CHECK(made->check().count(StreamStatus::kUnusable) == 0);
  const auto reference = made->golden() / "expected/output.bin";
  auto bytes = read_file(reference);
  bytes[3] ^= 1;
  write_file(reference, bytes);
  const auto result = made->check();
  CHECK(result.count(StreamStatus::kUnusable) == 1);
  auto program = read_file(made->golden() / kProgramFile);
  program.back() ^= 1;
  write_file(made->golden() / kProgramFile, program);
  CHECK_THROWS_AS(made->check(), InputError);
  write_file(made->golden() / kManifestFile, std::string_view("{}"));
  CHECK_THROWS_AS(made->check(), ConfigError);
}

TEST_CASE("A manifest with a stream of no files makes that stream unusable and leaves the others") {
  const auto made = small_export(12, Level::kLayer);
  made->dump_everything();
  auto manifest = made->manifest;
  for (auto& stream : manifest.streams) {
    if (stream.name == "expected/output") stream.files.clear();
  }
  write_file(made->golden() / kManifestFile, manifest_json(manifest));
  const auto result = made->check();
  CHECK(result.count(StreamStatus::kUnusable) == 1);
  CHECK(result.count(StreamStatus::kMismatch) == 0);
  CHECK(result.count(StreamStatus::kMatch) == std::ssize(result.streams) - 1);
}

TEST_CASE("Text, JSON and JUnit say the same of a mismatch") {
  const auto made = small_export(10, Level::kUnit);
  made->dump_everything();
  const auto name = made->name_of(Content::kConvOutput, made->layer_of("conv"));
  made->damage(name, [](auto& bytes) { bytes[7] ^= 0x10; });
  const auto result = made->check();
  REQUIRE(result.first);
  CHECK(result.first->unit == "compounding unit");  // its sums match
  CHECK(result.first->difference.element == 7);
  const auto json = nlohmann::json::parse(check_json(result));
  CHECK(json["mismatch"] == 1);
  CHECK(json["first_mismatch"]["stream"] == name);
  CHECK(json["first_mismatch"]["element"] == 7);
  const auto text = check_text(result);
  const auto junit = check_junit(result);
  for (const std::string& part :
       {name, result.first->instruction.substr(0, 20), std::string("bit 4 is inverted")}) {
    CHECK(text.find(part) != std::string::npos);
    CHECK(junit.find(part) != std::string::npos);
  }
  CHECK(junit.find("failures=\"1\"") != std::string::npos);
  REQUIRE(result.map);
  CHECK(result.map->count() == 1);
  CHECK(result.map->svg().find("<rect") != std::string::npos);
}

TEST_CASE("Layers are chosen by name, number and range, and unknown ones are refused") {
  const auto made = small_export(11, Level::kNetwork);
  const auto& name = made->program.layers[1].name;
  CHECK(select_layers(made->program, name + ",3-4,0") == std::vector<std::int64_t>{1, 3, 4, 0});
  for (const char* text : {"nothing", "99", "4-2", "", "1-99"}) {
    INFO(text);
    CHECK_THROWS_AS(select_layers(made->program, text), InputError);
  }
}

}  // namespace npu::tests
