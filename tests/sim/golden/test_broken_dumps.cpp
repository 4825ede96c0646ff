// Dumps broken in many ways: is the fault found, in the right place, and named?
#include <algorithm>

#include "hw/common/error.h"
#include "hw/common/file.h"
#include "sim/golden/diagnosis.h"
#include "tests/rounding_oracle.h"
#include "tests/sim/golden/small_export.h"

namespace npu::tests {
namespace {

using namespace sim::golden;
using Bytes8 = std::vector<std::uint8_t>;

bool guessed(const CheckResult& result, const std::string& part) {
  return std::ranges::any_of(result.guesses,
                             [&](const auto& guess) { return guess.find(part) != std::string::npos; });
}

std::string all_guesses(const CheckResult& result) {
  std::string text;
  for (const auto& guess : result.guesses) text += guess + "\n";
  return text;
}

}  // namespace

TEST_CASE("A flipped bit anywhere is located to its layer, coordinates and instruction") {
  const auto made = small_export(20, Level::kLayer);
  TestRandom random(20);
  const TileMap map(made->program);
  for (int round = 0; round < 40; ++round) {
    made->dump_only(Content::kLayerOutput);
    const auto layer = random.integer(0, std::ssize(made->program.layers) - 1);
    const auto name = made->name_of(Content::kLayerOutput, layer);
    const auto& record = made->manifest.find(name)->records[0];
    const auto element = random.integer(0, record.elements - 1);
    const int bit = static_cast<int>(random.integer(0, 7));
    made->damage(name, [&](Bytes8& bytes) {
      bytes[static_cast<std::size_t>(element)] ^= static_cast<std::uint8_t>(1 << bit);
    });
    const auto result = made->check();
    INFO(name << " element " << element << " bit " << bit);
    REQUIRE(result.first);
    const auto& tensor = made->program.tensor(made->program.layers[static_cast<std::size_t>(layer)].output);
    const Coordinates place{element / (tensor.width * tensor.channels),
                            element / tensor.channels % tensor.width, element % tensor.channels};
    CHECK(result.first->layer == made->program.layers[static_cast<std::size_t>(layer)].name);
    CHECK(result.first->place.find(to_text(place)) != std::string::npos);
    CHECK(result.first->pc == map.find(layer, place)->pc);
    CHECK(guessed(result, "bit " + std::to_string(bit) + " is inverted"));
  }
}

TEST_CASE("Of many wrong streams the first in execution order is reported, not the first in the folder") {
  const auto made = small_export(21, Level::kTile);
  made->dump_everything();
  for (const auto& stream : made->manifest.streams) {
    if (stream.expected && stream.layer != 1)
      made->damage(stream.name, [](Bytes8& bytes) { bytes[0] ^= 0x55; });
  }
  auto result = made->check();
  REQUIRE(result.first);
  CHECK(result.first->stream->layer == 0);
  // Layer 0's first instruction that writes anything.
  std::int64_t first = INT64_MAX;
  for (const auto& stream : made->manifest.streams) {
    if (stream.expected && stream.layer == 0 && stream.records[0].pc >= 0)
      first = std::min(first, stream.records[0].pc);
  }
  CHECK(result.first->pc == first);
}

TEST_CASE("A truncated file is located at the first missing element, and fine with partial dumps") {
  const auto made = small_export(22, Level::kLayer);
  made->dump_only(Content::kLayerOutput);
  const auto name = made->name_of(Content::kLayerOutput, 2);
  made->damage(name, [](Bytes8& bytes) { bytes.resize(bytes.size() / 2 + 1); });
  const auto kept = static_cast<std::int64_t>(read_file(made->dump() / (name + ".bin")).size());
  const auto result = made->check();
  REQUIRE(result.first);
  CHECK(result.first->stream->name == name);
  CHECK(result.first->difference.state == kAbsent);
  CHECK(result.first->difference.element >= 0);
  CHECK(guessed(result, "the dump is short"));
  const auto& stream =
      *std::ranges::find_if(result.streams, [&](const auto& one) { return one.stream->name == name; });
  CHECK(stream.counts.absent == stream.counts.elements - kept);
  CheckOptions partial;
  partial.partial = true;
  CHECK(made->check(partial).count(StreamStatus::kMismatch) == 0);
  made->damage(name, [](Bytes8& bytes) { bytes.back() ^= 1; });
  CHECK(made->check(partial).count(StreamStatus::kMismatch) == 1);
}

TEST_CASE("Wrong byte order, swapped halves and descending words are named") {
  const auto made = small_export(23, Level::kLayer);
  const auto name = made->name_of(Content::kLayerOutput, 0);
  const auto with = [&](const std::function<void(Bytes8&)>& change) {
    made->dump_only(Content::kLayerOutput);
    made->damage(name, change);
    return made->check();
  };
  const auto reversed = [](std::size_t width) {
    return [width](Bytes8& bytes) {
      for (std::size_t at = 0; at + width <= bytes.size(); at += width) {
        std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                     bytes.begin() + static_cast<std::ptrdiff_t>(at + width));
      }
    };
  };
  CHECK(guessed(with(reversed(4)), "32-bit word are reversed: endianness"));
  CHECK(guessed(with(reversed(8)), "64-bit word are reversed: endianness"));
  CHECK(guessed(with([](Bytes8& bytes) {
                  for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
                    std::swap_ranges(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                                     bytes.begin() + static_cast<std::ptrdiff_t>(at + 4),
                                     bytes.begin() + static_cast<std::ptrdiff_t>(at + 4));
                  }
                }),
                "32-bit parts of every 64-bit word"));
  CHECK(guessed(with([&](Bytes8& bytes) {
                  std::reverse(bytes.begin(), bytes.end());
                  reversed(4)(bytes);
                }),
                "descending order"));
}

