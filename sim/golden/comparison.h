// Compares one stream of an export with its dump, block by block; says how much differs and calls back for
// each element that does. Memory use does not depend on the length.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "sim/golden/manifest.h"
#include "sim/golden/payload_reader.h"

namespace npu::sim::golden {

/// One element that differs.
struct Difference {
  std::int64_t record = 0;
  std::int64_t element = 0;  ///< in the record
  std::int64_t expected = 0;
  std::int64_t found = 0;  ///< unless `state` says otherwise
  ByteState state = kKnown;

  friend bool operator==(const Difference&, const Difference&) = default;
};

struct ComparisonCounts {
  std::int64_t elements = 0;     ///< of the stream
  std::int64_t compared = 0;     ///< present in the dump
  std::int64_t different = 0;    ///< of those compared, undefined ones included
  std::int64_t undefined = 0;    ///< with an x or z digit
  std::int64_t absent = 0;       ///< not in the dump: file too short, or skipped by @address
  std::int64_t extra_bytes = 0;  ///< after the stream's end, padding of the last word not counted
  std::int64_t dump_bytes = 0;   ///< payload bytes read

  friend bool operator==(const ComparisonCounts&, const ComparisonCounts&) = default;
};

using OnDifference = std::function<void(const Difference&)>;

/// `partial`: absent elements are fine. Else the first absent element of each gap is reported as a difference
/// with state kAbsent. Throws InputError: a file that cannot be read, or a reference whose hash is not the
/// manifest's.
ComparisonCounts compare_stream(const Stream& stream, const std::filesystem::path& export_folder,
                                const std::filesystem::path& dump, const WordFormat& dump_words, bool partial,
                                const OnDifference& on_difference);

/// The export's file of a stream that is compared with: binary if there is one. Throws InputError: there is
/// none.
const ExportedFile& reference_file(const Stream& stream);

/// How the payload of a stream is read from a file with words of the given format.
PayloadFormat payload_format(const Stream& stream, const WordFormat& words);

/// A little-endian element.
std::int64_t load_number(const std::uint8_t* bytes, int element_bytes, bool is_signed);

}  // namespace npu::sim::golden
