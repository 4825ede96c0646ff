#include <atomic>
#include <fstream>
#include <thread>

#include "hw/common/error.h"
#include "hw/common/file.h"
#include "sim/explore/result_store.h"
#include "tests/support.h"

using namespace npu;
using sim::Database;
using sim::PointStatus;
using sim::ResultStore;

namespace {

sim::PointResult sample_result(int number) {
  sim::PointResult result;
  result.identity = {"arch" + std::to_string(number), "network", "estimate", "1.0", ""};
  result.network = "net";
  result.arch_name = "machine";
  result.arch_json = "{}";
  sim::value_of(result.values, sim::Metric::kCycles) = 1000.0 + number;
  return result;
}

sim::SweepPoint place(const sim::PointResult& result, std::int64_t index) {
  return {index, result.identity.key(), R"({"pe":4})"};
}

}  // namespace

TEST_CASE("stored results come back, absent values as absent") {
  const tests::TemporaryFolder folder;
  ResultStore store(folder.path() / "results.sqlite", Database::Access::kReadWrite);
  const std::int64_t sweep = store.open_sweep("s", "{}");
  const sim::PointResult result = sample_result(1);
  store.add(sweep, {result}, {place(result, 5)});
  const auto found = store.result(result.identity.key());
  REQUIRE(found);
  CHECK(found->identity.key() == result.identity.key());
  CHECK(found->network == "net");
  CHECK(sim::value_of(found->values, sim::Metric::kCycles) == 1001.0);
  CHECK_FALSE(sim::value_of(found->values, sim::Metric::kUtilisation));
  CHECK_FALSE(store.result("nothing"));
  REQUIRE(store.points(sweep).size() == 1);
  CHECK(store.points(sweep)[0].index == 5);
}

TEST_CASE("every part of a point's identity changes its key") {
  const sim::PointIdentity base{"a", "n", "estimate", "1", ""};
  for (std::string sim::PointIdentity::*field :
       {&sim::PointIdentity::arch_hash, &sim::PointIdentity::network_hash, &sim::PointIdentity::engine,
        &sim::PointIdentity::tool_version, &sim::PointIdentity::accuracy_key}) {
    sim::PointIdentity other = base;
    other.*field += "x";
    CHECK(other.key() != base.key());
  }
}

TEST_CASE("a good result stays, a failed one is replaced") {
  const tests::TemporaryFolder folder;
  ResultStore store(folder.path() / "results.sqlite", Database::Access::kReadWrite);
  const std::int64_t sweep = store.open_sweep("s", "{}");
  sim::PointResult failed = sample_result(1);
  failed.status = PointStatus::kFailed;
  failed.message = "worker died";
  failed.values = {};
  store.add(sweep, {failed}, {place(failed, 0)});
  CHECK_FALSE(store.has_result(failed.identity.key()));
  store.add(sweep, {sample_result(1)}, {place(failed, 0)});
  CHECK(store.has_result(failed.identity.key()));
  CHECK(store.result(failed.identity.key())->message.empty());
  store.add(sweep, {failed}, {});
  CHECK(store.result(failed.identity.key())->status == PointStatus::kDone);
}

TEST_CASE("two sweeps share results, and a sweep's name belongs to its specification") {
  const tests::TemporaryFolder folder;
  ResultStore store(folder.path() / "results.sqlite", Database::Access::kReadWrite);
  const std::int64_t one = store.open_sweep("one", "{1}");
  const std::int64_t two = store.open_sweep("two", "{2}");
  CHECK(one != two);
  CHECK(store.open_sweep("one", "{1}") == one);
  CHECK_THROWS_WITH(store.open_sweep("one", "{3}"), Catch::Contains("'one'"));
  const sim::PointResult result = sample_result(1);
  store.add(one, {result}, {place(result, 0)});
  store.add(two, {}, {place(result, 9)});
  CHECK(store.points(two).size() == 1);
  CHECK(store.result(store.points(two)[0].key));
}

