#include <functional>

#include "hw/common/file.h"
#include "hw/common/json_reader.h"
#include "tests/support.h"

namespace npu {
namespace {

// The ConfigError that `action` throws; fails the test if it throws nothing.
ConfigError error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const ConfigError& error) {
    return error;
  }
  FAIL("no ConfigError");
  return {"", "", "", ""};
}

void check_error(const std::function<void()>& action, const std::string& pointer, const std::string& part) {
  const ConfigError error = error_of(action);
  INFO(error.what());
  CHECK(error.file() == "test.json");
  CHECK(error.pointer() == pointer);
  CHECK(std::string(error.what()).find(part) != std::string::npos);
  CHECK(std::string(error.what()).find("test.json: at " + (pointer.empty() ? "/" : pointer)) == 0);
}

nlohmann::json parsed(const std::string& text) { return parse_json(text, "test.json"); }

TEST_CASE("values of every type are read as they stand") {
  const auto json =
      parsed(R"({"i": -3, "n": 2.5, "w": 4, "b": true, "s": "text", "v": [1, 2.5], "t": ["x", "y"],
                               "o": {"k": 1}, "a": [{"k": 2}, {"k": 3}], "c": "blue"})");
  JsonReader reader("test.json", json);
  CHECK(reader.integer("i", -10, 10) == -3);
  CHECK(reader.number("n", 0, 10) == 2.5);
  CHECK(reader.number("w", 0, 10) == 4.0);
  CHECK(reader.boolean("b"));
  CHECK(reader.string("s") == "text");
  CHECK(reader.numbers("v", 2, 0, 10) == std::vector<double>{1, 2.5});
  CHECK(reader.strings("t") == std::vector<std::string>{"x", "y"});
  auto child = reader.child("o");
  CHECK(child.pointer() == "/o");
  CHECK(child.integer("k", 0, 9) == 1);
  auto children = reader.children("a");
  REQUIRE(children.size() == 2);
  CHECK(children[1].integer("k", 0, 9) == 3);
  CHECK(children[1].pointer() == "/a/1");
  CHECK(reader.choice<int>("c", {{"red", 1}, {"blue", 2}}) == 2);
  CHECK_NOTHROW(reader.finish());
  CHECK_NOTHROW(child.finish());
}

TEST_CASE("missing optional keys give the fallback, present ones their value") {
  const auto json = parsed(R"({"i": 1, "n": 1.5, "b": true, "s": "x"})");
  JsonReader reader("test.json", json);
  CHECK(reader.integer_or("i", 7, 0, 9) == 1);
  CHECK(reader.integer_or("missing", 7, 0, 9) == 7);
  CHECK(reader.number_or("n", 7, 0, 9) == 1.5);
  CHECK(reader.number_or("missing", 7, 0, 9) == 7);
  CHECK(reader.boolean_or("b", false));
  CHECK_FALSE(reader.boolean_or("missing", false));
  CHECK(reader.string_or("s", "y") == "x");
  CHECK(reader.string_or("missing", "y") == "y");
}

TEST_CASE("a missing key is an error at its pointer that says what was expected") {
  const auto json = parsed(R"({"o": {}})");
  JsonReader root("test.json", json);
  JsonReader reader = root.child("o");
  check_error([&] { reader.integer("k", 1, 5); }, "/o/k",
              "found no such key, expected an integer from 1 to 5");
  check_error([&] { reader.number("k", 1, 5); }, "/o/k", "expected a number from 1 to 5");
  check_error([&] { reader.boolean("k"); }, "/o/k", "expected true or false");
  check_error([&] { reader.string("k"); }, "/o/k", "expected a string");
  check_error([&] { reader.numbers("k", 3, 0, 1); }, "/o/k", "expected an array of 3 numbers from 0 to 1");
  check_error([&] { reader.strings("k"); }, "/o/k", "expected an array of strings");
  check_error([&] { reader.child("k"); }, "/o/k", "expected an object");
  check_error([&] { reader.children("k"); }, "/o/k", "expected an array of objects");
  check_error([&] { reader.choice<int>("k", {{"a", 1}}); }, "/o/k", "found no such key");
}

TEST_CASE("a wrong type is an error that shows the value") {
  const auto json = parsed(R"({"s": "text", "n": 1.5, "big": 18446744073709551615, "v": [1, "x"], "z": null,
                               "a": [1], "long": "0123456789012345678901234567890123456789012345678901234567890123456789"})");
  JsonReader reader("test.json", json);
  check_error([&] { reader.integer("s", 0, 9); }, "/s", "found string \"text\"");
  check_error([&] { reader.integer("n", 0, 9); }, "/n", "found number 1.5");
  check_error([&] { reader.integer("big", 0, INT64_MAX); }, "/big", "found number 18446744073709551615");
  check_error([&] { reader.number("s", 0, 9); }, "/s", "found string \"text\"");
  check_error([&] { reader.boolean("n"); }, "/n", "found number 1.5");
  check_error([&] { reader.string("z"); }, "/z", "found null null");
  check_error([&] { reader.numbers("v", 2, 0, 9); }, "/v", "found array [1,\"x\"]");
  check_error([&] { reader.numbers("v", 3, 0, 9); }, "/v", "an array of 3 numbers");
  check_error([&] { reader.strings("v"); }, "/v", "an array of strings");
  check_error([&] { reader.strings("n"); }, "/n", "an array of strings");
  check_error([&] { reader.child("n"); }, "/n", "an object");
  check_error([&] { reader.children("s"); }, "/s", "an array of objects");
  check_error([&] { reader.children("a"); }, "/a/0", "an object");
  check_error([&] { reader.integer("long", 0, 9); }, "/long", "...");
}

