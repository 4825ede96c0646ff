#include <nlohmann/json.hpp>

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

TEST_CASE("A layer of which nothing fits twice is run with one buffer in turn") {
  auto arch = default_arch();
  arch.weight_sram.capacity_bytes = 1024 + 512;
  auto layer = problem(64, 32, 1, 2);
  layer.rows.pad_before = layer.columns.pad_before = 0;
  layer.out_height = layer.out_width = 33;
  const auto plan = plan_conv(layer, arch, "big");
  CHECK(plan.tiling.weight_slots == 1);
  CHECK(plan.tiling.weight_slot_bytes <= arch.weight_sram.capacity_bytes);
}

TEST_CASE("A layer whose smallest tile fits nowhere is refused by name, with needed and available bytes") {
  auto arch = default_arch();
  arch.weight_sram.capacity_bytes = 1024;
  auto layer = problem(64, 32, 1, 1);
  layer.rows.pad_before = layer.columns.pad_before = 0;
  layer.out_height = layer.out_width = 33;
  CHECK_THROWS_WITH(plan_conv(layer, arch, "big"),
                    Catch::Contains("layer 'big'") && Catch::Contains("weight SRAM"));
  try {
    plan_conv(layer, arch, "big");
    FAIL("not refused");
  } catch (const CapacityError& error) {
    CHECK(error.needed_bytes() == 1040);  // 32 * 32 weights, then 4 bytes of bias and 1 of shift
    CHECK(error.available_bytes() == 1024);
  }
  arch = default_arch();
  arch.global_buffer.capacity_bytes = 1024;
  CHECK_THROWS_WITH(plan_conv(layer, arch, "big"), Catch::Contains("global buffer"));
}

TEST_CASE("On every machine from 4x4 to 128x128 and 8 KB to 4 MB every layer has a tiling that fits") {
  tests::TestRandom random(31);
  for (int machine = 0; machine < 60; ++machine) {
    auto arch = default_arch();
    arch.pe_array.rows = static_cast<int>(random.integer(4, 128));
    arch.pe_array.columns = static_cast<int>(random.integer(4, 128));
    arch.weight_sram.capacity_bytes = Bytes{8192} << random.integer(0, 9);
    arch.global_buffer.capacity_bytes = Bytes{8192} << random.integer(0, 9);
    arch.accumulator_store.capacity_bytes = Bytes{2048} << random.integer(0, 6);
    arch.data = {8 << random.integer(0, 1), 8 << random.integer(0, 1), 48};
    arch.pe_array.weight_stationary = random.integer(0, 2) != 0;
    arch.pe_array.output_stationary = !arch.pe_array.weight_stationary || random.integer(0, 1) != 0;
    INFO("machine " << machine << ": " << hw::arch_to_json(arch).dump());
    for (const auto& layer : {problem(112, 11, 3, 96), problem(56, 3, 256, 256), problem(7, 1, 1024, 1024),
                              problem(1, 1, 25088, 4096)}) {
      const auto& tiling = plan_conv(layer, arch, "layer").tiling;
      CHECK(tiling.weight_slots * tiling.weight_slot_bytes <= arch.weight_sram.capacity_bytes);
      CHECK(tiling.input_slots * tiling.input_slot_bytes + tiling.output_slots * tiling.output_slot_bytes <=
            arch.global_buffer.capacity_bytes);
    }
  }
}

}  // namespace npu::compiler
