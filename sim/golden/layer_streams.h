// The streams of one layer while its instructions are replayed.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "sim/golden/exporter.h"
#include "sim/golden/replay.h"
#include "sim/golden/stream_writer.h"

namespace npu::sim::golden {

/// Words of a record of operand_conv_config and operand_vector_config; docs/golden_outputs.md lists them.
inline constexpr int kConfigWords = 32;

class LayerStreams {
 public:
  LayerStreams(const hw::Program& program, std::int64_t layer, const ExportOptions& options,
               const std::filesystem::path& folder);

  /// What the options ask to be kept of one instruction.
  void add(const Step& step);

  /// The layer's output tensor; closes the files and appends the streams to `streams`.
  void finish(std::span<const std::uint8_t> dram, std::vector<Stream>& streams);

 private:
  struct Kind {
    const char* name;
    Content content;
    bool expected;
    int element_bytes;
    bool is_signed;
  };
  void append(const Kind& kind, std::int64_t pc, std::span<const std::uint8_t> payload);
  std::int64_t next_offset(const char* name) const;  ///< payload bytes of a stream so far
  void add_constants(const Step& step);
  void add_conv_operands(const Step& step);
  void add_vector_operands(const Step& step);
  void add_results(const Step& step);

  const hw::Program& program_;
  std::int64_t layer_;
  const ExportOptions& options_;
  std::filesystem::path folder_;
  std::map<std::string, StreamWriter> writers_;
  std::map<std::string, std::int64_t> payload_bytes_;
  std::set<std::string> seen_blocks_;  ///< SHA-256 of weight and parameter blocks already written
};

/// Values as little-endian elements of `element_bytes`.
std::vector<std::uint8_t> little_endian(std::span<const std::int64_t> values, int element_bytes);

}  // namespace npu::sim::golden
