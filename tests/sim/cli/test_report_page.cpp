// Does the page of npusim report work in a browser: no network, no errors, sorting, themes, comparison?
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>

#include "hw/common/file.h"
#include "sim/page/page.h"
#include "tests/sim/cli/tool.h"
#include "tests/support.h"

namespace npu::tests {
namespace {

using Catch::Contains;
namespace fs = std::filesystem;

constexpr const char* kBrowser = "/usr/bin/chromium";

bool has_page() {
  const bool built = sim::has_report_page();
  if (!built) std::puts("SKIPPED: this build has no report page");
  return built;
}

bool has_browser() {
  if (fs::exists(kBrowser)) return true;
  std::puts("SKIPPED: chromium is absent");
  return false;
}

const char* const kSweep = R"({
  "schema_version": 1, "name": "page", "description": "</script><b>not markup</b>", "architectures": ["shift_npu"],
  "networks": ["sqnxt_23v5_1.0_cifar", "sqnxt_23_1.0_cifar"],
  "axes": [{"name": "pe", "values": [4, 8, 16], "set": ["/pe_array/rows", "/pe_array/columns"]}],
  "objectives": ["cycles", "energy"], "confirmation": {"front": false, "random_points": 2}
})";

/// A sweep and two runs in `folder`, and the page of all.
fs::path make_page(const TemporaryFolder& folder) {
  const auto sweep = folder.path() / "sweep.json";
  write_file(sweep, std::string_view(kSweep));
  const auto out = folder.path() / "out";
  REQUIRE(run_tool({"sweep", sweep, "--out", out / "sweep", "--quiet"}).exit_code == 0);
  for (const std::string network : {"sqnxt_23_1.0_cifar", "sqnxt_23v5_1.0_cifar"}) {
    REQUIRE(run_tool({"run", "--network", network, "--engine", "estimate", "--mapper", "quick", "--out",
                      out / network, "--quiet"})
                .exit_code == 0);
  }
  const auto page = folder.path() / "report.html";
  const auto result = run_tool({"report", out, "-o", page});
  INFO(result.errors);
  REQUIRE(result.exit_code == 0);
  CHECK_THAT(result.output, Contains("1 sweep(s), 2 run(s)"));
  return page;
}

/// The page's final DOM after `script` (which may await) ran in it; what the script leaves in `window.found`
/// comes back as JSON.
nlohmann::json in_browser(const fs::path& page, const std::string& window, const std::string& script) {
  std::string text = read_text_file(page);
  const std::string first =
      "<script>window.faults=[];addEventListener('error',(e)=>faults.push(e.message));</script>";
  const std::string last =
      "<script>window.found={};setTimeout(async()=>{try{" + script +
      "}catch(e){faults.push(String(e))}"
      "const out=document.createElement('pre');out.id='found';"
      "out.textContent='FOUND'+JSON.stringify({...found,faults}).replaceAll('<','\\\\u003c')+'END';"
      "document.body.append(out);},300);</script>";
  text.insert(text.find("<head>") + 6, first);
  text.insert(text.rfind("</body>"), last);
  const auto copy = page.parent_path() / "test_page.html";
  write_file(copy, text);
  const auto profile = (page.parent_path() / "profile").string();
  const auto result = run_program({kBrowser, "--headless", "--no-sandbox", "--disable-gpu",
                                   "--user-data-dir=" + profile, "--window-size=" + window,
                                   "--virtual-time-budget=5000", "--dump-dom", "file://" + copy.string()});
  const auto begin = result.output.rfind("FOUND{");
  const auto end = result.output.rfind("}END");
  INFO(result.errors.substr(0, 2000));
  REQUIRE(begin != std::string::npos);
  std::string json = result.output.substr(begin + 5, end + 1 - begin - 5);
  for (const auto& [entity, sign] :
       {std::pair<const char*, const char*>{"&gt;", ">"}, {"&lt;", "<"}, {"&amp;", "&"}}) {
    json = std::regex_replace(json, std::regex(entity), sign);
  }
  return nlohmann::json::parse(json);
}

