// Numbers as people read them: 1.25 M, 128 KiB, 1,234,567.
#pragma once

#include <cstdint>
#include <string>

namespace npu::sim {

/// "1,234,567".
std::string with_separators(std::int64_t value);

/// Three significant digits with a decimal prefix: 1.25 M, 37, 310 uJ. `unit` follows the prefix.
std::string with_prefix(double value, const std::string& unit = "");

/// "37 B", "128 KiB", "1.5 MiB": binary multiples, one decimal where not whole.
std::string bytes_text(std::int64_t bytes);

/// "12.3 %" of a fraction.
std::string percent_text(double fraction, int decimals = 1);

/// Energy of `total` units: joules with a prefix where the unit has an absolute value, else multiples of one
/// MAC.
std::string energy_text(double total, double joules_per_unit, const std::string& unit);

}  // namespace npu::sim
