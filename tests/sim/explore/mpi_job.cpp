// Under mpirun: squares of 0..39 by all ranks; one task kills its worker always, one kills it once. Rank 0
// prints "ID SQUARE" or "ID failed REASON" for each task, sorted. Arguments: worker program, file that marks
// the first death.
#include <cstdio>
#include <map>

#include "sim/explore/dispatch.h"
#include "sim/explore/mpi_pool.h"

int main(int argument_count, char** arguments) {
  using namespace npu::sim;
  if (argument_count != 3) return 2;
  MpiSession mpi;
  if (mpi.rank() != 0) {
    mpi.serve({arguments[1]});
    return 0;
  }
  const auto pool = mpi.pool({arguments[1]});
  int taken = 0;
  std::map<std::int64_t, Outcome> outcomes;
  const auto next = [&]() -> std::optional<Task> {
    if (taken == 40) return std::nullopt;
    nlohmann::json request{{"n", taken}};
    if (taken == 11) request["die"] = true;
    if (taken == 23) request["die_once"] = arguments[2];
    return Task{taken++, request};
  };
  dispatch(*pool, next,
           [&](const std::vector<Outcome>& arrived) {
             for (const Outcome& outcome : arrived) outcomes.emplace(outcome.id, outcome);
           },
           {4, 3});
  for (const auto& [id, outcome] : outcomes) {
    if (outcome.answer) {
      std::printf("%d %d\n", static_cast<int>(id), outcome.answer->at("square").get<int>());
    } else {
      std::printf("%d failed %s\n", static_cast<int>(id), outcome.failure.c_str());
    }
  }
  return 0;
}
