#include "sim/report/format.h"

#include <fmt/core.h>

#include <array>
#include <cmath>

#include "hw/common/error.h"

namespace npu::sim {

std::string with_separators(std::int64_t value) {
  const std::string digits = fmt::format("{}", value < 0 ? -value : value);
  std::string text;
  if (value < 0) text += '-';
  for (std::size_t position = 0; position < digits.size(); ++position) {
    if (position > 0 && (digits.size() - position) % 3 == 0) text += ',';
    text += digits[position];
  }
  return text;
}

std::string with_prefix(double value, const std::string& unit) {
  struct Prefix {
    double factor;
    const char* name;
  };
  static constexpr std::array<Prefix, 9> kPrefixes{{{1e15, "P"},
                                                    {1e12, "T"},
                                                    {1e9, "G"},
                                                    {1e6, "M"},
                                                    {1e3, "k"},
                                                    {1.0, ""},
                                                    {1e-3, "m"},
                                                    {1e-6, "u"},
                                                    {1e-9, "n"}}};
  if (value == 0.0 || !std::isfinite(value))
    return fmt::format("{:g}{}{}", value, unit.empty() ? "" : " ", unit);
  const double size = std::abs(value);
  for (const auto& prefix : kPrefixes) {
    const bool plain_integer = prefix.factor == 1.0 && size == std::floor(size);
    // Rounding to the shown digits must not reach the next prefix: 999.96 k prints as 1.00 M.
    if (size < prefix.factor * 0.9995 && prefix.factor > 1e-9) continue;
    const double scaled = value / prefix.factor;
    const double shown = std::abs(scaled);
    const int decimals = plain_integer || shown >= 99.95 ? 0 : (shown >= 9.995 ? 1 : 2);
    const std::string suffix = prefix.name + unit;
    return fmt::format("{:.{}f}{}{}", scaled, decimals, suffix.empty() ? "" : " ", suffix);
  }
  NPU_CHECK(false, "the smallest prefix takes every value");
}

std::string bytes_text(std::int64_t bytes) {
  struct Multiple {
    std::int64_t factor;
    const char* name;
  };
  static constexpr std::array<Multiple, 3> kMultiples{
      {{std::int64_t{1} << 30, "GiB"}, {std::int64_t{1} << 20, "MiB"}, {std::int64_t{1} << 10, "KiB"}}};
  for (const auto& multiple : kMultiples) {
    if (bytes < multiple.factor) continue;
    const double scaled = static_cast<double>(bytes) / static_cast<double>(multiple.factor);
    const bool whole = bytes % multiple.factor == 0;
    return fmt::format("{:.{}f} {}", scaled, whole || scaled >= 99.95 ? 0 : (scaled < 9.995 ? 2 : 1),
                       multiple.name);
  }
  return fmt::format("{} B", bytes);
}

std::string percent_text(double fraction, int decimals) {
  return fmt::format("{:.{}f} %", 100.0 * fraction, decimals);
}

std::string energy_text(double total, double joules_per_unit, const std::string& unit) {
  return joules_per_unit > 0 ? with_prefix(total * joules_per_unit, "J")
                             : with_prefix(total, unit + "-energies");
}

}  // namespace npu::sim
