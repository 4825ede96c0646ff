// Do the MobileNets of ../shared keep their accuracy in integers with the equalising shift, and lose it
// without? Top-1 on a sample of labelled images; docs/numerics.md has the figures for larger samples.
#include "hw/arch/arch_config.h"
#include "tests/compiler/quant/accuracy_run.h"
#include "tests/support.h"

using namespace npu;
using namespace npu::tests;

namespace {

// Top-1 of 100 images has a standard error of 4 points, so the float bounds below lie 3 of them under
// the 78.6 and 76.8 of the whole set; integers and float are compared on the same images. A collapse is
// beyond all noise.
constexpr std::int64_t kImages = 100;
constexpr std::int64_t kStep = 5;
constexpr std::int64_t kCalibrationImages = 30;
constexpr int kThreads = 2;

struct Measured {
  double float_top1 = 0;
  double shift_top1 = 0;
  double plain_top1 = 0;
  double shift_agreement = 0;
};

Measured measure(const std::string& model) {
  const AccuracyRun run(shared_folder(), model, kCalibrationImages, "ilsvrc_val", kImages, kStep);
  REQUIRE(run.images() == kImages);
  const auto arch = hw::load_arch(source_folder() / "configs" / "arch" / "shift_npu.json");
  const auto predictions = [&](int shift_bits) {
    compiler::QuantizerOptions options;
    options.shift_bits = shift_bits;
    const auto quantized = compiler::quantize(run.graph(), run.calibration(), arch, options);
    return run.integer_predictions(quantized, arch, kThreads);
  };
  const auto reference = run.float_predictions();
  const auto shifted = predictions(4);
  return {run.top1(reference), run.top1(shifted), run.top1(predictions(0)), agreement(reference, shifted)};
}

}  // namespace

TEST_CASE("MobileNet v2 keeps its accuracy with the shift and collapses without") {
  SKIP_WITHOUT_SHARED();
  const Measured measured = measure("mobilenet_v2_1.0_224");
  CHECK(measured.float_top1 > 66);
  CHECK(measured.shift_top1 >= measured.float_top1 - 3);
  CHECK(measured.shift_agreement >= 92);
  CHECK(measured.plain_top1 < measured.float_top1 - 40);
}

TEST_CASE("MobileNet v1 0.75 keeps its accuracy with the shift and collapses without") {
  SKIP_WITHOUT_SHARED();
  const Measured measured = measure("mobilenet_v1_0.75_224");
  CHECK(measured.float_top1 > 64);
  CHECK(measured.shift_top1 >= measured.float_top1 - 3);
  CHECK(measured.shift_agreement >= 90);
  CHECK(measured.plain_top1 < 20);
}

TEST_CASE(
    "With 16-bit data MobileNet v2 agrees with float on practically every image, even without the shift") {
  SKIP_WITHOUT_SHARED();
  const AccuracyRun run(shared_folder(), "mobilenet_v2_1.0_224", kCalibrationImages, "ilsvrc_val", kImages,
                        kStep);
  const auto arch = hw::load_arch(source_folder() / "configs" / "arch" / "squeezelerator_16x16.json");
  const auto reference = run.float_predictions();
  for (const int shift_bits : {4, 0}) {
    INFO("shift bits " << shift_bits);
    compiler::QuantizerOptions options;
    options.shift_bits = shift_bits;
    const auto quantized = compiler::quantize(run.graph(), run.calibration(), arch, options);
    CHECK(agreement(reference, run.integer_predictions(quantized, arch, kThreads)) >= 98);
  }
}
