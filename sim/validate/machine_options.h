// What each option of a machine's description changes: cycles, energy and DRAM traffic of whole networks in
// the estimate engine, each option alone and some together, against the machine as it is.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "compiler/schedule/conv_tiling.h"
#include "hw/arch/arch_config.h"

namespace npu::sim {

/// One run, per image.
struct OptionRun {
  std::string network;
  double cycles = 0;
  double energy = 0;  ///< in the unit of the machine's energy table
  double dram_bytes = 0;
};

struct OptionEffect {
  std::string option;           ///< as the description says it: "execution.feature_maps on_chip"
  std::vector<OptionRun> runs;  ///< by network
};

/// First the machine as it is. Built-in networks; their weights are random, which matters to "real_zeros"
/// only. An option that the machine cannot have is left out. Throws what loading, compiling and estimating
/// throw.
std::vector<OptionEffect> measure_options(const hw::ArchConfig& arch,
                                          const std::vector<std::string>& networks,
                                          const std::filesystem::path& config_root,
                                          compiler::MapperEffort effort);

/// One row for each option: cycles, energy and DRAM bytes, as numbers in the first row and in per cent of it
/// below.
std::string options_text(const std::vector<OptionEffect>& effects, std::size_t width);

/// option,network,cycles,energy,dram_bytes
std::string options_csv(const std::vector<OptionEffect>& effects);

}  // namespace npu::sim
