// A small network exported at a level, and dumps made from the export's own expected files.
#pragma once

#include <functional>
#include <memory>

#include "compiler/quant/quantized_graph.h"
#include "sim/golden/checker.h"
#include "sim/golden/exporter.h"
#include "tests/support.h"

namespace npu::tests {

struct SmallExport {
  hw::ArchConfig arch;
  compiler::QuantizedGraph graph;
  hw::Program program;
  std::vector<std::int32_t> input;
  sim::golden::Manifest manifest;
  TemporaryFolder folder;

  std::filesystem::path golden() const { return folder.path() / "golden"; }
  std::filesystem::path dump() const { return folder.path() / "dump"; }

  /// Copies the expected binary files into the dump folder, replacing what is there.
  void dump_everything() const;
  /// Only the streams of this content.
  void dump_only(sim::golden::Content content) const;
  /// Reads a stream's dump, lets `change` at its bytes, writes it back.
  void damage(const std::string& stream, const std::function<void(std::vector<std::uint8_t>&)>& change) const;
  sim::golden::CheckResult check(const sim::golden::CheckOptions& options = {}) const;
  /// The name of the only stream of that content in the layer.
  std::string name_of(sim::golden::Content content, std::int64_t layer) const;
  /// The layer of a kind of operation, the first of them.
  std::int64_t layer_of(const std::string& operation) const;
};

/// Buffers are small, so that layers have several tiles.
std::unique_ptr<SmallExport> small_export(std::uint64_t seed, sim::golden::Level level,
                                          const sim::golden::WordFormat& words = {});

}  // namespace npu::tests
