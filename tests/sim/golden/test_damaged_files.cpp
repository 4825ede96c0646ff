// Dumps damaged on their way from the simulation, or written by a design that moves data wrongly: is the
// first wrong element found, and the damage named?
#include <algorithm>

#include "hw/common/error.h"
#include "hw/common/file.h"
#include "sim/golden/diagnosis.h"
#include "tests/random_network.h"
#include "tests/sim/golden/small_export.h"

namespace npu::tests {
namespace {

using namespace sim::golden;
using Bytes8 = std::vector<std::uint8_t>;

constexpr std::size_t kHexLine = 9;  // 32-bit words
constexpr std::size_t kWord = 4;

/// An export at layer level with one stream to damage: the output of its first convolution.
struct Damaged {
  std::unique_ptr<SmallExport> made;
  std::string name;
  Bytes8 right;

  explicit Damaged(std::uint64_t seed, Level level = Level::kLayer) : made(small_export(seed, level)) {
    name = made->name_of(Content::kLayerOutput, made->layer_of("conv"));
    right = read_file(made->golden() / (name + ".bin"));
  }
  CheckResult binary(const std::function<void(Bytes8&)>& change, const CheckOptions& options = {}) const {
    Bytes8 bytes = right;
    change(bytes);
    return file(".bin", bytes, options);
  }
  CheckResult file(const char* extension, const Bytes8& bytes, const CheckOptions& options = {}) const {
    std::filesystem::remove_all(made->dump());
    write_file(made->dump() / (name + extension), bytes);
    return made->check(options);
  }
  CheckResult hex(const std::function<void(std::string&)>& change) const {
    std::string text = read_text_file(made->golden() / (name + ".hex"));
    change(text);
    return file(".hex", Bytes8(text.begin(), text.end()));
  }
  const hw::TensorSymbol& tensor() const { return made->program.tensor(made->manifest.find(name)->tensor); }
  /// Element of the first byte in which two files differ.
  std::int64_t first_difference(const Bytes8& bytes) const {
    return std::mismatch(right.begin(), right.end(), bytes.begin(), bytes.end()).first - right.begin();
  }
};

std::string all_guesses(const CheckResult& result) {
  std::string text;
  for (const auto& guess : result.guesses) text += guess + "\n";
  return text;
}

bool guessed(const CheckResult& result, const std::string& part) {
  return all_guesses(result).find(part) != std::string::npos;
}

bool matches(const CheckResult& result) {
  return result.count(StreamStatus::kMatch) == 1 && result.count(StreamStatus::kMismatch) == 0 &&
         result.count(StreamStatus::kUnusable) == 0;
}

// A line of a hex file replaced by what `change` makes of it.
void change_lines(std::string& text,
                  const std::function<std::string(const std::string&, std::size_t)>& change) {
  std::string changed;
  for (std::size_t at = 0; at < text.size(); at += kHexLine) {
    changed += change(text.substr(at, kHexLine - 1), at / kHexLine);
  }
  text = changed;
}

}  // namespace

TEST_CASE("Hex dumps of any common style match: line ends, prefixes, underscores, comments, upper case") {
  const Damaged sample(40);
  CHECK(matches(sample.hex([](std::string&) {})));
  CHECK(matches(sample.hex([](std::string& text) {
    change_lines(text, [](const std::string& word, std::size_t) { return word + "\r\n"; });
  })));
  CHECK(matches(sample.hex([](std::string& text) {
    change_lines(text, [](const std::string& word, std::size_t) { return "0x" + word + "\n"; });
  })));
  CHECK(matches(sample.hex([](std::string& text) {
    change_lines(text, [](const std::string& word, std::size_t index) {
      return word.substr(0, 4) + "_" + word.substr(4) + " // word " + std::to_string(index) + "\n";
    });
  })));
  CHECK(matches(sample.hex([](std::string& text) {
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    text = "/* memory of 32 bits\n   written by @hand */\n@0\n" + text + "\n\n// end";
  })));
}

TEST_CASE("Hex dumps with descending, shuffled or partly repeated addresses match") {
  const Damaged sample(41);
  const auto addressed = [](std::vector<std::size_t> order) {
    return [order](std::string& text) {
      std::string changed;
      for (const std::size_t word : order) {
        char address[24];
        std::snprintf(address, sizeof address, "@%zx ", word);
        changed += address + text.substr(word * kHexLine, kHexLine);
      }
      text = changed;
    };
  };
  std::vector<std::size_t> order(sample.right.size() / kWord);
  for (std::size_t word = 0; word < order.size(); ++word) order[word] = order.size() - 1 - word;
  CHECK(matches(sample.hex(addressed(order))));
  TestRandom random(41);
  for (std::size_t word = order.size() - 1; word > 0; --word) {
    std::swap(order[word],
              order[static_cast<std::size_t>(random.integer(0, static_cast<std::int64_t>(word)))]);
  }
  order.push_back(order[3]);
  CHECK(matches(sample.hex(addressed(order))));
  // One of them wrong: located at its address, not at its place in the file.
  const auto result = sample.hex([&](std::string& text) {
    text[7 * kHexLine + 7] = text[7 * kHexLine + 7] == '0' ? '1' : '0';
    addressed(order)(text);
  });
  REQUIRE(result.first);
  CHECK(result.first->word == 7);
  CHECK(result.first->difference.element == 7 * 4);
}

TEST_CASE("An undriven digit in the middle of a hex file is located to its element") {
  const Damaged sample(42);
  for (const char digit : {'x', 'Z', '?'}) {
    const auto result = sample.hex([&](std::string& text) { text[100 * kHexLine + 2] = digit; });
    REQUIRE(result.first);
    CHECK(result.first->difference.state == kUndefined);
    CHECK(result.first->difference.element == 100 * 4 + 2);
    CHECK(result.first->word == 100);
  }
}

TEST_CASE("A word written twice or dropped in the middle is placed where the stream moves") {
  const Damaged sample(43);
  constexpr std::ptrdiff_t kAt = 4 * 123;
  const auto twice = [](Bytes8& dump) {
    const Bytes8 word(dump.begin() + kAt, dump.begin() + kAt + 4);
    dump.insert(dump.begin() + kAt, word.begin(), word.end());
  };
  Bytes8 bytes = sample.right;
  twice(bytes);
  auto result = sample.binary(twice);
  INFO(all_guesses(result));
  REQUIRE(result.first);
  CHECK(result.first->stream->name == sample.name);
  CHECK(guessed(
      result, "1 extra word in the dump before word " + std::to_string(sample.first_difference(bytes) / 4)));
  const auto dropped = [](Bytes8& dump) { dump.erase(dump.begin() + kAt, dump.begin() + kAt + 4); };
  bytes = sample.right;
  dropped(bytes);
  result = sample.binary(dropped);
  CHECK(guessed(result, "1 word missing in the dump before word " +
                            std::to_string(sample.first_difference(bytes) / 4)));
  // The word overwrites the next one, and nothing moves.
  result = sample.binary([](Bytes8& dump) { std::copy_n(dump.begin() + kAt, 4, dump.begin() + kAt + 4); });
  INFO(all_guesses(result));
  REQUIRE(result.first);
  CHECK(result.first->word == kAt / 4 + 1);
  CHECK(guessed(result, "the word is the one before it again"));
}

TEST_CASE("Rows, columns or channels that are off by one are named") {
  const Damaged sample(44);
  const auto& tensor = sample.tensor();
  const auto moved = [&](std::int64_t rows, std::int64_t columns, std::int64_t channels) {
    return sample.binary([&](Bytes8& bytes) {
      for (std::int64_t at = 0; at < std::ssize(bytes); ++at) {
        const std::int64_t row = at / (tensor.width * tensor.channels) + rows;
        const std::int64_t column = at / tensor.channels % tensor.width + columns;
        const std::int64_t channel = at % tensor.channels + channels;
        const bool inside = row >= 0 && row < tensor.height && column >= 0 && column < tensor.width &&
                            channel >= 0 && channel < tensor.channels;
        bytes[static_cast<std::size_t>(at)] =
            inside ? sample.right[static_cast<std::size_t>((row * tensor.width + column) * tensor.channels +
                                                           channel)]
                   : std::uint8_t{0x55};
      }
    });
  };
  auto result = moved(1, 0, 0);
  INFO(all_guesses(result));
  CHECK(guessed(result, "every row holds what the row +1 should hold"));
  CHECK(guessed(moved(-1, 0, 0), "every row holds what the row -1 should hold"));
  CHECK(guessed(moved(0, 1, 0), "every column holds what the column +1 should hold"));
  CHECK(guessed(moved(0, 0, -1), "every channel holds what the channel -1 should hold"));
}

TEST_CASE("The data of another image or another layer is not taken for a fault of the arithmetic") {
  const Damaged sample(45);
  // The same program on another input.
  const auto other = random_input(sample.made->graph, 4711);
  const auto folder = sample.made->folder.path() / "other";
  ExportOptions options;
  options.level = Level::kLayer;
  export_program(sample.made->program, sample.made->arch, other, options, folder);
  auto result = sample.file(".bin", read_file(folder / (sample.name + ".bin")));
  INFO(all_guesses(result));
  REQUIRE(result.first);
  CHECK(guessed(result, "data of another input"));
  CHECK(result.guesses.size() == 1);
  // Two layers of one shape, their files exchanged.
  const auto& manifest = sample.made->manifest;
  const auto twin = std::ranges::find_if(manifest.streams, [&](const Stream& stream) {
    return stream.content == Content::kLayerOutput && stream.name != sample.name &&
           stream.payload_bytes == std::ssize(sample.right);
  });
  REQUIRE(twin != manifest.streams.end());
  result = sample.file(".bin", read_file(sample.made->golden() / (twin->name + ".bin")));
  INFO(all_guesses(result));
  CHECK(guessed(result, "the file is " + twin->name + ".bin of the export"));
}

TEST_CASE("Text in place of binary, line ends translated in binary and wider elements are named") {
  const Damaged sample(46);
  const auto text = read_file(sample.made->golden() / (sample.name + ".hex"));
  CHECK(guessed(sample.file(".bin", text), "call it .hex"));
  Bytes8 translated, wide;
  for (const std::uint8_t byte : sample.right) {
    if (byte == '\n') translated.push_back('\r');
    translated.push_back(byte);
    wide.push_back(byte);
    wide.push_back((byte & 0x80) != 0 ? 0xff : 0);
  }
  REQUIRE(translated.size() > sample.right.size());
  CHECK(guessed(sample.file(".bin", translated), "text mode"));
  CHECK(guessed(sample.file(".bin", wide), "each element takes 2 bytes, expected 1"));
}

TEST_CASE("Binary bytes in a hex file and a header line are unusable input with their line") {
  const Damaged sample(47);
  const auto problem = [](const CheckResult& result) {
    std::string text;
    for (const auto& stream : result.streams) text += stream.problem;
    return text;
  };
  CHECK(problem(sample.file(".hex", sample.right)).find("line ") != std::string::npos);
  const auto result = sample.hex([](std::string& text) { text = "addr data\n" + text; });
  CHECK(result.count(StreamStatus::kUnusable) == 1);
  CHECK(problem(result).find("line 1") != std::string::npos);
  CHECK(problem(sample.hex([](std::string& text) {
          text.insert(50 * kHexLine, "8'hff\n");
        })).find("line 51") != std::string::npos);
}

TEST_CASE("The pattern of a stream longer than the window is found in a part of it") {
  const Damaged sample(48, Level::kTile);
  CheckOptions options;
  options.pattern_window_bytes = 4096;
  REQUIRE(std::ssize(sample.right) > 2 * options.pattern_window_bytes);
  // Far behind the first window.
  const std::ptrdiff_t at = std::ssize(sample.right) / 4 * 3 / 4 * 4;
  auto result = sample.binary([&](Bytes8& bytes) { bytes[static_cast<std::size_t>(at)] ^= 0x20; }, options);
  REQUIRE(result.first);
  CHECK(result.first->difference.element == at);
  CHECK(guessed(result, "bit 5 is inverted"));
  Bytes8 longer;
  result = sample.binary(
      [&](Bytes8& bytes) {
        bytes.insert(bytes.begin() + at, {0xDE, 0xAD, 0xBE, 0xEF});
        longer = bytes;
      },
      options);
  INFO(all_guesses(result));
  CHECK(guessed(
      result, "1 extra word in the dump before word " + std::to_string(sample.first_difference(longer) / 4)));
  // An instruction's record that lies in the window is still recomputed, and one beside it compared with
  // others.
  const auto name = sample.made->name_of(Content::kConvOutput, sample.made->layer_of("conv"));
  const auto& records = sample.made->manifest.find(name)->records;
  const auto& last = records.back();
  sample.made->dump_only(Content::kConvOutput);
  sample.made->damage(name, [&](Bytes8& bytes) {
    for (std::int64_t element = 0; element < last.elements; ++element)
      bytes[static_cast<std::size_t>(last.word * 4 + element)] ^= 0x01;
  });
  options.pattern_window_bytes = sample.made->manifest.find(name)->payload_bytes - 1;
  result = sample.made->check(options);
  INFO(all_guesses(result));
  REQUIRE(result.first);
  CHECK(result.first->pc == last.pc);
  CHECK(guessed(result, "bit 0 is inverted"));
}

}  // namespace npu::tests
