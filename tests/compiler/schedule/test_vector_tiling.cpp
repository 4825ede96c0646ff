#include <algorithm>

#include "compiler/schedule/vector_tiling.h"
#include "hw/common/error.h"
#include "tests/support.h"

namespace npu::compiler {
namespace {

hw::ArchConfig default_arch() {
  return hw::load_arch(tests::source_folder() / "configs/arch/shift_npu.json");
}

VectorProblem addition(std::int64_t size, std::int64_t channels) {
  VectorProblem problem;
  problem.rows = {1, 1, 0, size};
  problem.columns = problem.rows;
  problem.out_height = size;
  problem.out_width = size;
  problem.channels = channels;
  problem.operands = 2;
  return problem;
}

}  // namespace

TEST_CASE(
    "Slots of a vector layer fit the global buffer, double buffered where there is more than one tile") {
  const auto arch = default_arch();
  for (const auto& problem : {addition(112, 32), addition(7, 1024), addition(1, 1000), addition(300, 300)}) {
    const auto tiling = plan_vector(problem, arch, "add");
    const auto tiles = tiling.rows.count() * tiling.columns.count() * tiling.channels.count();
    CHECK(tiling.slots == std::min<std::int64_t>(2, tiles));
    CHECK(tiling.slots * (2 * tiling.input_slot_bytes + tiling.output_slot_bytes) <=
          arch.global_buffer.capacity_bytes);
  }
}

TEST_CASE("A layer larger than a buffer is cut so that loads and stores overlap") {
  const auto tiling = plan_vector(addition(112, 32), default_arch(), "add");
  CHECK(tiling.rows.count() > 4);
  CHECK(tiling.channels.count() == 1);  // whole pixels: contiguous in DRAM
}

TEST_CASE("A pooling window larger than the buffer is refused by name") {
  auto problem = addition(200, 1);
  problem.operands = 1;
  problem.rows.kernel = problem.columns.kernel = 200;
  problem.out_height = problem.out_width = 1;
  auto arch = default_arch();
  arch.global_buffer.capacity_bytes = 8192;
  CHECK_THROWS_WITH(plan_vector(problem, arch, "pool"), Catch::Contains("layer 'pool'"));
  CHECK_THROWS_AS(plan_vector(problem, arch, "pool"), CapacityError);
}

}  // namespace npu::compiler
