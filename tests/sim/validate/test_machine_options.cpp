// The command's measurement: every option that a machine can have, against the machine as it is.
#include <algorithm>

#include "sim/validate/machine_options.h"
#include "tests/support.h"

namespace npu {
namespace {

const sim::OptionRun& first_run(const std::vector<sim::OptionEffect>& effects, const std::string& option) {
  const auto found = std::find_if(effects.begin(), effects.end(),
                                  [&](const auto& effect) { return effect.option == option; });
  REQUIRE(found != effects.end());
  return found->runs.at(0);
}

std::vector<sim::OptionEffect> measured(const std::string& preset) {
  const auto configs = tests::source_folder() / "configs";
  return sim::measure_options(hw::load_arch(configs / "arch" / (preset + ".json")), {"sqnxt_23v5_1.0_cifar"},
                              configs, compiler::MapperEffort::kQuick);
}

}  // namespace

TEST_CASE("Every option of the default machine is measured, and changes what it should") {
  const auto effects = measured("shift_npu");
  const auto& plain = first_run(effects, "as it is");
  CHECK(effects.size() == 15);
  CHECK(first_run(effects, "execution.feature_maps on_chip").dram_bytes < plain.dram_bytes);
  CHECK(first_run(effects, "execution.adds_and_pools fused").dram_bytes < plain.dram_bytes);
  CHECK(first_run(effects, "both of these").energy < plain.energy);
  CHECK(first_run(effects, "pe_array.zero_skipping real_zeros").cycles <= plain.cycles);
  CHECK(first_run(effects, "dram.banking of LPDDR4").cycles > plain.cycles);
  CHECK(first_run(effects, "global_buffer.banks 1").cycles > plain.cycles);
  CHECK(first_run(effects, "--batch 8, per image").dram_bytes < plain.dram_bytes);
  const auto csv = sim::options_csv(effects);
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 16);
  CHECK(sim::options_text(effects, 200).find("as it is") != std::string::npos);
}

TEST_CASE("Options that a machine cannot have are left out: shared buffers keep no maps on chip") {
  const auto effects = measured("squeezelerator_16x16");
  CHECK(std::none_of(effects.begin(), effects.end(), [](const auto& effect) {
    return effect.option.find("feature_maps") != std::string::npos;
  }));
}

}  // namespace npu
