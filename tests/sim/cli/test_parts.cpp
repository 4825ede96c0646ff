// The parts of the command line that can be called without a process.
#include <algorithm>

#include "hw/common/error.h"
#include "sim/cli/accuracy.h"
#include "sim/cli/accuracy_schemes.h"
#include "sim/cli/config_files.h"
#include "sim/cli/host_data.h"
#include "sim/cli/output_folder.h"
#include "sim/cli/progress.h"
#include "tests/support.h"

namespace npu::sim {
namespace {

using Catch::Contains;

TEST_CASE("top classes: largest first, equal values by index") {
  const std::vector<std::int32_t> values{3, 9, -128, 9, 127};
  REQUIRE(top_classes(std::span<const std::int32_t>(values), 3) == std::vector<int>{4, 1, 3});
  REQUIRE(top_classes(std::span<const std::int32_t>(values), 9).size() == 5);
  const std::vector<float> reals{-1.0F, 2.5F, 2.5F};
  REQUIRE(top_classes(std::span<const float>(reals), 1) == std::vector<int>{1});
}

TEST_CASE("the interval of a paired difference, worked by hand") {
  // Of 100 images 4 got better, 2 worse: mean 0.02, variance 0.06 - 0.0004, error sqrt(0.0596 / 100) =
  // 0.02441.
  std::vector<int> differences(100, 0);
  for (std::size_t i = 0; i < 6; ++i) differences[i] = i < 4 ? 1 : -1;
  const auto [low, high] = paired_interval(differences);
  REQUIRE(low == Approx(2 - 1.96 * 2.4413).margin(0.01));
  REQUIRE(high == Approx(2 + 1.96 * 2.4413).margin(0.01));
  REQUIRE(paired_interval(std::vector<int>(10, 0)).high == 0.0);
}

TEST_CASE("schemes by name, all of them, and an unknown one refused with the known ones") {
  REQUIRE(parse_schemes("all", 4).size() == all_schemes(4).size());
  const auto chosen = parse_schemes("shift2+bias,channel,shift+recipe", 3);
  REQUIRE(chosen.size() == 3);
  REQUIRE(chosen[0].recipe.shift_bits == 2);
  REQUIRE(chosen[0].recipe.bias_correction == compiler::BiasCorrection::kCalibrated);
  REQUIRE(chosen[1].recipe.scheme == compiler::WeightScheme::kPerChannel);
  REQUIRE(chosen[2].recipe.shift_bits == 3);
  REQUIRE(chosen[2].recipe.optimise_rounding);
  const auto composed = parse_schemes("shift+recipe+balance-scores,channel+analytic+kl,equalised+recipe", 4);
  REQUIRE(composed[0].recipe.scaling == compiler::ChannelScaling::kBalanced);
  REQUIRE(composed[0].recipe.search_scales);
  REQUIRE_FALSE(composed[0].recipe.fit_scores);
  REQUIRE(composed[0].description.find("channels balanced, no fitted") != std::string::npos);
  REQUIRE(composed[1].recipe.bias_correction == compiler::BiasCorrection::kAnalytic);
  REQUIRE(composed[1].recipe.range_method == compiler::RangeMethod::kEntropy);
  REQUIRE(composed[1].recipe.needs_inputs());
  REQUIRE(composed[2].recipe.scaling == compiler::ChannelScaling::kCrossLayer);
  REQUIRE_FALSE(parse_schemes("shift+bias", 4)[0].recipe.needs_inputs());
  REQUIRE_THROWS_WITH(parse_schemes("shift+luck", 4), Contains("'shift+luck'") && Contains("rounding"));
  REQUIRE_THROWS_WITH(parse_schemes("layer,shift6", 4), Contains("'shift6'") && Contains("layer_asymmetric"));
  REQUIRE_THROWS_AS(parse_schemes("", 4), InputError);
}

TEST_CASE("a scheme's suffix sets widths of the machine and of the weights' values") {
  const auto chosen = parse_schemes("shift+recipe@w6a16,layer@w16,channel@a8", 4);
  const auto arch = hw::load_arch(find_arch(kDefaultArch));
  CHECK(chosen[0].name == "shift+recipe@w6a16");
  CHECK(chosen[0].recipe.weight_bits == 6);
  CHECK(machine_for(chosen[0], arch).data.weight_bits == 8);
  CHECK(machine_for(chosen[0], arch).data.activation_bits == 16);
  CHECK(machine_for(chosen[0], arch).data.accumulator_bits == 48);
  CHECK(machine_for(chosen[1], arch).data.weight_bits == 16);
  CHECK(machine_for(chosen[2], arch).data.accumulator_bits == arch.data.accumulator_bits);
  for (const char* wrong : {"shift@", "shift@w3", "shift@w9", "shift@a4", "shift@w8a", "shift@a8w8", "@w8"}) {
    CHECK_THROWS_AS(parse_schemes(wrong, 4), InputError);
  }
}

TEST_CASE("synthetic inputs of one run and of runs with other seeds never share a seed") {
  std::vector<std::uint64_t> seeds;
  for (const std::uint64_t run : {0U, 1U, 2U}) {
    for (std::int64_t index = 0; index < 10; ++index) seeds.push_back(synthetic_seed(run, index));
  }
  std::sort(seeds.begin(), seeds.end());
  REQUIRE(std::adjacent_find(seeds.begin(), seeds.end()) == seeds.end());
}

TEST_CASE("the normalisation of images travels in a program file") {
  const compiler::InputNormalisation normalisation{{1.5F, 2, 3}, {4, 5, 6.25F}, true};
  const auto read = normalisation_from_json(normalisation_json(normalisation), "test");
  REQUIRE(read->mean == normalisation.mean);
  REQUIRE(read->deviation == normalisation.deviation);
  REQUIRE(read->bgr);
  REQUIRE_FALSE(normalisation_from_json(normalisation_json(std::nullopt), "test").has_value());
  REQUIRE_THROWS_AS(normalisation_from_json(R"({"mean": [1, 2, 3]})", "test"), ConfigError);
}

TEST_CASE("a progress line shows share, rate and time left") {
  const auto line = progress_line("classifying", 50, 200, 10.0);
  REQUIRE_THAT(line, Contains("[#######.......................] 50/200") && Contains("5.0/s") &&
                         Contains("30 s left"));
  REQUIRE_THAT(progress_line("classifying", 0, 200, 3.0), !Contains("/s"));
  REQUIRE_THAT(progress_line("simulating", 0, 0, 3.2), Contains("simulating ... 3 s"));
}

TEST_CASE("machines are found by name and by path, unknown names are answered with the known ones") {
  REQUIRE(std::filesystem::exists(config_root() / "arch/shift_npu.json"));
  REQUIRE(find_arch("some/where.json") == "some/where.json");
  REQUIRE(find_arch("where.json") == "where.json");
  REQUIRE(find_arch("shift_npu").filename() == "shift_npu.json");
  REQUIRE_THROWS_WITH(find_arch("nothing"), Contains("shift_npu"));
  const auto names = arch_names();
  REQUIRE(std::find(names.begin(), names.end(), kDefaultArch) != names.end());
}

TEST_CASE("a new output folder is made, and nothing is left behind in it") {
  const tests::TemporaryFolder folder;
  require_writable_folder(folder.path() / "a/b");
  REQUIRE(std::filesystem::is_empty(folder.path() / "a/b"));
  require_writable_folder("");
}

}  // namespace
}  // namespace npu::sim
