// Compiles a network, runs it on the SystemC machine in a worker of the installed tool, prints the cycles;
// then two images in one run, which must give each what it gets alone.
#include <algorithm>
#include <cstdio>
#include <vector>

#include "hw/common/error.h"
#include "sim/cli/session.h"

namespace {

bool batch_agrees(const npu::sim::Session& session, npu::sim::NetworkOptions options) {
  const std::size_t elements = 3 * 32 * 32;
  std::vector<float> images(2 * elements);
  for (std::size_t i = 0; i < images.size(); ++i) images[i] = static_cast<float>(i % 251) / 125 - 1;
  options.batch = 2;
  const auto both = session.run(session.compile(options), "functional", images);
  options.batch = 1;
  const auto program = session.compile(options);
  std::vector<std::int32_t> alone;
  for (std::size_t image = 0; image < 2; ++image) {
    const auto result = session.run(program, "functional", {images.data() + image * elements, elements});
    alone.insert(alone.end(), result.output_codes.begin(), result.output_codes.end());
  }
  return both.output_codes == alone && both.output_shape == std::vector<std::int64_t>{2, 10, 1, 1};
}

}  // namespace

int main() {
  try {
    const npu::sim::Session session("shift_npu", NPUSIM_TOOL);
    npu::sim::NetworkOptions options;
    options.network = "sqnxt_23v5_1.0_cifar";
    const auto program = session.compile(options);
    const auto result = session.run(program, "systemc", {});
    std::printf("%lld cycles, %zu outputs\n", result.report["cycles"].get<long long>(), result.output.size());
    const bool agrees = result.report["engine_check"]["different"] == 0 && result.output.size() == 10;
    return agrees && batch_agrees(session, options) ? 0 : 1;
  } catch (const npu::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
