// The machine of the published figures running whole networks in the estimate engine: the presets
// squeezelerator_NxN, with both dataflows or one.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "compiler/schedule/conv_tiling.h"
#include "hw/arch/arch_config.h"

namespace npu::sim {

enum class Dataflows { kBoth, kWeightStationaryOnly, kOutputStationaryOnly };

struct PaperLayer {
  std::string name;
  std::string dataflow;  ///< ws or os
  double kcycles = 0;
};
struct PaperRun {
  double kcycles = 0;
  double energy = 0;               ///< in the unit of the machine's energy table
  std::vector<PaperLayer> layers;  ///< convolutions only, in order
};

class PaperMachine {
 public:
  /// `preset`: a name in configs/arch below `config_root`. Throws what loading the machine throws.
  PaperMachine(const std::string& preset, const std::filesystem::path& config_root,
               compiler::MapperEffort effort);

  /// One run of a built-in network; each is worked out once.
  const PaperRun& run(const std::string& network, Dataflows dataflows = Dataflows::kBoth);

 private:
  hw::ArchConfig arch_;
  std::filesystem::path config_root_;
  compiler::MapperEffort effort_;
  std::map<std::pair<std::string, Dataflows>, PaperRun> runs_;
};

}  // namespace npu::sim
