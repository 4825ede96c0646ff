// The comparison with the published figures: what is compared, how far apart it is, and what was aimed at.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "compiler/schedule/conv_tiling.h"

namespace npu::sim {

struct Comparison {
  std::string item;
  double ours = 0;
  double published = 0;
  bool counted = true;  ///< false: shown, but too small for the figure's reading error to say much

  double ratio() const { return ours / published; }
};

/// Values of one kind from one table or figure.
struct ComparisonGroup {
  std::string name;
  std::string unit;
  std::string source;
  double goal_each_percent = 0;  ///< largest error aimed at, in percent; 0: none was set
  double goal_mean_percent = 0;
  std::vector<Comparison> rows;

  double geometric_mean_error_percent() const;  ///< exp(mean |log ratio|) - 1, of the counted rows
  double mean_error_percent() const;            ///< mean |ratio - 1|
  const Comparison& worst() const;              ///< counted row farthest from 1
  std::vector<Comparison> misses() const;       ///< counted rows beyond goal_each_percent
};

/// The dataflow of each layer, ours and the one a figure shows. `decisive`: the two differ by more than 10 %
/// in the figure, or it does not say.
struct DataflowChoice {
  std::string item;
  std::string ours;
  std::string published;
  bool decisive = true;
};
struct DataflowAgreement {
  std::string name;
  std::string source;
  std::vector<DataflowChoice> rows;

  std::size_t agreeing(bool decisive_only) const;
  std::size_t considered(bool decisive_only) const;
};

struct Validation {
  std::string machine;
  std::vector<ComparisonGroup> groups;
  std::vector<DataflowAgreement> dataflows;
};

/// Runs everything on squeezelerator_16x16. Throws what loading of configs and the compiler throw.
Validation validate_against_published(const std::filesystem::path& config_root,
                                      compiler::MapperEffort effort);

}  // namespace npu::sim
