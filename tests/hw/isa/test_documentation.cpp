#include "hw/common/file.h"
#include "hw/isa/documentation.h"
#include "tests/hw/isa/isa_support.h"

namespace npu::hw {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("docs/instruction_set.md is what the field tables say (target update_docs writes it)") {
  const auto committed = read_text_file(tests::source_folder() / "docs/instruction_set.md");
  CHECK((committed == instruction_set_markdown()));
}

TEST_CASE("the documentation has every opcode, unit and field with its bits and meaning") {
  const std::string text = instruction_set_markdown();
  for (int code = 0; code < kOpcodes; ++code) {
    const auto opcode = static_cast<Opcode>(code);
    CHECK(contains(text, std::string("### ") + opcode_name(opcode)));
    int position = kHeaderBits;
    with_body_type(opcode, [&]<class Body>() {
      for_each_field<Body>([&](const Field<Body>& field) {
        const std::string last = field.bits == 1 ? "" : ".." + std::to_string(position + field.bits - 1);
        const std::string row =
            std::string("| ") + field.name + " | " + std::to_string(position) + last + " |";
        INFO(row);
        CHECK(contains(text, row));
        CHECK(contains(text, field.meaning));
        position += field.bits;
      });
    });
  }
  for (int unit = 0; unit < kUnits; ++unit) CHECK(contains(text, unit_name(static_cast<Unit>(unit))));
}

TEST_CASE("names of enumerated values in the tables are those of the meaning column") {
  // The meaning of an enumeration spells its values for readers; the names drive disassembly. Same count,
  // same order.
  CHECK(contains(instruction_set_markdown(), "0 weight stationary, 1 output stationary"));
  CHECK(contains(instruction_set_markdown(), "0 add, 1 rescale, 2 max pool, 3 average pool, 4 table"));
  for_each_field<Sync>([](const Field<Sync>& field) {
    const auto names = value_names(field);
    REQUIRE(names.size() == kUnits);
    for (std::size_t unit = 0; unit < names.size(); ++unit) {
      CHECK(std::string(names[unit]) == unit_name(static_cast<Unit>(unit)));
    }
  });
}

}  // namespace
}  // namespace npu::hw
