#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "hw/common/error.h"
#include "hw/common/file.h"
#include "hw/common/hash.h"
#include "hw/isa/encoding.h"
#include "tests/hw/isa/isa_support.h"

namespace npu::hw {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kPreambleBytes = 40;
constexpr std::size_t kDigestBytes = 32;

// A small program in which every member differs from its default.
Program full_program() {
  Program program = tests::pipeline_program(3);
  program.compatibility_hash = std::string(64, 'a');
  program.arch_hash = std::string(64, 'b');
  program.footprint = {1, 2, 3, 4, 5, 6, 7, "conv1", {"in", "out"}};
  for (std::size_t i = 0; i < program.constants.size(); ++i)
    program.constants[i] = static_cast<std::uint8_t>(i * 7);
  program.constants.resize(100);
  LayerSymbol layer{"conv1/Conv \"x\"",
                    "conv",
                    "ws",
                    "ws 10, os 20 cycles",
                    "8x8",
                    "rows 1",
                    1,
                    2,
                    3,
                    4,
                    5,
                    7,
                    8,
                    6,
                    0,
                    9,
                    "out"};
  program.layers = {layer, layer};
  program.layers[1].first_pc = 9;
  program.tensors[0].scale = 0.1F;
  program.tensors[0].zero_point = -128;
  program.tensors[1].scale = std::numeric_limits<float>::min();
  program.host_softmax = true;
  program.preprocessing_json = R"({"mean": [1, 2, 3]})";
  return program;
}

void check_equal(const Program& a, const Program& b) {
  CHECK(a.network == b.network);
  CHECK(a.compatibility_hash == b.compatibility_hash);
  CHECK(a.arch_hash == b.arch_hash);
  CHECK(a.format.array_rows == b.format.array_rows);
  CHECK(a.format.array_columns == b.format.array_columns);
  CHECK(a.format.weight_bits == b.format.weight_bits);
  CHECK(a.format.activation_bits == b.format.activation_bits);
  CHECK(a.format.accumulator_bits == b.format.accumulator_bits);
  CHECK(a.format.shift_bits == b.format.shift_bits);
  CHECK(a.format.rounding == b.format.rounding);
  CHECK(a.format.weight_sram_bytes == b.format.weight_sram_bytes);
  CHECK(a.format.global_buffer_bytes == b.format.global_buffer_bytes);
  CHECK(a.format.accumulator_entries == b.format.accumulator_entries);
  CHECK(a.format.dram_bytes == b.format.dram_bytes);
  CHECK(a.dram.instruction_base == b.dram.instruction_base);
  CHECK(a.dram.constant_base == b.dram.constant_base);
  CHECK(a.dram.activation_base == b.dram.activation_base);
  CHECK(a.dram.end == b.dram.end);
  CHECK(a.footprint.weight_bytes == b.footprint.weight_bytes);
  CHECK(a.footprint.bias_bytes == b.footprint.bias_bytes);
  CHECK(a.footprint.shift_bytes == b.footprint.shift_bytes);
  CHECK(a.footprint.peak_layer == b.footprint.peak_layer);
  CHECK(a.footprint.peak_tensors == b.footprint.peak_tensors);
  CHECK(a.footprint.table_bytes == b.footprint.table_bytes);
  CHECK(a.footprint.instruction_bytes == b.footprint.instruction_bytes);
  CHECK(a.footprint.activation_bytes == b.footprint.activation_bytes);
  CHECK(a.footprint.peak_live_activation_bytes == b.footprint.peak_live_activation_bytes);
  CHECK(a.instructions == b.instructions);
  CHECK(a.constants == b.constants);
  CHECK(a.input == b.input);
  CHECK(a.output == b.output);
  CHECK(a.host_softmax == b.host_softmax);
  CHECK(a.preprocessing_json == b.preprocessing_json);
}

void check_equal(const LayerSymbol& a, const LayerSymbol& b) {
  CHECK(a.name == b.name);
  CHECK(a.op == b.op);
  CHECK(a.dataflow == b.dataflow);
  CHECK(a.dataflow_reason == b.dataflow_reason);
  CHECK(a.shape == b.shape);
  CHECK(a.tiling == b.tiling);
  CHECK(a.macs == b.macs);
  CHECK(a.parameters == b.parameters);
  CHECK(a.weight_bytes == b.weight_bytes);
  CHECK(a.bias_bytes == b.bias_bytes);
  CHECK(a.shift_bytes == b.shift_bytes);
  CHECK(a.reloaded_weight_bytes == b.reloaded_weight_bytes);
  CHECK(a.reloaded_input_bytes == b.reloaded_input_bytes);
  CHECK(a.out_channels == b.out_channels);
  CHECK(a.first_pc == b.first_pc);
  CHECK(a.last_pc == b.last_pc);
  CHECK(a.output == b.output);
}

void check_equal(const TensorSymbol& a, const TensorSymbol& b) {
  CHECK(a.name == b.name);
  CHECK(a.dram_address == b.dram_address);
  CHECK(a.images == b.images);
  CHECK(a.height == b.height);
  CHECK(a.width == b.width);
  CHECK(a.channels == b.channels);
  CHECK(a.row_stride_bytes == b.row_stride_bytes);
  CHECK(a.pixel_stride_bytes == b.pixel_stride_bytes);
  CHECK(a.scale == b.scale);
  CHECK(a.zero_point == b.zero_point);
}

// The message of the ProgramError, which must be the only thing thrown; empty if the bytes were accepted.
std::string refusal(const Bytes& bytes) {
  try {
    deserialize(bytes);
  } catch (const ProgramError& error) {
    return error.what();
  }
  return "";
}

// Puts a right checksum behind changed contents, as an attacker would.
Bytes signed_again(Bytes bytes) {
  bytes.resize(bytes.size() - kDigestBytes);
  const std::string hex = sha256_hex(bytes);
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

void put(Bytes& bytes, std::size_t position, std::uint64_t value, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) bytes[position + i] = static_cast<std::uint8_t>(value >> (8 * i));
}

std::uint64_t header_bytes(const Bytes& bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) value |= std::uint64_t{bytes[16 + i]} << (8 * i);
  return value;
}

