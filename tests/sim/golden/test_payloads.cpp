// Are streams read back as they were written, in every format, and are bad files refused with their place?
#include <algorithm>
#include <cstdio>

#include "hw/common/error.h"
#include "hw/common/file.h"
#include "sim/golden/comparison.h"
#include "sim/golden/npy.h"
#include "sim/golden/stream_writer.h"
#include "tests/npy_text.h"
#include "tests/support.h"

namespace npu::tests {
namespace {

using namespace sim::golden;

struct Payload {
  std::vector<std::uint8_t> bytes, states;
};

Payload read_payload(const std::filesystem::path& path, const PayloadFormat& format,
                     std::size_t limit = 4096) {
  const auto reader = open_payload(path, format);
  Payload payload{std::vector<std::uint8_t>(limit), std::vector<std::uint8_t>(limit, kKnown)};
  const auto count = static_cast<std::size_t>(reader->read(payload.bytes, payload.states));
  payload.bytes.resize(count);
  payload.states.resize(count);
  return payload;
}

std::string problem_of(const std::filesystem::path& path, const PayloadFormat& format) {
  try {
    read_payload(path, format);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE(
    "What is written is read back, from hex and binary, for every word width, order and element width") {
  TestRandom random(1);
  const TemporaryFolder folder;
  for (const int word_bytes : {1, 2, 4, 6, 16}) {
    for (const int element_bytes : {1, 2, 4, 6}) {
      for (const int order : {0, 1, 2, 3}) {
        Stream stream;
        stream.name = "s";
        stream.element_bytes = element_bytes;
        stream.words = {word_bytes, (order & 1) != 0, (order & 2) != 0};
        StreamWriter writer(folder.path(), stream, true, true);
        std::vector<std::uint8_t> payload;
        for (const int elements : {3, 1, 8}) {
          std::vector<std::uint8_t> record(static_cast<std::size_t>(elements * element_bytes));
          for (auto& byte : record) byte = static_cast<std::uint8_t>(random.next());
          writer.append(7, record);
          payload.insert(payload.end(), record.begin(), record.end());
          payload.resize(static_cast<std::size_t>(
              std::ssize(payload) + (record_alignment(stream.words, element_bytes) -
                                     std::ssize(payload) % record_alignment(stream.words, element_bytes)) %
                                        record_alignment(stream.words, element_bytes)));
        }
        const Stream written = writer.finish();
        CHECK(written.payload_bytes == std::ssize(payload));
        for (const char* extension : {".bin", ".hex"}) {
          INFO(word_bytes << " " << element_bytes << " " << order << extension);
          CHECK((read_payload(folder.path() / ("s" + std::string(extension)),
                              payload_format(written, written.words))
                     .bytes == payload));
        }
        int differences = 0;
        const auto counts = compare_stream(written, folder.path(), folder.path() / "s.hex", written.words,
                                           false, [&](const Difference&) { ++differences; });
        CHECK(differences == 0);
        CHECK(counts.compared == 12);
      }
    }
  }
}

TEST_CASE("A word of two elements by hand: hex, little and big binary, either element first") {
  const TemporaryFolder folder;
  const std::vector<std::uint8_t> payload{0x34, 0x12, 0x78, 0x56};  // 0x1234, 0x5678
  const auto text_of = [&](bool big, bool high, const char* extension) {
    Stream stream;
    stream.name = "w";
    stream.element_bytes = 2;
    stream.words = {4, big, high};
    StreamWriter writer(folder.path(), stream, true, true);
    writer.append(-1, payload);
    writer.finish();
    return read_text_file(folder.path() / ("w" + std::string(extension)));
  };
  CHECK(text_of(false, false, ".hex") == "56781234\n");
  CHECK(text_of(false, true, ".hex") == "12345678\n");
  CHECK(text_of(false, false, ".bin") == "\x34\x12\x78\x56");
  CHECK(text_of(true, false, ".bin") == "\x56\x78\x12\x34");
  CHECK(text_of(true, true, ".bin") == "\x12\x34\x56\x78");
}

TEST_CASE(
    "Hex text may have comments, underscores, short words, several words a line, x and z, and addresses") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "a.hex";
  PayloadFormat format;
  format.words.word_bytes = 2;
  format.payload_bytes = 20;
  write_file(path, std::string_view("// head\n12_34 /* c\n */ 5 0000abcd\n@4 xx01 0z02 // end"));
  const auto payload = read_payload(path, format);
  CHECK((payload.bytes == std::vector<std::uint8_t>{0x34, 0x12, 5, 0, 0xcd, 0xab, 0, 0, 1, 0, 2, 0}));
  CHECK((payload.states == std::vector<std::uint8_t>{0, 0, 0, 0, 0, 0, 2, 2, 0, 1, 0, 1}));
}

TEST_CASE("Hex words may come in any order of addresses, later ones replacing earlier ones") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "a.hex";
  PayloadFormat format;
  format.words.word_bytes = 1;
  format.payload_bytes = 64;
  const auto bytes_of = [&](std::string_view text) {
    write_file(path, text);
    return read_payload(path, format);
  };
  CHECK((bytes_of("@3 33\n@2 22\n@1 11\n@0 00\n").bytes == std::vector<std::uint8_t>{0, 0x11, 0x22, 0x33}));
  CHECK((bytes_of("@4 44 55\n@0 00 11 22 33").bytes ==
         std::vector<std::uint8_t>{0, 0x11, 0x22, 0x33, 0x44, 0x55}));
  CHECK((bytes_of("00 11 22 33 44 // @9\n@1 aa bb").bytes ==
         std::vector<std::uint8_t>{0, 0xaa, 0xbb, 0x33, 0x44}));  // the middle replaced
  CHECK((bytes_of("@2 aa bb\n@0 00 11 22 33 44").bytes ==
         std::vector<std::uint8_t>{0, 0x11, 0x22, 0x33, 0x44}));  // all replaced
  CHECK((bytes_of("@0 00 11 @2 22 @1 aa // twice").bytes == std::vector<std::uint8_t>{0, 0xaa, 0x22}));
  const auto gaps = bytes_of("@5 55\n@2 22\n");
  CHECK((gaps.bytes == std::vector<std::uint8_t>{0, 0, 0x22, 0, 0, 0x55}));
  CHECK((gaps.states == std::vector<std::uint8_t>{2, 2, 0, 2, 2, 0}));
}

TEST_CASE("Hex words in a random order of runs are what they are in order") {
  const TemporaryFolder folder;
  TestRandom random(77);
  const auto path = folder.path() / "a.hex";
  for (int round = 0; round < 60; ++round) {
    // Writes over a memory, in random order and overlapping, as runs with an address each.
    std::vector<std::uint8_t> memory, written;
    std::string text = "// round\n";
    for (auto count = random.integer(1, 9); count > 0; --count) {
      const auto address = static_cast<std::size_t>(random.integer(0, 40));
      const auto words = static_cast<std::size_t>(random.integer(1, 20));
      char number[16];
      std::snprintf(number, sizeof number, "@%zx\r\n", address);
      text += number;
      memory.resize(std::max(memory.size(), address + words), 0);
      written.resize(memory.size(), kAbsent);
      for (std::size_t word = address; word < address + words; ++word) {
        memory[word] = static_cast<std::uint8_t>(random.next());
        written[word] = kKnown;
        std::snprintf(number, sizeof number, "%02x\r\n", memory[word]);
        text += number;
      }
    }
    PayloadFormat format;
    format.words.word_bytes = 1;
    format.payload_bytes = 64;
    write_file(path, text);
    INFO(text);
    const auto payload = read_payload(path, format);
    CHECK((payload.bytes == memory));
    CHECK((payload.states == written));
  }
}

TEST_CASE("A 0x before every word is a prefix, before some it is an undefined digit") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "a.hex";
  PayloadFormat format;
  format.words.word_bytes = 2;
  format.payload_bytes = 64;
  const auto payload_of = [&](std::string_view text) {
    write_file(path, text);
    return read_payload(path, format);
  };
  CHECK((payload_of("0x1234 0XAB\n@0x2 0x00ff").bytes ==
         std::vector<std::uint8_t>{0x34, 0x12, 0xab, 0, 0xff, 0}));
  const auto mixed = payload_of("0x12 1234");  // 16 bits, the second digit undefined
  CHECK((mixed.bytes == std::vector<std::uint8_t>{0x12, 0, 0x34, 0x12}));
  CHECK((mixed.states == std::vector<std::uint8_t>{0, 1, 0, 0}));
  CHECK((payload_of("0xx1 0xx2").states == std::vector<std::uint8_t>{1, 1, 1, 1}));
  write_file(path, std::string_view("0x1234 12\n"));
  CHECK(problem_of(path, format).find("digits") != std::string::npos);
}

TEST_CASE("Bad hex text is refused with its line") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "a.hex";
  PayloadFormat format;
  format.words.word_bytes = 2;
  format.payload_bytes = 8;
  const std::vector<std::pair<std::string, std::string>> cases{
      {"12\nhello\n", "line 2"}, {"12345\n", "digits"},
      {"@99 1\n", "at most"},    {"1 /* never closed", "comment"},
      {"1 / 2", "//"},           {"@x 1", "address"},
      {"@ 1", "address"},        {"1 32'hff", "digits"},
      {"@zz 1", "address"},      {"@ffffffffffffffffffffffff 1", "address"}};
  for (const auto& [text, part] : cases) {
    INFO(text);
    write_file(path, text);
    CHECK(problem_of(path, format).find(part) != std::string::npos);
  }
}

