#include "hw/common/error.h"
#include "hw/common/file.h"
#include "sim/plot/plot.h"
#include "tests/support.h"

using namespace npu;

namespace {

sim::XyPlot sample_xy() {
  sim::XyPlot plot;
  plot.title = "A \"quoted\" title_with_underscores";
  plot.x = {"PE columns", true, {}, {}};
  plot.y = {"cycles (millions)", false, 0.0, {}};
  plot.series.push_back({"one", sim::Mark::kLinePoints, {4, 8, 16}, {9, 5, 3}, {8, 4, 2}, {10, 6, 4}, {}});
  plot.series.push_back({"two", sim::Mark::kPoints, {4, 16}, {2, sim::kNoValue}, {}, {}, {"a_b", "c"}});
  return plot;
}

sim::BarPlot sample_bars(bool stacked) {
  sim::BarPlot plot;
  plot.title = "Energy";
  plot.categories = {"conv1", "conv2"};
  plot.y = {"energy (uJ)", false, 0.0, {}};
  plot.bars = {{"DRAM", {5, 4}, {}, {}}, {"PE array", {1, 2}, {0.5, 1.5}, {1.5, 2.5}}};
  plot.stacked = stacked;
  plot.y2 = {"utilisation (%)", false, 0.0, 105.0};
  plot.points = sim::BarSeries{"utilisation", {90, 80}, {}, {}};
  return plot;
}

}  // namespace

TEST_CASE("pictures are drawn as SVG and PNG with their texts") {
  if (!sim::can_draw()) {
    std::puts("SKIPPED: gnuplot is absent");
    return;
  }
  const tests::TemporaryFolder folder;
  sim::draw(sample_xy(), folder.path() / "xy");
  const std::string svg = read_text_file(folder.path() / "xy.svg");
  for (const char* text :
       {"title_with_underscores", "PE columns", "cycles (millions)", "one", "two", "a_b"}) {
    CHECK_THAT(svg, Catch::Contains(text));
  }
  const auto png = read_file(folder.path() / "xy.png");
  REQUIRE(png.size() > 1000);
  CHECK(png[1] == 'P');
  for (const bool stacked : {false, true}) {
    sim::draw(sample_bars(stacked), folder.path() / "bars.of.energy");
    CHECK_THAT(read_text_file(folder.path() / "bars.of.energy.svg"),
               Catch::Contains("DRAM") && Catch::Contains("conv2") && Catch::Contains("utilisation (%)"));
  }
}

TEST_CASE("stacked bars stand on each other") {
  const std::string script = sim::gnuplot_script(sample_bars(true));
  CHECK_THAT(script, Catch::Contains("0 5 6 0.8") && Catch::Contains("1 4 6 0.8"));
}

TEST_CASE("a picture that cannot be written leaves nothing") {
  if (!sim::can_draw()) {
    std::puts("SKIPPED: gnuplot is absent");
    return;
  }
  CHECK_THROWS_AS(sim::draw(sample_xy(), "/proc/nowhere/picture"), InputError);
}

TEST_CASE("series of unequal lengths are our own fault") {
  auto plot = sample_xy();
  plot.series[0].y.pop_back();
  CHECK_THROWS_AS(sim::gnuplot_script(plot), InternalError);
  auto bars = sample_bars(false);
  bars.bars[0].values.push_back(1);
  CHECK_THROWS_AS(sim::gnuplot_script(bars), InternalError);
}
