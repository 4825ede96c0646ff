// A short fuzzing of each door that bytes come in by, without a fuzzer: seeds, what crashed once, and seeded
// mutations. Any exception that is not a user's fault, a crash or a hang fails. docs/fuzzing.md has the long
// runs.
#include <chrono>

#include "hw/common/error.h"
#include "hw/common/file.h"
#include "tests/fuzz/mutator.h"
#include "tests/fuzz/targets.h"
#include "tests/support.h"

namespace npu::fuzz {
namespace {

constexpr std::uint64_t kSeed = 20261124;
constexpr int kMutations = 20'000;
constexpr int kLongMutations = 1'000'000;
constexpr double kLongestSeconds = 10;

/// Runs one input; the time bound is far above any honest input's.
void run_timed(const Target& target, const Bytes& input, const std::string& what) {
  const auto start = std::chrono::steady_clock::now();
  try {
    target.run(input);
  } catch (const std::exception& error) {
    FAIL(target.name << ", " << what << ": " << error.what());
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (seconds > kLongestSeconds) {
    FAIL(target.name << ", " << what << ": " << seconds << " s");
  }
}

/// Every second mutation goes on from an earlier mutant, so that changes pile up.
void fuzz(const std::string& name, int mutations) {
  const Target& door = target(name);
  const std::vector<Bytes> seeds = door.seeds();
  REQUIRE_FALSE(seeds.empty());
  std::vector<Bytes> pool = seeds;
  tests::TestRandom random(kSeed);
  for (std::size_t index = 0; index < seeds.size(); ++index) {
    run_timed(door, seeds[index], "seed " + std::to_string(index));
  }
  for (int mutation = 0; mutation < mutations; ++mutation) {
    const auto pick = [&] { return static_cast<std::size_t>(random.integer(0, std::ssize(pool) - 1)); };
    const Bytes input = mutated(pool[pick()], pool[pick()], random);
    run_timed(door, input, "mutation " + std::to_string(mutation) + " of seed " + std::to_string(kSeed));
    if (mutation % 2 == 0 && pool.size() < 64) {
      pool.push_back(input);
    }
  }
  CHECK(pool.size() > seeds.size());
}

}  // namespace

TEST_CASE("Twenty thousand damaged ONNX files are graphs or users' faults") { fuzz("onnx", kMutations); }
TEST_CASE("Twenty thousand damaged machine files are machines or users' faults") { fuzz("arch", kMutations); }
TEST_CASE("Twenty thousand damaged calibration files are calibrations or users' faults") {
  fuzz("calibration", kMutations);
}
TEST_CASE("Twenty thousand damaged quantisation files are quantised networks or users' faults") {
  fuzz("quantization", kMutations);
}
TEST_CASE("Twenty thousand damaged programs with a right checksum are programs or users' faults") {
  fuzz("program", kMutations);
}

TEST_CASE("One million mutations of each kind of file", "[.long]") {
  for (const Target& door : targets()) {
    fuzz(door.name, kLongMutations);
  }
}

TEST_CASE("What crashed or hung once is a user's fault now") {
  for (const Target& door : targets()) {
    const auto folder = tests::source_folder() / "tests/fuzz/regressions" / door.name;
    if (!std::filesystem::exists(folder)) {
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      run_timed(door, read_file(entry.path()), entry.path().filename().string());
    }
  }
}

TEST_CASE("Valid seeds are accepted: the doors are open") {
  for (const Target& door : targets()) {
    for (const Bytes& seed : door.seeds()) {
      INFO(door.name);
      CHECK(door.run(seed));
      CHECK_FALSE(door.run(std::span(seed).first(seed.size() / 2)));
    }
  }
  CHECK_THROWS_AS(target("image"), InputError);
  // The same seed gives the same mutants.
  tests::TestRandom first(5);
  tests::TestRandom second(5);
  const Bytes seed{1, 2, 3, 4, 5};
  for (int repeat = 0; repeat < 20; ++repeat) {
    CHECK(mutated(seed, seed, first) == mutated(seed, seed, second));
  }
}

}  // namespace npu::fuzz