// The file with its JSON header replaced.
Bytes with_header(const Bytes& bytes, const std::string& header) {
  const auto old_end = static_cast<std::ptrdiff_t>(kPreambleBytes + header_bytes(bytes));
  Bytes changed(bytes.begin(), bytes.begin() + kPreambleBytes);
  changed.insert(changed.end(), header.begin(), header.end());
  changed.insert(changed.end(), bytes.begin() + old_end, bytes.end());
  put(changed, 16, header.size(), 8);
  return signed_again(changed);
}

nlohmann::json header_of(const Bytes& bytes) {
  const auto begin = bytes.begin() + kPreambleBytes;
  return nlohmann::json::parse(begin, begin + static_cast<std::ptrdiff_t>(header_bytes(bytes)));
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("a program file gives back the program, and the same program the same bytes") {
  const Program program = full_program();
  const Bytes bytes = serialize(program);
  const Program copy = deserialize(bytes);
  check_equal(copy, program);
  REQUIRE(copy.layers.size() == 2);
  check_equal(copy.layers[0], program.layers[0]);
  check_equal(copy.layers[1], program.layers[1]);
  REQUIRE(copy.tensors.size() == 2);
  check_equal(copy.tensors[0], program.tensors[0]);
  check_equal(copy.tensors[1], program.tensors[1]);
  CHECK(serialize(copy) == bytes);
}

TEST_CASE("the file begins as its documentation says") {
  const Program program = full_program();
  const Bytes bytes = serialize(program);
  CHECK(std::string(bytes.begin(), bytes.begin() + 8) == "NPUPROG\n");
  CHECK(bytes[8] == kProgramVersion);
  CHECK(bytes[12] == kInstructionBytes);
  CHECK(bytes.size() == kPreambleBytes + header_bytes(bytes) +
                            program.instructions.size() * kInstructionBytes + program.constants.size() +
                            kDigestBytes);
  const auto word = encode(program.instructions[0], 0);
  CHECK(std::equal(word.begin(), word.end(),
                   bytes.begin() + kPreambleBytes + static_cast<long>(header_bytes(bytes))));
}

TEST_CASE("a file cut at any length is refused") {
  const Bytes bytes = serialize(full_program());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    if (refusal(Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length))).empty()) {
      FAIL("accepted when cut to " << length << " bytes");
    }
  }
  Bytes longer = bytes;
  longer.push_back(0);
  CHECK_FALSE(refusal(longer).empty());
}

TEST_CASE("a file with any one byte changed is refused") {
  const Bytes bytes = serialize(full_program());
  for (std::size_t position = 0; position < bytes.size(); ++position) {
    for (const unsigned pattern : {0xFFU, 0x01U}) {
      Bytes changed = bytes;
      changed[position] = static_cast<std::uint8_t>(changed[position] ^ pattern);
      if (refusal(changed).empty()) FAIL("byte " << position << " changed and accepted");
    }
  }
}

