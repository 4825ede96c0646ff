#include "hw/common/error.h"
#include "sim/engines/systemc/job_folder.h"
#include "tests/sim/engines/systemc/tiny_program.h"
#include "tests/support.h"

namespace {

using namespace npu;
using namespace npu::tests;

template <class Kept>
std::string message_after_the_folder(const Kept& error) {
  const TemporaryFolder folder;
  const sim::JobFolder job(folder.path());
  job.write_error(error);
  try {
    job.rethrow_error();
  } catch (const Kept& again) {
    return again.what();
  }
  return "nothing of the same type was thrown";
}

}  // namespace

TEST_CASE("a job comes out of its folder as it went in") {
  const TemporaryFolder temporary;
  const sim::JobFolder folder(temporary.path());
  const auto arch = default_machine();
  const auto program = tile_loop_program({2, 1, 4, 16, 16}, arch);
  const auto input = random_input(program, 1);
  folder.write_job(program, arch, input,
                   {"", 0xFFFFFFFFFFFFFFFFULL, "/somewhere/dram.bin", "/somewhere/run.vcd"});
  const sim::Job job = folder.read_job();
  CHECK(job.program.instructions == program.instructions);
  CHECK(job.program.constants == program.constants);
  CHECK(hw::arch_hash(job.arch) == hw::arch_hash(arch));
  CHECK(job.input == input);
  CHECK(job.random_stall_seed == 0xFFFFFFFFFFFFFFFFULL);
  CHECK(job.dram_out == "/somewhere/dram.bin");
  CHECK_FALSE(folder.has_result());
}

TEST_CASE("errors keep their type, fields and message on the way out of the worker") {
  const SimulationError simulation("npu.scoreboard", 123, "hazard: a\n  b");
  CHECK(message_after_the_folder(simulation) == simulation.what());
  const ProgramError program(42, "bad field");
  CHECK(message_after_the_folder(program) == program.what());
  const InternalError internal("internal error at x");
  CHECK(message_after_the_folder(internal) == internal.what());
  const InputError input("file", "gone");
  CHECK(message_after_the_folder<Error>(input) == input.what());
  const std::runtime_error foreign("from a library");
  const TemporaryFolder folder;
  sim::JobFolder(folder.path()).write_error(foreign);
  REQUIRE_THROWS_AS(sim::JobFolder(folder.path()).rethrow_error(), InternalError);
}

TEST_CASE("a folder without an error rethrows nothing") {
  const TemporaryFolder folder;
  REQUIRE_NOTHROW(sim::JobFolder(folder.path()).rethrow_error());
}
