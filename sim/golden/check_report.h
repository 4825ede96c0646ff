// A check's result for people (text), programs (JSON) and continuous integration (JUnit XML).
#pragma once

#include <string>

#include "sim/golden/checker.h"

namespace npu::sim::golden {

std::string check_text(const CheckResult& result);
std::string check_json(const CheckResult& result);
/// One test case for each expected stream, skipped where it was not dumped.
std::string check_junit(const CheckResult& result);

}  // namespace npu::sim::golden
