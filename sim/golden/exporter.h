// The golden export of one program and one input: memory images, expected tensors and results, cycle numbers,
// and the manifest that says what every byte means.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "hw/arch/arch_config.h"
#include "hw/isa/program.h"
#include "sim/golden/manifest.h"

namespace npu::sim::golden {

struct InstructionTime {
  std::int64_t pc = 0;
  Cycles start = 0;
  Cycles end = 0;
};

struct ExportOptions {
  Level level = Level::kLayer;
  WordFormat words;
  bool binary = true;
  bool hex = true;
  /// Layers whose data is exported, by index; empty: all.
  std::vector<std::int64_t> layers;
  std::vector<InstructionTime> times;  ///< empty: no cycles.csv
};

/// Writes the export into `folder`; the manifest comes last and marks it complete (one that was there is
/// removed first). The same arguments give the same bytes. Throws InputError.
Manifest export_program(const hw::Program& program, const hw::ArchConfig& arch,
                        std::span<const std::int32_t> input, const ExportOptions& options,
                        const std::filesystem::path& folder);

/// Indices of the layers that `text` names: "3", "2-6", a layer's name, or several with commas.
/// Throws InputError naming what is unknown.
std::vector<std::int64_t> select_layers(const hw::Program& program, const std::string& text);

/// Folder of a layer's streams: "layers/003_conv2".
std::string layer_folder(const hw::Program& program, std::int64_t layer);

}  // namespace npu::sim::golden