TEST_CASE("Words too many at the start, in the middle or lost are counted and placed") {
  const auto made = small_export(24, Level::kLayer);
  const auto name = made->name_of(Content::kLayerOutput, 0);
  const auto with = [&](const std::function<void(Bytes8&)>& change) {
    made->dump_only(Content::kLayerOutput);
    made->damage(name, change);
    return made->check();
  };
  const Bytes8 header{0xDE, 0xAD, 0xBE, 0xEF};
  auto result = with([&](Bytes8& bytes) { bytes.insert(bytes.begin(), header.begin(), header.end()); });
  INFO(all_guesses(result));
  CHECK(guessed(result, "1 extra word in the dump before word 0"));
  result = with([&](Bytes8& bytes) { bytes.insert(bytes.begin() + 400, header.begin(), header.end()); });
  CHECK(guessed(result, "1 extra word in the dump before word 100"));
  result = with([&](Bytes8& bytes) { bytes.erase(bytes.begin() + 400, bytes.begin() + 412); });
  CHECK(guessed(result, "3 words missing in the dump before word 100"));
  result = with([&](Bytes8& bytes) { bytes.insert(bytes.end(), header.begin(), header.end()); });
  CHECK(result.count(StreamStatus::kMismatch) == 1);
  CHECK_FALSE(result.first);  // nothing is wrong but the length
}

TEST_CASE("Swapped tiles, swapped channels, a stale buffer and channel-first order are named") {
  const auto made = small_export(25, Level::kTile);
  const TileMap map(made->program);
  const std::int64_t layer = made->layer_of("conv");
  const auto name = made->name_of(Content::kLayerOutput, layer);
  const auto& tensor = made->program.tensor(made->program.layers[static_cast<std::size_t>(layer)].output);
  const auto at = [&](const Coordinates& place) {
    return static_cast<std::size_t>((place.row * tensor.width + place.column) * tensor.channels +
                                    place.channel);
  };
  made->dump_only(Content::kLayerOutput);
  made->damage(name, [&](Bytes8& bytes) {
    const Bytes8 before = bytes;
    for (std::int64_t pixel = 0; pixel < tensor.height * tensor.width; ++pixel) {
      std::swap(bytes[static_cast<std::size_t>(pixel * tensor.channels + 2)],
                bytes[static_cast<std::size_t>(pixel * tensor.channels + 9)]);
    }
  });
  auto result = made->check();
  INFO(all_guesses(result));
  CHECK(guessed(result, "channel 2 holds what channel 9 should hold"));

  made->dump_only(Content::kLayerOutput);
  made->damage(name, [&](Bytes8& bytes) {
    const Bytes8 before = bytes;
    std::size_t next = 0;
    for (std::int64_t channel = 0; channel < tensor.channels; ++channel) {
      for (std::int64_t row = 0; row < tensor.height; ++row) {
        for (std::int64_t column = 0; column < tensor.width; ++column)
          bytes[next++] = before[at({row, column, channel})];
      }
    }
  });
  CHECK(guessed(made->check(), "[channel][row][column]"));

  // Two tiles of one shape exchanged; the second then alone holds the first (a stale buffer).
  const auto& boxes = map.boxes_of(layer);
  const auto twin = std::ranges::find_if(boxes, [&](const TileBox& box) {
    return box.pc != boxes[0].pc && box.rows == boxes[0].rows && box.columns == boxes[0].columns &&
           box.channels == boxes[0].channels;
  });
  REQUIRE(twin != boxes.end());
  for (const bool both : {true, false}) {
    made->dump_only(Content::kLayerOutput);
    made->damage(name, [&](Bytes8& bytes) {
      const Bytes8 before = bytes;
      for (std::int64_t index = 0; index < twin->rows * twin->columns * twin->channels; ++index) {
        bytes[at(twin->at(index))] = before[at(boxes[0].at(index))];
        if (both) bytes[at(boxes[0].at(index))] = before[at(twin->at(index))];
      }
    });
    result = made->check();
    INFO(all_guesses(result));
    CHECK(guessed(result, "tiles swapped or stale"));
    CHECK(result.first->pc == (both ? boxes[0].pc : twin->pc));
  }
}

