// What launchers of MPI jobs tell a process before it takes part; in builds without MPI, too.
#include <charconv>
#include <string_view>

#include "hw/common/error.h"
#include "sim/explore/mpi_pool.h"

namespace npu::sim {

int ranks_of_job(const std::function<const char*(const char*)>& variable) {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"}) {  // Open MPI; MPICH and relatives
    const char* found = variable(name);
    if (found == nullptr) continue;
    const std::string_view text = found;
    int ranks = 0;
    const auto [end, error] = std::from_chars(text.begin(), text.end(), ranks);
    if (error == std::errc{} && end == text.end() && ranks >= 1) return ranks;
    throw InputError(std::string("environment variable ") + name,
                     "found '" + std::string(text) + "'; expected the number of ranks that mpirun sets");
  }
  return 1;
}

}  // namespace npu::sim