TEST_CASE("contents changed behind a right checksum are refused or read, never worse") {
  constexpr std::uint64_t kSeed = 99;
  INFO("seed " << kSeed);
  tests::TestRandom random(kSeed);
  const Bytes bytes = serialize(full_program());
  int refused = 0;
  for (int round = 0; round < 4000; ++round) {
    Bytes changed = bytes;
    for (std::int64_t change = random.integer(1, 3); change > 0; --change) {
      const auto position = static_cast<std::size_t>(random.integer(8, std::ssize(bytes) - 1));
      changed[position] = static_cast<std::uint8_t>(random.next());
    }
    if (!refusal(signed_again(changed)).empty()) ++refused;
  }
  CHECK(refused > 1000);
}

TEST_CASE("magic, version and word size are checked first and named") {
  const Bytes bytes = serialize(full_program());
  Bytes changed = bytes;
  changed[0] = 'X';
  CHECK(contains(refusal(changed), "expected a program"));
  changed = bytes;
  put(changed, 8, kProgramVersion + 1, 4);
  CHECK(contains(refusal(signed_again(changed)), "version 3, expected 2"));
  changed = bytes;
  put(changed, 12, 32, 4);
  CHECK(contains(refusal(signed_again(changed)), "words of 32 bytes, expected 64"));
  CHECK(contains(refusal({}), "found 0 bytes"));
}

TEST_CASE("sizes that the file cannot hold are refused before anything is allocated") {
  const Bytes bytes = serialize(full_program());
  for (const std::size_t position : {16U, 24U, 32U}) {
    for (const std::uint64_t size : {~std::uint64_t{0}, std::uint64_t{1} << 63, std::uint64_t{1} << 58,
                                     std::uint64_t{1} << 40, std::uint64_t{bytes.size()}}) {
      Bytes changed = bytes;
      put(changed, position, size, 8);
      CHECK(contains(refusal(signed_again(changed)), "in a file of this size"));
    }
    Bytes changed = bytes;
    put(changed, position, 0, 8);
    CHECK(contains(refusal(signed_again(changed)), "by the sizes given"));
  }
}

TEST_CASE("a wrong checksum is named") {
  Bytes bytes = serialize(full_program());
  bytes.back() ^= 1;
  CHECK(contains(refusal(bytes), "checksum"));
}

TEST_CASE("every key of the JSON header is required, typed, and none is unknown") {
  const Bytes bytes = serialize(full_program());
  const nlohmann::json header = header_of(bytes);
  CHECK(refusal(with_header(bytes, header.dump())).empty());
  std::vector<nlohmann::json::json_pointer> objects{nlohmann::json::json_pointer("")};
  for (const char* path : {"/format", "/dram", "/footprint", "/layers/0", "/tensors/1"})
    objects.emplace_back(path);
  for (const auto& object : objects) {
    for (const auto& [key, value] : header.at(object).items()) {
      const auto pointer = object / key;
      nlohmann::json changed = header;
      changed.at(object).erase(key);
      INFO(pointer.to_string());
      CHECK(
          contains(refusal(with_header(bytes, changed.dump())), pointer.to_string() + ": found no such key"));
      changed = header;
      changed[pointer] = nlohmann::json::array({nullptr});
      CHECK(contains(refusal(with_header(bytes, changed.dump())), pointer.to_string()));
    }
    nlohmann::json changed = header;
    changed.at(object)["colour"] = 1;
    CHECK(contains(refusal(with_header(bytes, changed.dump())), "/colour: found an unknown key"));
  }
}

TEST_CASE("header text that is not JSON, too deep or not an object is refused") {
  const Bytes bytes = serialize(full_program());
  for (const std::string& text :
       {std::string("{"), std::string("[]"), std::string("\xFF\xFE"), std::string(100000, '['),
        std::string("1e999"), std::string(1000, '\0'), std::string("{\"network\": 1e999}"), std::string()}) {
    CHECK_FALSE(refusal(with_header(bytes, text)).empty());
  }
}

