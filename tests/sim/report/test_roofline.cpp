// Intensities and ceilings of a hand-made run.
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "hw/common/error.h"
#include "sim/report/result_json.h"
#include "sim/report/roofline.h"
#include "tests/sim/report/sample_report.h"
#include "tests/support.h"

namespace npu::sim {
namespace {

using tests::sample_report;

TEST_CASE("a roofline has the layers that multiply, MACs over bytes and the lower of both ceilings") {
  const auto report = sample_report();  // 4096 MACs, 392 bytes, 600 cycles; 256 PEs, 16 bytes a cycle
  const auto lines = roofline(report, summarize(report));
  CHECK(lines.peak_macs_per_cycle == 256);
  CHECK(lines.bytes_per_cycle == 16);
  CHECK(lines.ridge() == 16);
  REQUIRE(lines.layers.size() == 1);  // the pool multiplies nothing
  const auto& conv = lines.layers[0];
  CHECK(conv.intensity == Approx(4096.0 / 392));
  CHECK(conv.macs_per_cycle == Approx(4096.0 / 600));
  CHECK(conv.memory_bound);
  CHECK(conv.ceiling == Approx(16 * 4096.0 / 392));
  CHECK(lines.network.intensity == Approx(4096.0 / (392 + 16 + 384)));
  CHECK(lines.network.macs_per_cycle == Approx(4096.0 / 1000));
}

TEST_CASE("the roofline as text has both ceilings, and a line for each layer and the network") {
  const auto report = sample_report();
  const auto text = roofline_table(roofline(report, summarize(report)), 120);
  CHECK(text.find("256 MACs per cycle, 16 DRAM bytes per cycle; both ceilings meet at 16.0 MACs/byte") !=
        std::string::npos);
  CHECK(text.find("DRAM") != std::string::npos);
  CHECK(text.find(fmt::format("{:.1f}", 4096.0 / 392)) != std::string::npos);
  CHECK(text.find(report.program.network) != std::string::npos);
}

TEST_CASE("with enough bandwidth the array is the ceiling") {
  auto report = sample_report();
  report.arch.dram.bytes_per_cycle = 64;
  const auto lines = roofline(report, summarize(report));
  CHECK_FALSE(lines.layers[0].memory_bound);
  CHECK(lines.layers[0].ceiling == 256);
}

TEST_CASE("result.json has the roofline and the area of timed runs, null of others") {
  auto report = sample_report();
  hw::AreaBreakdown area;
  area.mm2 = {1, 2, 3, 4, 5, 6};
  area.total_mm2 = 21;
  report.timed->energies.area = area;
  auto json = result_json(report, summarize(report));
  CHECK(json["roofline"]["layers"].size() == 1);
  CHECK(json["roofline"]["layers"][0]["bound"] == "memory");
  CHECK(json["roofline"]["ridge_macs_per_byte"] == 16);
  CHECK(json["area"]["total_mm2"] == 21);
  CHECK(json["area"]["by_part_mm2"]["global_buffer"] == 3);
  report.timed->energies.area.reset();
  json = result_json(report, summarize(report));
  CHECK(json["area"].is_null());
  report.timed.reset();
  json = result_json(report, summarize(report));
  CHECK(json["roofline"].is_null());
  CHECK(json["area"].is_null());
  REQUIRE_THROWS_AS(roofline(report, summarize(report)), InternalError);
}

}  // namespace
}  // namespace npu::sim
