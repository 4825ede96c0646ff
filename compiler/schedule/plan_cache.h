// Plans of the layers of one machine, each distinct layer planned once. Networks repeat their layers, and
// sweeps that change nothing but the network repeat them again.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "compiler/schedule/conv_tiling.h"
#include "hw/arch/arch_config.h"

namespace npu::compiler {

class PlanCache {
 public:
  /// Keeps a copy of the machine: a plan holds for no other.
  PlanCache(const hw::ArchConfig& arch, MapperEffort effort) : arch_(arch), effort_(effort) {}

  /// As plan_conv; throws what it throws.
  const ConvPlan& plan(const ConvProblem& problem, const std::string& layer) {
    const auto key = problem.key();
    const auto known = plans_.find(key);
    if (known != plans_.end()) return known->second;
    return plans_.emplace(key, plan_conv(problem, arch_, layer, effort_)).first->second;
  }

  /// What the quick search predicts, to decide between programs; none where nothing fits.
  const std::optional<ConvCost>& quick_cost(const ConvProblem& problem) {
    const auto key = problem.key();
    const auto known = quick_costs_.find(key);
    if (known != quick_costs_.end()) return known->second;
    const auto plan = find_plan(problem, arch_, MapperEffort::kQuick);
    return quick_costs_.emplace(key, plan ? std::optional(plan->cost) : std::nullopt).first->second;
  }

  /// A plan of the caller's own for this problem, instead of the mapper's.
  void set(const ConvProblem& problem, ConvPlan plan) { plans_[problem.key()] = std::move(plan); }

  /// The plans so far, by ConvProblem::key().
  const auto& plans() const { return plans_; }

  std::size_t size() const { return plans_.size(); }

 private:
  hw::ArchConfig arch_;
  MapperEffort effort_;
  std::map<decltype(ConvProblem{}.key()), ConvPlan> plans_;
  std::map<decltype(ConvProblem{}.key()), std::optional<ConvCost>> quick_costs_;
};

}  // namespace npu::compiler