TEST_CASE("parts that contradict each other are refused, in reading and in writing") {
  const Bytes bytes = serialize(full_program());
  const nlohmann::json header = header_of(bytes);
  const auto refused = [&](const char* pointer, const nlohmann::json& value, const std::string& part) {
    nlohmann::json changed = header;
    changed[nlohmann::json::json_pointer(pointer)] = value;
    const std::string message = refusal(with_header(bytes, changed.dump()));
    INFO(pointer << ": " << message);
    CHECK(contains(message, part));
  };
  refused("/dram/constant_base", tests::kConstants + 1, "multiple of 64");
  refused("/dram/constant_base", 0, "instructions end");
  refused("/dram/activation_base", tests::kConstants + 64, "constants end");
  refused("/dram/end", tests::kConstants, "end at");
  refused("/dram/end", std::int64_t{1} << 39, "activations end");
  refused("/tensors/0/dram_address", tests::kConstants, "inside the activations");
  refused("/tensors/0/row_stride_bytes", std::int64_t{1} << 40, "inside the activations");
  refused("/tensors/1/name", "in", "two tensors named 'in'");
  refused("/layers/0/last_pc", 1000, "expected a range within");
  refused("/layers/0/first_pc", 10, "expected a range within");
  refused("/input", "elsewhere", "no tensor named 'elsewhere'");
  refused("/output", "elsewhere", "no tensor named 'elsewhere'");
  refused("/format/weight_bits", 12, "multiple of 8");
  refused("/tensors/0/scale", -1.0, "/tensors/0/scale");

  Program program = full_program();
  program.layers[0].last_pc = 1000;
  CHECK_THROWS_AS(serialize(program), ProgramError);
  program = full_program();
  program.tensors[0].width = std::int64_t{1} << 62;
  CHECK_THROWS_AS(serialize(program), ProgramError);
}

TEST_CASE("an illegal instruction word in a file is refused with its pc") {
  const Bytes bytes = serialize(full_program());
  const std::size_t third = kPreambleBytes + header_bytes(bytes) + 2 * kInstructionBytes;
  Bytes changed = bytes;
  changed[third] |= 0xF;
  try {
    deserialize(signed_again(changed));
    FAIL("accepted");
  } catch (const ProgramError& error) {
    CHECK(error.pc() == 2);
  }
}

TEST_CASE("names that are not UTF-8 do not stop a program from being written") {
  Program program = full_program();
  program.layers[0].name = "bad \xC3\x28 name";
  const Program copy = deserialize(serialize(program));
  CHECK(contains(copy.layers[0].name, "bad "));
}

TEST_CASE("write_program and read_program go through files and name them in errors") {
  const tests::TemporaryFolder folder;
  const auto path = folder.path() / "deep" / "p.npu";
  const Program program = full_program();
  write_program(program, path);
  check_equal(read_program(path), program);
  CHECK_THROWS_AS(read_program(folder.path() / "missing.npu"), InputError);
  CHECK_THROWS_AS(read_program(folder.path()), InputError);
  CHECK_THROWS_AS(write_program(program, path / "below_a_file.npu"), InputError);
  write_file(path,
             std::string_view("not a program, though long enough to hold a preamble and a checksum, is it?"));
  try {
    read_program(path);
    FAIL("accepted");
  } catch (const ProgramError& error) {
    CHECK(contains(error.what(), "p.npu: found another kind of file"));
  }
}

TEST_CASE("tensors are found by name, and a missing one is named") {
  const Program program = full_program();
  CHECK(program.tensor("out").dram_address == tests::kOutputs);
  try {
    program.tensor("nowhere");
    FAIL("found");
  } catch (const ProgramError& error) {
    CHECK(error.pc() == -1);
    CHECK(contains(error.what(), "'nowhere'"));
  }
}

TEST_CASE("a program runs on machines of its compatibility hash and is refused by others") {
  const auto arch = load_arch(tests::source_folder() / "configs/arch/shift_npu.json");
  Program program = full_program();
  program.compatibility_hash = compatibility_hash(arch);
  program.format = machine_format(arch);
  CHECK_NOTHROW(check_compatible(program, arch));
  auto slower = arch;
  slower.dram.latency_cycles = 1000;
  CHECK_NOTHROW(check_compatible(program, slower));
  auto other = arch;
  other.pe_array.rows = 8;
  CHECK_THROWS_AS(check_compatible(program, other), ProgramError);
}

TEST_CASE("the machine format is the part of the architecture that code depends on") {
  const auto arch = load_arch(tests::source_folder() / "configs/arch/shift_npu.json");
  const MachineFormat format = machine_format(arch);
  CHECK(format.array_rows == arch.pe_array.rows);
  CHECK(format.array_columns == arch.pe_array.columns);
  CHECK(format.weight_bytes() == 1);
  CHECK(format.activation_bytes() == 1);
  CHECK(format.accumulator_bytes() == 4);
  CHECK(format.shift_bits == arch.compounding.shift_bits);
  CHECK(format.weight_sram_bytes == arch.weight_sram.capacity_bytes);
  CHECK(format.global_buffer_bytes == arch.global_buffer.capacity_bytes);
  CHECK(format.accumulator_entries == arch.accumulator_store.capacity_bytes / 4);
  CHECK(format.dram_bytes == arch.dram.capacity_bytes);
}

}  // namespace
}  // namespace npu::hw
