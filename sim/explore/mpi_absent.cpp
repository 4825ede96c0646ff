// Of builds without MPI.
#include "hw/common/error.h"
#include "sim/explore/mpi_pool.h"

namespace npu::sim {

struct MpiSession::Implementation {};

bool has_mpi() { return false; }

MpiSession::MpiSession() {
  throw InputError(
      "mpirun",
      "started several processes, but this build of npusim has no MPI; install libboost-mpi-dev and "
      "openmpi-bin and build again, or run without mpirun");
}

MpiSession::~MpiSession() = default;
int MpiSession::rank() const { return 0; }
int MpiSession::ranks() const { return 1; }
void MpiSession::serve(const std::vector<std::string>& /*command*/) {}
std::unique_ptr<WorkerPool> MpiSession::pool(const std::vector<std::string>& /*command*/) { return nullptr; }

}  // namespace npu::sim