TEST_CASE("npy arrays of every integer type are read, and what is no such array is refused") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "a.npy";
  PayloadFormat format;
  format.payload_bytes = 4;
  write_file(path, npy_text("<i4", "(2,)", std::string("\x05\x00\x00\x00\xff\xff\xff\xff", 8)));
  CHECK((read_payload(path, format).bytes == std::vector<std::uint8_t>{5, 0xff}));
  write_file(path, npy_text(">i2", "(1, 2)", std::string("\x00\x05\xff\xff", 4)));
  CHECK((read_payload(path, format).bytes == std::vector<std::uint8_t>{5, 0xff}));
  write_file(path, npy_text("|i1", "(2,)", "\x05"));
  CHECK((read_payload(path, format).bytes == std::vector<std::uint8_t>{5}));  // truncated
  const std::vector<std::string> bad{npy_text("<f4", "(1,)", "1234"),
                                     npy_text("<c8", "(1,)", "12345678"),
                                     npy_text("<i4", "(1,)", std::string("\x00\x01\x00\x00", 4)),
                                     npy_text("|i1", "(1,)", "1", "True"),
                                     npy_text("|i1", "(99999999999999999999,)", "1"),
                                     "no npy",
                                     npy_text("|i1", "(1,)", "1").substr(0, 20),
                                     ""};
  for (const auto& text : bad) {
    INFO(text);
    write_file(path, text);
    CHECK(problem_of(path, format) != "");
  }
  write_file(path, npy_text("<f4", "(2, 1)", std::string("\x00\x00\x80\x3f\x00\x00\x00\xc0", 8)));
  CHECK(read_npy(path).values == std::vector<double>{1.0, -2.0});
  write_file(path, npy_text("<f4", "(3,)", "1234"));
  CHECK_THROWS_AS(read_npy(path), InputError);
}

