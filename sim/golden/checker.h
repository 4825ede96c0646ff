// Compares a folder of dumps with an export: every stream that was dumped, in the order of execution, and
// where the first wrong element was made.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "hw/isa/program.h"
#include "sim/golden/comparison.h"
#include "sim/golden/mismatch_map.h"
#include "sim/golden/tile_map.h"

namespace npu::sim::golden {

enum class StreamStatus { kMatch, kMismatch, kNotDumped, kUnusable };

struct StreamResult {
  const Stream* stream = nullptr;
  StreamStatus status = StreamStatus::kNotDumped;
  std::filesystem::path file;
  std::string problem;  ///< of an unusable file
  ComparisonCounts counts;
};

/// The first wrong element in the order of execution.
struct Location {
  const Stream* stream = nullptr;
  std::filesystem::path file;
  Difference difference;
  std::int64_t pc = -1;
  std::string layer;
  std::string unit;                                             ///< which part of the machine made it
  std::string instruction;                                      ///< disassembled
  std::string place;                                            ///< tensor and coordinates, or address
  std::string inputs;                                           ///< of unit vectors: the vector's fields
  std::optional<std::pair<std::int64_t, std::int64_t>> cycles;  ///< start, end of the instruction
  std::int64_t word = 0;                                        ///< of the dump, in words of its own format
};

struct CheckOptions {
  bool partial = false;              ///< a dump may be short or have gaps
  std::optional<DumpFormat> format;  ///< instead of the manifest's
  /// Streams longer than this are compared whole, but their pattern is sought in so many bytes around the
  /// first wrong element.
  std::int64_t pattern_window_bytes = std::int64_t{16} << 20;
};

struct CheckResult {
  Manifest manifest;
  std::filesystem::path folder;  ///< of the export
  std::optional<hw::Program> program;
  std::vector<StreamResult> streams;
  std::optional<Location> first;
  std::vector<std::string> guesses;  ///< what the pattern of the first wrong stream looks like, best first
  std::optional<MismatchMap> map;    ///< of the first wrong stream
  double seconds = 0;                ///< of comparing
  std::int64_t bytes = 0;            ///< payload bytes of the dumps

  std::int64_t count(StreamStatus status) const;
};

/// Throws InputError or ConfigError: manifest, program copy or references unusable, no dump folder.
CheckResult check_dump(const std::filesystem::path& manifest, const std::filesystem::path& dump,
                       const CheckOptions& options);

/// The format a stream's dump is read in.
WordFormat dump_words(const Stream& stream, const DumpFormat& format);

}  // namespace npu::sim::golden