TEST_CASE("what is no store of ours is refused and left as it was") {
  const tests::TemporaryFolder folder;
  const auto text = folder.path() / "notes.txt";
  write_file(text, std::string(5000, 'x'));
  CHECK_THROWS_AS(ResultStore(text, Database::Access::kReadWrite), InputError);
  CHECK(read_text_file(text) == std::string(5000, 'x'));

  const auto foreign = folder.path() / "foreign.sqlite";
  Database(foreign, Database::Access::kReadWrite).execute("CREATE TABLE t (a)");
  CHECK_THROWS_WITH(ResultStore(foreign, Database::Access::kReadWrite), Catch::Contains("another program"));
  CHECK_THROWS_AS(ResultStore(folder.path() / "none.sqlite", Database::Access::kReadOnly), InputError);
  CHECK_THROWS_AS(ResultStore("/nonexistent/results.sqlite", Database::Access::kReadWrite), InputError);
}

TEST_CASE("a store of another version is refused") {
  const tests::TemporaryFolder folder;
  const auto file = folder.path() / "results.sqlite";
  { ResultStore(file, Database::Access::kReadWrite).database().execute("PRAGMA user_version = 99"); }
  CHECK_THROWS_WITH(ResultStore(file, Database::Access::kReadWrite), Catch::Contains("version 99"));
}

TEST_CASE("a corrupted store gives an error that names the file") {
  const tests::TemporaryFolder folder;
  const auto file = folder.path() / "results.sqlite";
  {
    ResultStore store(file, Database::Access::kReadWrite);
    const std::int64_t sweep = store.open_sweep("s", "{}");
    for (int number = 0; number < 200; ++number) {
      const sim::PointResult result = sample_result(number);
      store.add(sweep, {result}, {place(result, number)});
    }
  }
  std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekp(4096);
  bytes << std::string(30000, '\xff');
  bytes.close();
  const auto read_all = [&] {
    ResultStore store(file, Database::Access::kReadOnly);
    for (int number = 0; number < 200; ++number) store.result(sample_result(number).identity.key());
  };
  CHECK_THROWS_AS(read_all(), InputError);
  CHECK_THROWS_WITH(read_all(), Catch::Contains("results.sqlite"));
}

TEST_CASE("two writers at once lose nothing") {
  const tests::TemporaryFolder folder;
  const auto file = folder.path() / "results.sqlite";
  const auto write = [&](int first) {
    ResultStore store(file, Database::Access::kReadWrite);
    const std::int64_t sweep = store.open_sweep("s", "{}");
    for (int number = first; number < first + 100; ++number) {
      const sim::PointResult result = sample_result(number);
      store.add(sweep, {result}, {place(result, number)});
    }
  };
  std::thread one(write, 0);
  std::thread two(write, 50);
  one.join();
  two.join();
  ResultStore store(file, Database::Access::kReadOnly);
  CHECK(store.points(1).size() == 150);
}

TEST_CASE("results that fail to be written are not written in part") {
  const tests::TemporaryFolder folder;
  ResultStore store(folder.path() / "results.sqlite", Database::Access::kReadWrite);
  const std::int64_t sweep = store.open_sweep("s", "{}");
  store.database().execute("PRAGMA max_page_count = 12");  // as a full disk would answer
  std::vector<sim::PointResult> many;
  for (int number = 0; number < 2000; ++number) many.push_back(sample_result(number));
  CHECK_THROWS_WITH(store.add(sweep, many, {}), Catch::Contains("full"));
  CHECK_FALSE(store.result(many.front().identity.key()));
}

TEST_CASE("a store that two connections create at the same moment is created once, and works for all") {
  const tests::TemporaryFolder folder;
  for (int round = 0; round < 100; ++round) {
    const auto file = folder.path() / ("results" + std::to_string(round) + ".sqlite");
    std::atomic<int> waiting{2};
    std::atomic<int> failures{0};
    std::vector<std::thread> creators;
    for (int number = 0; number < 2; ++number) {
      creators.emplace_back([&, number] {
        --waiting;
        while (waiting > 0) {  // no yielding: the race is microseconds wide
        }
        try {
          ResultStore store(file, Database::Access::kReadWrite);
          const std::int64_t sweep = store.open_sweep("s", "{}");
          const sim::PointResult result = sample_result(number);
          store.add(sweep, {result}, {place(result, number)});
        } catch (const InputError&) {
          ++failures;
        }
      });
    }
    for (std::thread& creator : creators) creator.join();
    CHECK(failures == 0);
    ResultStore store(file, Database::Access::kReadOnly);
    CHECK(store.points(1).size() == 2);
  }
}