TEST_CASE("A comparison of a stream longer than a block counts every difference at its place") {
  const TemporaryFolder folder;
  TestRandom random(9);
  Stream stream;
  stream.name = "long";
  stream.element_bytes = 6;
  stream.words.word_bytes = 4;
  StreamWriter writer(folder.path(), stream, true, false);
  std::vector<std::uint8_t> record(6 * 300'001);
  for (auto& byte : record) byte = static_cast<std::uint8_t>(random.next());
  for (int count = 0; count < 3; ++count) writer.append(count, record);
  const Stream written = writer.finish();
  auto bytes = read_file(folder.path() / "long.bin");
  std::vector<std::pair<std::int64_t, std::int64_t>> places;
  for (int round = 0; round < 50; ++round) {
    const std::int64_t which = random.integer(0, 2);
    const std::int64_t element = random.integer(0, 300'000);
    bytes[static_cast<std::size_t>(written.records[static_cast<std::size_t>(which)].word * 4 + element * 6 +
                                   5)] ^= 0x80;
    places.emplace_back(which, element);
  }
  std::ranges::sort(places);
  places.erase(std::unique(places.begin(), places.end()), places.end());
  write_file(folder.path() / "dump.bin", bytes);
  std::vector<std::pair<std::int64_t, std::int64_t>> found;
  compare_stream(
      written, folder.path(), folder.path() / "dump.bin", written.words, false,
      [&](const Difference& difference) { found.emplace_back(difference.record, difference.element); });
  CHECK((found == places));
}

}  // namespace npu::tests
