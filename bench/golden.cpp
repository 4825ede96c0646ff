// How fast the golden check compares a binary dump, hashes of the reference included: MB/s, best of three.
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

#include "hw/common/error.h"
#include "hw/common/stopwatch.h"
#include "hw/common/temporary_folder.h"
#include "sim/golden/comparison.h"
#include "sim/golden/stream_writer.h"

namespace {

using namespace npu::sim::golden;

constexpr std::int64_t kRecordBytes = std::int64_t{16} << 20;
constexpr int kRecords = 16;

double seconds_of_comparison(const Stream& stream, const std::filesystem::path& folder) {
  const npu::Stopwatch watch;
  const auto counts =
      compare_stream(stream, folder, folder / "dump.bin", stream.words, false, [](const Difference&) {});
  NPU_CHECK(counts.different == 0 && counts.compared == kRecordBytes * kRecords, "the dump is the reference");
  return watch.seconds();
}

}  // namespace

int main() {
  const npu::TemporaryFolder place("bench");
  const std::filesystem::path& folder = place.path();
  Stream stream;
  stream.name = "golden";
  StreamWriter writer(folder, stream, true, false);
  std::vector<std::uint8_t> record(kRecordBytes);
  std::uint32_t state = 1;
  for (auto& byte : record) byte = static_cast<std::uint8_t>((state = state * 1664525 + 1013904223) >> 24);
  for (int index = 0; index < kRecords; ++index) writer.append(index, record);
  stream = writer.finish();
  std::filesystem::copy_file(folder / "golden.bin", folder / "dump.bin");
  double best = seconds_of_comparison(stream, folder);
  for (int round = 0; round < 2; ++round) best = std::min(best, seconds_of_comparison(stream, folder));
  fmt::print("golden check of a binary dump: {:.0f} MB/s ({} MB)\n",
             static_cast<double>(kRecordBytes * kRecords) / best / 1e6, kRecordBytes * kRecords / 1'000'000);
  return 0;
}
