// Prints the table of docs/numerics.md: top-1 in float, with the equalising shift and without, with and
// without bias correction. Not run by ctest. Usage: measure_accuracy ARCH_FILE SHARED_FOLDER IMAGES STEP
// IMAGE_SET MODEL... takes every STEP-th image of SHARED_FOLDER/images/IMAGE_SET, IMAGES at most.
#include <fmt/core.h>

#include <cstdlib>

#include "tests/compiler/quant/accuracy_run.h"

using namespace npu;
using namespace npu::tests;

int main(int argc, char** argv) {
  if (argc < 7) {
    fmt::print("usage: measure_accuracy ARCH_FILE SHARED_FOLDER IMAGES STEP IMAGE_SET MODEL...\n");
    return EXIT_FAILURE;
  }
  const hw::ArchConfig arch = hw::load_arch(argv[1]);
  const std::int64_t count = std::atoll(argv[3]);
  const std::int64_t step = std::atoll(argv[4]);
  const std::vector<std::string> models(argv + 6, argv + argc);
  constexpr int kThreads = 2;
  constexpr std::int64_t kCalibrationImages = 100;
  fmt::print("{:<24}{:>7}{:>10}{:>8}  {:<26}{:>7}{:>7}{:>8}\n", "network", "images", "float/s", "float",
             "scheme", "top-1", "drop", "agree");
  for (const auto& model : models) {
    const AccuracyRun run(argv[2], model, kCalibrationImages, argv[5], count, step);
    double rate = 0;
    const auto reference = run.float_predictions(&rate);
    struct Scheme {
      const char* name;
      int shift_bits;
      bool bias_correction;
    };
    for (const auto& scheme : {Scheme{"shift 4, bias correction", 4, true}, Scheme{"shift 4", 4, false},
                               Scheme{"no shift, bias correction", 0, true}, Scheme{"no shift", 0, false}}) {
      const auto quantized = compiler::quantize(run.graph(), run.calibration(), arch,
                                                {scheme.shift_bits, scheme.bias_correction, {}});
      const auto predictions = run.integer_predictions(quantized, arch, kThreads);
      fmt::print("{:<24}{:>7}{:>10.1f}{:>8.2f}  {:<26}{:>7.2f}{:>7.2f}{:>8.2f}\n", model, run.images(), rate,
                 run.top1(reference), scheme.name, run.top1(predictions),
                 run.top1(reference) - run.top1(predictions), agreement(reference, predictions));
      std::fflush(stdout);
    }
  }
  return EXIT_SUCCESS;
}
