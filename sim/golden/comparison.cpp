#include "sim/golden/comparison.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

#include "hw/common/error.h"
#include "hw/common/units.h"

namespace npu::sim::golden {
namespace {

constexpr std::int64_t kBlockBytes = std::int64_t{1} << 20;

class Comparison {
 public:
  Comparison(const Stream& stream, bool partial, const OnDifference& on_difference)
      : stream_(stream), partial_(partial), on_difference_(on_difference) {
    for (const auto& record : stream.records) counts_.elements += record.elements;
  }

  void run(PayloadReader& expected, PayloadReader& found) {
    const std::int64_t block = round_up(kBlockBytes, record_alignment(stream_.words, stream_.element_bytes));
    expected_.resize(static_cast<std::size_t>(block));
    found_.resize(static_cast<std::size_t>(block));
    states_.assign(static_cast<std::size_t>(block), kKnown);
    reference_states_ = states_;
    for (;;) {
      const std::int64_t count = expected.read(expected_, reference_states_);
      if (count == 0) break;
      const std::int64_t present =
          ended_ ? 0 : found.read(std::span(found_).first(static_cast<std::size_t>(count)), states_);
      ended_ = present < count;
      counts_.dump_bytes += present;
      const bool clean = !found.may_have_unknown() || std::all_of(states_.begin(), states_.begin() + present,
                                                                  [](auto s) { return s == kKnown; });
      const bool equal = clean && present == count &&
                         std::memcmp(expected_.data(), found_.data(), static_cast<std::size_t>(count)) == 0;
      if (equal) {
        in_gap_ = false;
      } else {
        scan(present, count);
      }
      position_ += count;
    }
    if (!ended_) drain(found);
    counts_.compared = counts_.elements - counts_.absent;
  }

  const ComparisonCounts& counts() const { return counts_; }

 private:
  // The elements of records inside the present block.
  void scan(std::int64_t present, std::int64_t count) {
    const std::int64_t width = stream_.element_bytes;
    const std::int64_t word = stream_.words.word_bytes;
    auto record = std::upper_bound(stream_.records.begin(), stream_.records.end(), position_,
                                   [&](std::int64_t at, const Record& r) { return at < r.word * word; });
    if (record != stream_.records.begin()) --record;
    for (; record != stream_.records.end() && record->word * word < position_ + count; ++record) {
      const std::int64_t begin = record->word * word;
      const std::int64_t first = std::max<std::int64_t>(0, (position_ - begin) / width);
      const std::int64_t last = std::min(record->elements, (position_ + count - begin) / width);
      for (std::int64_t element = first; element < last; ++element) {
        compare(record - stream_.records.begin(), element, begin + element * width - position_, present);
      }
    }
  }

  void compare(std::int64_t record, std::int64_t element, std::int64_t at, std::int64_t present) {
    const int width = stream_.element_bytes;
    Difference difference{record, element, 0, 0, kKnown};
    if (at + width > present) {
      difference.state = kAbsent;
    } else {
      for (int byte = 0; byte < width; ++byte)
        difference.state =
            std::max(difference.state, ByteState{states_[static_cast<std::size_t>(at + byte)]});
    }
    const std::uint8_t* expected = expected_.data() + at;
    if (difference.state == kAbsent) {
      ++counts_.absent;
      const bool in_gap = in_gap_;
      in_gap_ = true;
      if (partial_ || in_gap) return;
    } else {
      in_gap_ = false;
      if (difference.state == kKnown &&
          std::memcmp(expected, found_.data() + at, static_cast<std::size_t>(width)) == 0)
        return;
      ++counts_.different;
      counts_.undefined += difference.state == kUndefined ? 1 : 0;
    }
    difference.expected = load_number(expected, width, stream_.is_signed);
    if (difference.state == kKnown)
      difference.found = load_number(found_.data() + at, width, stream_.is_signed);
    on_difference_(difference);
  }

  void drain(PayloadReader& found) {
    for (;;) {
      const std::int64_t more = found.read(found_, states_);
      if (more == 0) return;
      counts_.extra_bytes += more;
      counts_.dump_bytes += more;
    }
  }

  const Stream& stream_;
  bool partial_;
  const OnDifference& on_difference_;
  ComparisonCounts counts_;
  std::vector<std::uint8_t> expected_, found_, states_, reference_states_;
  std::int64_t position_ = 0;
  bool ended_ = false;
  bool in_gap_ = false;
};

}  // namespace

const ExportedFile& reference_file(const Stream& stream) {
  if (stream.files.empty()) throw InputError(stream.name, "the export has no file of this stream");
  for (const auto& file : stream.files) {
    if (file.path.ends_with(kBinaryExtension)) return file;
  }
  return stream.files.front();
}

std::int64_t load_number(const std::uint8_t* bytes, int element_bytes, bool is_signed) {
  std::uint64_t bits = 0;
  const int used = std::min(element_bytes, 8);
  for (int byte = 0; byte < used; ++byte) bits |= std::uint64_t{bytes[byte]} << (8 * byte);
  const int unused = 64 - 8 * used;
  return is_signed ? static_cast<std::int64_t>(bits << unused) >> unused : static_cast<std::int64_t>(bits);
}

PayloadFormat payload_format(const Stream& stream, const WordFormat& words) {
  PayloadFormat format{words, stream.element_bytes, stream.is_signed, stream.payload_bytes, {}};
  for (std::size_t index = 0; index < stream.records.size(); ++index) {
    const std::int64_t begin = stream.records[index].word * stream.words.word_bytes;
    const std::int64_t end = index + 1 < stream.records.size()
                                 ? stream.records[index + 1].word * stream.words.word_bytes
                                 : stream.payload_bytes;
    format.records.push_back({stream.records[index].elements * stream.element_bytes, end - begin});
  }
  return format;
}

ComparisonCounts compare_stream(const Stream& stream, const std::filesystem::path& export_folder,
                                const std::filesystem::path& dump, const WordFormat& dump_words, bool partial,
                                const OnDifference& on_difference) {
  const auto& reference = reference_file(stream);
  Sha256 hash;
  const auto path = export_folder / reference.path;
  const auto expected = open_payload(path, payload_format(stream, stream.words), &hash);
  const auto found = open_payload(dump, payload_format(stream, dump_words));
  Comparison comparison(stream, partial, on_difference);
  comparison.run(*expected, *found);
  if (hash.finish_hex() != reference.sha256) {
    throw InputError(path.string(), "the reference itself is damaged: its SHA-256 is not the manifest's");
  }
  ComparisonCounts counts = comparison.counts();
  // A dump of wider words fills up its last one.
  if (counts.extra_bytes < dump_words.word_bytes && dump_words.word_bytes > stream.words.word_bytes)
    counts.extra_bytes = 0;
  return counts;
}

}  // namespace npu::sim::golden
