#include "compiler/schedule/conv_tiling.h"
#include "hw/common/error.h"
#include "tests/support.h"

namespace npu::compiler {
namespace {

hw::ArchConfig default_arch() {
  return hw::load_arch(tests::source_folder() / "configs/arch/shift_npu.json");
}

ConvProblem problem(std::int64_t size, std::int64_t kernel, std::int64_t in_channels,
                    std::int64_t out_channels) {
  ConvProblem result;
  result.rows = {kernel, 1, kernel / 2, size};
  result.columns = result.rows;
  result.out_height = size;
  result.out_width = size;
  result.in_channels = in_channels;
  result.out_channels = out_channels;
  return result;
}

}  // namespace

TEST_CASE("The chosen slots fit the buffers and the accumulators, whatever the layer") {
  const auto arch = default_arch();
  for (const auto& layer : {problem(112, 3, 3, 32), problem(56, 1, 64, 256), problem(14, 3, 512, 512),
                            problem(7, 1, 1024, 1024), problem(1, 1, 9216, 4096), problem(224, 7, 3, 64)}) {
    const auto plan = plan_conv(layer, arch, "layer");
    const auto& tiling = plan.tiling;
    CHECK(tiling.weight_slots * tiling.weight_slot_bytes <= arch.weight_sram.capacity_bytes);
    CHECK(tiling.input_slots * tiling.input_slot_bytes + tiling.output_slots * tiling.output_slot_bytes <=
          arch.global_buffer.capacity_bytes);
    if (tiling.in_channels.count() > 1) {
      CHECK(tiling.rows.tile * tiling.columns.tile * tiling.out_channels.tile <= arch.accumulator_entries());
    }
    CHECK(plan.cost.cycles >=
          static_cast<double>(layer.out_height * layer.out_width * layer.in_channels * layer.out_channels *
                              layer.rows.kernel * layer.columns.kernel) /
              arch.pe_array.pe_count());
  }
}

TEST_CASE("The predicted traffic of a layer that fits on chip is its compulsory traffic") {
  const auto layer = problem(14, 1, 64, 64);
  const auto plan = plan_conv(layer, default_arch(), "layer");
  const double compulsory = 14 * 14 * 64 * 2 + 64 * 64 + 64 * 4 + 32;
  CHECK(plan.cost.dram_bytes == Approx(compulsory));
}

TEST_CASE("A machine with one dataflow gets it, one with both gets the cheaper and the reason names both") {
  auto arch = default_arch();
  const auto stem = problem(112, 7, 3, 64);
  const auto both = plan_conv(stem, arch, "stem");
  CHECK(both.tiling.dataflow == hw::Dataflow::kOutputStationary);  // WS would use 3 of 16 rows
  CHECK_THAT(both.reason, Catch::Contains("ws") && Catch::Contains("os"));
  arch.pe_array.output_stationary = false;
  const auto only = plan_conv(stem, arch, "stem");
  CHECK(only.tiling.dataflow == hw::Dataflow::kWeightStationary);
  CHECK(only.cost.objective >= both.cost.objective);
}

TEST_CASE("A reduction too large for the weight SRAM is split over input channels") {
  const auto plan = plan_conv(problem(1, 1, 40000, 64), default_arch(), "fc");
  CHECK(plan.tiling.in_channels.count() > 1);
}

TEST_CASE("A layer whose smallest tile fits nowhere is refused by name") {
  auto arch = default_arch();
  arch.weight_sram.capacity_bytes = 1024;
  auto layer = problem(64, 32, 1, 1);
  layer.rows.pad_before = layer.columns.pad_before = 0;
  layer.out_height = layer.out_width = 33;
  CHECK_THROWS_WITH(plan_conv(layer, arch, "big"), Catch::Contains("layer 'big'"));
  CHECK_THROWS_AS(plan_conv(layer, arch, "big"), CapacityError);
}

}  // namespace npu::compiler