TEST_CASE("Faulty arithmetic in one layer's outputs is named by recomputing it") {
  const auto made = small_export(26, Level::kUnit);
  const std::int64_t layer = made->layer_of("conv");
  const auto name = made->name_of(Content::kConvOutput, layer);
  const auto operands = name.substr(0, name.rfind('/')) + "/";
  const Stream& outputs = *made->manifest.find(name);
  const auto values_of = [&](const std::string& stream) {
    return read_values(*made->manifest.find(stream), made->golden());
  };
  const auto sums = values_of(made->name_of(Content::kAccumulators, layer));
  const auto biases = values_of(operands + "operand_biases");
  const auto shifts = values_of(operands + "operand_shifts");
  struct Fault {
    const char* name;
    bool bias;
    int more_shift;
    hw::Rounding rule;
    bool zero_point;
  };
  for (const Fault& fault : {Fault{"bias not added", false, 0, hw::Rounding::kHalfUp, true},
                             Fault{"wrong shift: one too many", true, 1, hw::Rounding::kHalfUp, true},
                             Fault{"wrong shift: one too few", true, -1, hw::Rounding::kHalfUp, true},
                             Fault{"rounding constant missing", true, 0, hw::Rounding::kFloor, true},
                             Fault{"output zero point not added", true, 0, hw::Rounding::kHalfUp, false}}) {
    INFO(fault.name);
    made->dump_everything();
    std::size_t first_sum = 0, first_channel = 0;
    made->damage(name, [&](Bytes8& bytes) {
      for (const auto& record : outputs.records) {
        const auto& conv = made->program.instructions[static_cast<std::size_t>(record.pc)].conv();
        for (std::int64_t index = 0; index < record.elements; ++index) {
          const auto channel = first_channel + static_cast<std::size_t>(index % conv.out_channels);
          const hw::Wide sum = hw::Wide{sums[first_sum + static_cast<std::size_t>(index)]} +
                               (fault.bias ? biases[channel] : 0);
          const auto total = static_cast<int>(conv.shift + shifts[channel] + fault.more_shift);
          const hw::Wide y = rounding_oracle(sum * conv.multiplier, total, fault.rule) +
                             (fault.zero_point ? conv.out_zero_point : 0);
          bytes[static_cast<std::size_t>(record.word * 4 + index)] =
              static_cast<std::uint8_t>(std::clamp<hw::Wide>(y, conv.low, conv.high));
        }
        first_sum += static_cast<std::size_t>(record.elements);
        first_channel += static_cast<std::size_t>(conv.out_channels);
      }
    });
    const auto result = made->check();
    REQUIRE(result.first);
    CHECK(result.first->unit == "compounding unit");
    INFO(all_guesses(result));
    CHECK(guessed(result, fault.name));
  }
}

TEST_CASE("x and z digits are reported as undefined, a malformed hex file as unusable with its line") {
  const auto made = small_export(27, Level::kLayer);
  const auto name = made->name_of(Content::kLayerOutput, 0);
  auto text = read_text_file(made->golden() / (name + ".hex"));
  const auto file = made->dump() / (name + ".hex");
  text[0] = 'x';
  write_file(file, text);
  auto result = made->check();
  REQUIRE(result.first);
  CHECK(result.first->difference.state == kUndefined);
  CHECK(result.first->difference.element == 3);  // the word's most significant byte
  write_file(file, "memory dump of bank 0\n" + text);
  result = made->check();
  CHECK(result.count(StreamStatus::kUnusable) == 1);
  CHECK(result
            .streams[static_cast<std::size_t>(
                std::ranges::find_if(result.streams,
                                     [&](const auto& one) { return one.stream->name == name; }) -
                result.streams.begin())]
            .problem.find("line 1") != std::string::npos);
  write_file(file, "// memory dump of bank 0\n@0\n/* words */" + text);
  CHECK(made->check().count(StreamStatus::kMismatch) == 1);
}

TEST_CASE("Skipped addresses of a hex dump are missing words, and may be with partial dumps") {
  const auto made = small_export(28, Level::kLayer);
  const auto name = made->name_of(Content::kLayerOutput, 0);
  auto text = read_text_file(made->golden() / (name + ".hex"));
  constexpr std::size_t kLine = 9;
  text = text.substr(0, 5 * kLine) + "@8\n" + text.substr(8 * kLine);
  write_file(made->dump() / (name + ".hex"), text);
  const auto result = made->check();
  REQUIRE(result.first);
  CHECK(result.first->difference.state == kAbsent);
  CHECK(result.first->difference.element == 20);
  CheckOptions partial;
  partial.partial = true;
  CHECK(made->check(partial).count(StreamStatus::kMatch) == 1);
}

}  // namespace npu::tests
