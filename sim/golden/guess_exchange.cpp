// Patterns of place: parts of a tensor that hold what another part should hold.
#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>

#include "sim/golden/diagnosis.h"

namespace npu::sim::golden {
namespace {

constexpr std::int64_t kMinimumEvidence = 8;

/// A part of the stream: the elements that belong together, in a fixed order.
struct Part {
  std::string name;
  std::vector<std::int64_t> elements;
};

std::uint64_t content_hash(const Part& part, const std::vector<std::int64_t>& values) {
  std::uint64_t hash = 1469598103934665603ULL;  // FNV-1a
  for (const std::int64_t element : part.elements) {
    hash = (hash ^ static_cast<std::uint64_t>(values[static_cast<std::size_t>(element)])) * 1099511628211ULL;
  }
  return hash;
}

bool same(const Part& a, const std::vector<std::int64_t>& values_a, const Part& b,
          const std::vector<std::int64_t>& values_b) {
  return std::ranges::equal(a.elements, b.elements, [&](std::int64_t x, std::int64_t y) {
    return values_a[static_cast<std::size_t>(x)] == values_b[static_cast<std::size_t>(y)];
  });
}

// Each wrong part whose found content is the expected content of another part.
void guess_parts(const std::string& kind, const std::vector<Part>& parts, const StreamData& data,
                 std::vector<Guess>& guesses) {
  if (parts.size() < 2) return;
  std::multimap<std::uint64_t, std::size_t> by_content;
  for (std::size_t index = 0; index < parts.size(); ++index) {
    by_content.emplace(content_hash(parts[index], data.expected), index);
  }
  std::int64_t wrong = 0, explained = 0;
  std::string example;
  for (std::size_t index = 0; index < parts.size(); ++index) {
    const Part& part = parts[index];
    std::int64_t differing = 0;
    for (const std::int64_t element : part.elements) {
      const auto at = static_cast<std::size_t>(element);
      differing += data.known[at] == 0 || data.found[at] != data.expected[at] ? 1 : 0;
    }
    if (differing == 0) continue;
    wrong += differing;
    const auto [first, last] = by_content.equal_range(content_hash(part, data.found));
    const auto source = std::find_if(first, last, [&](const auto& entry) {
      return entry.second != index && parts[entry.second].elements.size() == part.elements.size() &&
             same(part, data.found, parts[entry.second], data.expected);
    });
    if (source == last) continue;
    explained += differing;
    if (example.empty())
      example = fmt::format("{} holds what {} should hold", part.name, parts[source->second].name);
  }
  if (explained > 0) {
    guesses.push_back({fmt::format("{} swapped or stale: {}", kind, example),
                       static_cast<double>(explained) / static_cast<double>(wrong)});
  }
}

std::vector<Part> axis_parts(const char* name, const Coordinates& extents, std::int64_t count,
                             const std::function<std::int64_t(const Coordinates&)>& index_of) {
  std::vector<Part> parts(static_cast<std::size_t>(count));
  for (std::int64_t part = 0; part < count; ++part)
    parts[static_cast<std::size_t>(part)].name = fmt::format("{} {}", name, part);
  std::int64_t element = 0;
  for (Coordinates at; at.row < extents.row; ++at.row) {
    for (at.column = 0; at.column < extents.column; ++at.column) {
      for (at.channel = 0; at.channel < extents.channel; ++at.channel) {
        parts[static_cast<std::size_t>(index_of(at))].elements.push_back(element++);
      }
    }
  }
  return parts;
}

std::vector<Part> tile_parts(const Coordinates& extents, const std::vector<TileBox>& boxes) {
  std::vector<Part> parts;
  for (const auto& box : boxes) {
    Part part{fmt::format("the tile of instruction {} ({})", box.pc, to_text(box.origin)), {}};
    for (std::int64_t index = 0; index < box.rows * box.columns * box.channels; ++index) {
      const Coordinates at = box.at(index);
      part.elements.push_back((at.row * extents.column + at.column) * extents.channel + at.channel);
    }
    parts.push_back(std::move(part));
  }
  return parts;
}

// The whole tensor is moved by some rows or columns. The share is that of the wrong elements that have a
// counterpart.
void guess_moved_places(const Coordinates& extents, const StreamData& data, std::vector<Guess>& guesses) {
  const auto consider = [&](const char* axis, std::int64_t count, std::int64_t stride, std::int64_t by) {
    std::int64_t wrong = 0, explained = 0;
    for (std::int64_t element = 0; element < std::ssize(data.expected); ++element) {
      const std::int64_t place = element / stride % count + by;
      if (place < 0 || place >= count) continue;
      const auto at = static_cast<std::size_t>(element);
      if (data.known[at] != 0 && data.found[at] == data.expected[at]) continue;
      ++wrong;
      explained += data.known[at] != 0 &&
                           data.found[at] == data.expected[static_cast<std::size_t>(element + by * stride)]
                       ? 1
                       : 0;
    }
    if (explained < kMinimumEvidence) return;
    guesses.push_back(
        {fmt::format("every {} holds what the {} {:+} should hold: off by {}", axis, axis, by, by),
         static_cast<double>(explained) / static_cast<double>(wrong)});
  };
  for (const std::int64_t by : {-2, -1, 1, 2}) {
    consider("row", extents.row, extents.column * extents.channel, by);
    consider("column", extents.column, extents.channel, by);
    consider("channel", extents.channel, 1, by);
  }
}

}  // namespace

void guess_exchange(const DiagnosisInput& input, const StreamData& data, std::vector<Guess>& guesses) {
  const Stream& stream = *input.result.stream;
  if (stream.content != Content::kLayerOutput && stream.content != Content::kNetworkOutput) {
    std::vector<Part> records;
    for (std::size_t index = 0; index < stream.records.size(); ++index) {
      const std::int64_t begin = data.index_of(data.starts[index]);
      const std::int64_t elements = stream.records[index].elements;
      if (elements == 0 || begin < 0 || data.index_of(data.starts[index] + elements - 1) < 0) continue;
      Part part{fmt::format("the result of instruction {}", stream.records[index].pc), {}};
      part.elements.resize(static_cast<std::size_t>(elements));
      std::iota(part.elements.begin(), part.elements.end(), begin);
      records.push_back(std::move(part));
    }
    guess_parts("results of instructions", records, data, guesses);
    return;
  }
  const Coordinates extents = input.locator.extents_of(stream);
  if (extents.row * extents.column * extents.channel != std::ssize(data.expected)) return;
  guess_parts("channels",
              axis_parts("channel", extents, extents.channel, [](const auto& at) { return at.channel; }),
              data, guesses);
  guess_parts("rows", axis_parts("row", extents, extents.row, [](const auto& at) { return at.row; }), data,
              guesses);
  guess_parts("columns",
              axis_parts("column", extents, extents.column, [](const auto& at) { return at.column; }), data,
              guesses);
  const std::int64_t layer = input.locator.layer_of(stream);
  if (input.locator.tiles() != nullptr && layer >= 0) {
    guess_parts("tiles", tile_parts(extents, input.locator.tiles()->boxes_of(layer)), data, guesses);
  }
  guess_moved_places(extents, data, guesses);
  // Channel first instead of channel last.
  std::int64_t equal = 0;
  std::int64_t element = 0;
  for (std::int64_t row = 0; row < extents.row; ++row) {
    for (std::int64_t column = 0; column < extents.column; ++column) {
      for (std::int64_t channel = 0; channel < extents.channel; ++channel, ++element) {
        const auto planar = static_cast<std::size_t>((channel * extents.row + row) * extents.column + column);
        equal += data.found[planar] == data.expected[static_cast<std::size_t>(element)] ? 1 : 0;
      }
    }
  }
  guesses.push_back({"the tensor is laid out [channel][row][column], expected [row][column][channel]",
                     equal == element ? 1.0 : 0.0});
}

}  // namespace npu::sim::golden
