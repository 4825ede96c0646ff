// What `npusim sweep` leaves behind and says: tables, CSV, JSON and pictures of a finished sweep.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "sim/explore/sweep_results.h"
#include "sim/explore/sweep_runner.h"

namespace npu::sim {

struct SweepFindings {
  std::int64_t space_size = 0;
  SweepCounts counts;
  double seconds = 0;  ///< of the first stage
  std::vector<SweepRow> rows;
  SweepCounts confirmation;
  std::vector<SweepRow> confirmed;  ///< SystemC runs of some of the rows' points
  EstimateError error;
};

/// points.csv, points.json, machines.json, summary.json, and front_NETWORK.svg/.png where there are two
/// objectives and gnuplot. Throws InputError if a file cannot be written.
void write_findings(const SweepSpec& spec, const SweepFindings& findings,
                    const std::filesystem::path& folder);

/// Counts, the fronts as tables, the estimate's error.
std::string findings_text(const SweepSpec& spec, const SweepFindings& findings,
                          const std::filesystem::path& folder);

}  // namespace npu::sim
