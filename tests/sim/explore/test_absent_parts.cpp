// What a build without MPI and without npm's packages does: this program is linked from the sources of such a
// build, whatever this machine has.
#include <map>
#include <nlohmann/json.hpp>

#include "hw/common/error.h"
#include "sim/explore/mpi_pool.h"
#include "sim/page/page.h"
#include "tests/support.h"

using namespace npu;
using Catch::Contains;

TEST_CASE("a build without MPI says so where mpirun starts it, and how to get MPI") {
  CHECK_FALSE(sim::has_mpi());
  CHECK_THROWS_AS(sim::MpiSession(), InputError);
  CHECK_THROWS_WITH(sim::MpiSession(), Contains("mpirun") && Contains("no MPI") &&
                                           Contains("libboost-mpi-dev") && Contains("without mpirun"));
}

TEST_CASE("a build without MPI still knows that mpirun started it") {
  std::map<std::string, std::string> environment;
  const auto variable = [&](const char* name) {
    return environment.contains(name) ? environment.at(name).c_str() : nullptr;
  };
  CHECK(sim::ranks_of_job(variable) == 1);
  environment["PMI_SIZE"] = "4";
  CHECK(sim::ranks_of_job(variable) == 4);
  environment["OMPI_COMM_WORLD_SIZE"] = "3";
  CHECK(sim::ranks_of_job(variable) == 3);
  environment["OMPI_COMM_WORLD_SIZE"] = "many";
  CHECK_THROWS_AS(sim::ranks_of_job(variable), InputError);
}

TEST_CASE("a build without npm's packages has no report page, and says how to get it") {
  CHECK_FALSE(sim::has_report_page());
  CHECK_THROWS_AS(sim::report_page({}), InputError);
  CHECK_THROWS_WITH(sim::report_page({}),
                    Contains("no report page") && Contains("npm") && Contains("scripts/setup.sh"));
}
