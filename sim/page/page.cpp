#include "sim/page/page.h"

#include <nlohmann/json.hpp>

#include "hw/common/error.h"
#include "sim/page/page_template.h"

namespace npu::sim {
namespace {

constexpr std::string_view kDataMark = "/*DATA*/";

/// JSON that cannot end the script element it stands in.
std::string inert(const nlohmann::ordered_json& data) {
  std::string text;
  for (const char c : data.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)) {
    if (c == '<') {
      text += "\\u003c";
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace

bool has_report_page() { return !page_template().empty(); }

std::string report_page(const nlohmann::ordered_json& data) {
  if (!has_report_page()) {
    throw InputError(
        "report",
        "this build of npusim has no report page, because npm's packages were missing when it was built; "
        "install npm, run scripts/setup.sh and build again");
  }
  std::string page(page_template());
  const auto place = page.find(kDataMark);
  NPU_CHECK(place != std::string::npos, "the page's template has a place for the data");
  return page.replace(place, kDataMark.size(), inert(data));
}

}  // namespace npu::sim