TEST_CASE(
    "the report page shows a sweep, sorts, filters and explains a point, without a fault or the network") {
  if (!has_page() || !has_browser()) return;
  const TemporaryFolder folder;
  const auto page = make_page(folder);
  const std::string text = read_text_file(page);
  CHECK_THAT(text.substr(0, text.find("<script")), !Contains("src=") && !Contains("<link"));
  CHECK_FALSE(std::regex_search(text, std::regex("<script[^>]{0,40}src=")));
  const auto found = in_browser(page, "1280,900", R"(
    const rows = () => [...document.querySelectorAll('table')[0].tBodies[0].rows];
    found.tabs = document.querySelectorAll('[role=tab]').length;
    found.rows = rows().length;
    found.charts = document.querySelectorAll('.chart canvas').length;
    found.note = document.querySelector('main .note').textContent;
    found.injected = document.querySelectorAll('main b').length;
    const heads = [...document.querySelectorAll('table')[0].tHead.rows[0].cells];
    const cycles = heads.findIndex((head) => head.textContent.startsWith('cycles'));
    const column = () => rows().map((row) => row.cells[0].textContent);
    found.first = column();
    heads[cycles].firstChild.click();
    found.reversed = column();
    found.sort = heads[cycles].getAttribute('aria-sort');
    rows()[0].dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true}));
    found.machine = document.querySelector('main pre')?.textContent ?? '';
    const network = [...document.querySelectorAll('.controls select')][2];
    network.value = 'sqnxt_23_1.0_cifar';
    network.dispatchEvent(new Event('change'));
    found.filtered = rows().length;
    found.wide = document.documentElement.scrollWidth > innerWidth;
    found.errors = document.body.textContent.includes('Estimate against SystemC') && document.querySelectorAll('table').length;
  )");
  INFO(found.dump(1));
  CHECK(found.at("faults").empty());
  CHECK(found.at("tabs") == 4);
  CHECK(found.at("rows") == 6);
  CHECK(found.at("charts") == 3);
  CHECK(found.at("note") == "</script><b>not markup</b>");
  CHECK(found.at("injected") == 0);
  auto reversed = found.at("first").get<std::vector<std::string>>();
  std::reverse(reversed.begin(), reversed.end());
  CHECK(found.at("reversed") == nlohmann::json(reversed));
  CHECK(found.at("sort") == "descending");
  CHECK_THAT(found.at("machine").get<std::string>(), Contains("\"pe_array\"") && Contains("\"rows\": 4"));
  CHECK(found.at("filtered") == 3);
  CHECK(found.at("wide") == false);
  CHECK(found.at("errors") == 2);
}

TEST_CASE(
    "points selected by dragging in the scatter fill the table and the energy chart, until it is cleared") {
  if (!has_page() || !has_browser()) return;
  const TemporaryFolder folder;
  const auto page = make_page(folder);
  const auto found = in_browser(page, "1280,900", R"(
    const pause = () => new Promise((done) => setTimeout(done, 400));
    const rows = () => [...document.querySelectorAll('table')[0].tBodies[0].rows].map((row) => row.cells[0].textContent);
    const button = (text) => [...document.querySelectorAll('button')].find((each) => each.textContent === text);
    const chart = document.querySelector('.chart');
    const surface = chart.querySelector('canvas').parentElement;
    const drag = async (from, to) => {
      button('Select points').click();
      const box = chart.getBoundingClientRect();
      const send = (type, [x, y]) => {
        const where = { bubbles: true, cancelable: true, clientX: box.left + x * box.width, clientY: box.top + y * box.height, button: 0, buttons: 1, pointerId: 1, pointerType: 'mouse', isPrimary: true };
        surface.dispatchEvent(new PointerEvent('pointer' + type, where));
        surface.dispatchEvent(new MouseEvent('mouse' + type, where));
      };
      send('down', from);
      send('move', [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2]);
      send('move', to);
      send('up', to);
      await pause();
    };
    found.all = rows();
    await drag([0.07, 0.15], [0.5, 0.87]);
    found.left = rows();
    found.note = [...document.querySelectorAll('main .note')].map((each) => each.textContent).find((text) => text.includes('selected in the chart')) ?? '';
    button('Clear the selection').click();  // or the drag would move the rectangle
    await drag([0.07, 0.15], [0.98, 0.87]);
    found.whole = rows().length;
    button('Clear the selection').click();
    await pause();
    found.cleared = rows();
  )");
  INFO(found.dump(1));
  CHECK(found.at("faults").empty());
  const auto all = found.at("all").get<std::vector<std::string>>();
  const auto left = found.at("left").get<std::vector<std::string>>();
  // The table is sorted by time, which the scatter shows from left to right.
  REQUIRE(left.size() > 0);
  REQUIRE(left.size() < all.size());
  CHECK(std::equal(left.begin(), left.end(), all.begin()));
  CHECK(found.at("note") == std::to_string(left.size()) + " points selected in the chart.");
  CHECK(found.at("whole") == all.size());
  CHECK(found.at("cleared") == found.at("all"));
}