TEST_CASE("a value out of range is an error with the range") {
  const auto json = parsed(R"({"i": 10, "n": -0.5, "v": [1, 20]})");
  JsonReader reader("test.json", json);
  check_error([&] { reader.integer("i", 0, 9); }, "/i", "found number 10, expected an integer from 0 to 9");
  check_error([&] { reader.integer("i", 11, 19); }, "/i", "expected an integer from 11 to 19");
  CHECK(reader.integer("i", 10, 10) == 10);
  check_error([&] { reader.number("n", 0, 1); }, "/n", "found number -0.5, expected a number from 0 to 1");
  check_error([&] { reader.numbers("v", 2, 0, 9); }, "/v", "from 0 to 9");
  check_error([&] { reader.integer_or("i", 1, 0, 9); }, "/i", "from 0 to 9");
}

TEST_CASE("a name that is not one of the choices is an error that lists them") {
  const auto json = parsed(R"({"c": "green"})");
  JsonReader reader("test.json", json);
  check_error(
      [&] {
        reader.choice<int>("c", {{"red", 1}, {"blue", 2}});
      },
      "/c", "found 'green', expected one of 'red' 'blue'");
}

TEST_CASE("a key nobody asked for is an error") {
  const auto json = parsed(R"({"known": 1, "colour": 2})");
  JsonReader reader("test.json", json);
  reader.integer("known", 0, 9);
  check_error([&] { reader.finish(); }, "/colour", "an unknown key");
}

TEST_CASE("a slip in a key is answered with the key that was meant") {
  const auto json = parsed(R"({"colums": 3, "row": 3, "rows": 4, "different": 1})");
  JsonReader reader("test.json", json);
  reader.integer("rows", 0, 9);
  check_error([&] { reader.integer("columns", 0, 9); }, "/columns", "found no such key but 'colums'");
  check_error([&] { reader.integer("depth", 0, 9); }, "/depth", "found no such key, expected");
  reader.integer("different", 0, 9);
  const auto twice = parsed(R"({"row": 3, "rows": 4})");
  JsonReader second("test.json", twice);
  second.integer("rows", 0, 9);
  check_error([&] { second.finish(); }, "/row", "perhaps 'rows'");
}

TEST_CASE("keys with slashes and tildes are escaped in pointers") {
  const auto json = parsed(R"({"a/b~c": 1})");
  JsonReader reader("test.json", json);
  check_error([&] { reader.string("a/b~c"); }, "/a~1b~0c", "a string");
}

TEST_CASE("only an object can be read") {
  const auto json = parsed("[1]");
  check_error([&] { JsonReader("test.json", json); }, "", "found array [1], expected an object");
}

TEST_CASE("a key given twice is an error where it stands") {
  check_error([] { parsed(R"({"a": 1, "a": 2})"); }, "/a", "the key twice");
  check_error([] { parsed(R"({"x": {"a": 1}, "y": {"b": 1, "b": 2}})"); }, "/y/b", "the key twice");
  check_error([] { parsed(R"({"l": [0, {"k": 1}, {"k": 1, "k": 2}]})"); }, "/l/2/k", "the key twice");
  check_error([] { parsed(R"([[1, 2], [3, {"k": 1, "k": 1}]])"); }, "/1/1/k", "the key twice");
  CHECK_NOTHROW(parsed(R"({"x": {"a": 1}, "y": {"a": 1}, "a": [{"a": 1}, {"a": 2}]})"));
}

TEST_CASE("malformed text is an error with line and column") {
  check_error([] { parsed("{\n  \"a\": 1,\n  oops\n}"); }, "", "line 3, column 3");
  check_error([] { parsed(""); }, "", "valid JSON");
  check_error([] { parsed("{\"a\": 1} x"); }, "", "line 1, column 10");
  check_error([] { parsed("{\"a\": 1,}"); }, "", "valid JSON");
  check_error([] { parsed("// comment\n{}"); }, "", "valid JSON");
  check_error([] { parsed("\"\xFF\""); }, "", "valid JSON");
}

TEST_CASE("numbers beyond double precision and deep nesting are errors, not crashes") {
  check_error([] { parsed("{\"a\": 1e999}"); }, "", "a number beyond the range");
  check_error([] { parsed(std::string(100000, '[')); }, "", "nesting deeper than 64 levels");
  std::string deep;
  for (int level = 0; level < 100; ++level) deep += "{\"a\":";
  check_error([&] { parsed(deep); }, "", "nesting deeper than 64 levels");
}

TEST_CASE("a JSON file is read, and named in errors") {
  const tests::TemporaryFolder folder;
  const auto path = folder.path() / "x.json";
  write_file(path, std::string_view("{\"a\": 1}"));
  CHECK(read_json_file(path).at("a") == 1);
  write_file(path, std::string_view("{"));
  try {
    read_json_file(path);
    FAIL("accepted");
  } catch (const ConfigError& error) {
    CHECK(error.file() == path.string());
  }
  CHECK_THROWS_AS(read_json_file(folder.path() / "missing.json"), InputError);
}

}  // namespace
}  // namespace npu