TEST_CASE("the report page compares runs, by keyboard, on a phone, in the dark") {
  if (!has_page() || !has_browser()) return;
  const TemporaryFolder folder;
  const auto page = make_page(folder);
  const auto found = in_browser(page, "500,900", R"(
    const tabs = [...document.querySelectorAll('[role=tab]')];
    tabs[0].focus();
    for (const step of [0, 1, 2]) document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true}));
    found.chosen = document.activeElement.textContent;
    found.heading = document.querySelector('h2').textContent;
    found.ratio = [...document.querySelectorAll('table')[0].tBodies[0].rows].find((row) => row.cells[0].textContent.startsWith('Time')).cells[3].textContent;
    const light = getComputedStyle(document.body).backgroundColor;
    const theme = document.getElementById('theme');
    theme.value = 'dark';
    theme.dispatchEvent(new Event('change'));
    found.darker = getComputedStyle(document.body).backgroundColor !== light;
    found.wide = document.documentElement.scrollWidth > innerWidth;
    document.querySelectorAll('[role=tab]')[1].click();
    found.run = document.querySelector('h2').textContent;
    found.charts = document.querySelectorAll('.chart canvas').length;
    found.labelled = [...document.querySelectorAll('.chart')].every((chart) => chart.getAttribute('aria-label'));
  )");
  INFO(found.dump(1));
  CHECK(found.at("faults").empty());
  CHECK(found.at("chosen") == "Compare");
  CHECK(found.at("heading") == "Comparison of two runs");
  CHECK_THAT(found.at("ratio").get<std::string>(), Contains("0."));
  CHECK(found.at("darker") == true);
  CHECK(found.at("wide") == false);
  CHECK_THAT(found.at("run").get<std::string>(), Contains("sqnxt_23_1.0_cifar on shift_npu"));
  CHECK(found.at("charts") == 4);
  CHECK(found.at("labelled") == true);
}

TEST_CASE("npusim report refuses what is no result, in one line") {
  const TemporaryFolder folder;
  const auto out = (folder.path() / "report.html").string();
  const auto refusal = [&](const std::string& place) {
    const auto result = run_tool({"report", place, "-o", out});
    INFO(result.output << result.errors);
    CHECK(result.exit_code == 2);
    CHECK(std::count(result.errors.begin(), result.errors.end(), '\n') == 1);
    CHECK_FALSE(fs::exists(out));
    return result.errors;
  };
  CHECK_THAT(refusal("/nonexistent"), Contains("/nonexistent"));
  CHECK_THAT(refusal(folder.path()), Contains("result.json") && Contains("points.json"));
  write_file(folder.path() / "result.json", std::string_view("{\"schema_version\": 1}"));
  CHECK_THAT(refusal(folder.path()), Contains(folder.path().string()) && Contains("not what npusim writes"));
  write_file(folder.path() / "result.json", std::string_view("{\"schema_version\": 99}"));
  CHECK_THAT(refusal(folder.path()), Contains("schema_version") && Contains("99"));
  write_file(folder.path() / "result.json", std::string_view("{"));
  CHECK_THAT(refusal(folder.path()), Contains("result.json"));
}

}  // namespace
}  // namespace npu::tests
