#include "tests/compiler/quant/accuracy_run.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "compiler/codegen/compile.h"
#include "compiler/data/float_runtime.h"
#include "compiler/import/onnx_import.h"
#include "compiler/passes/pipeline.h"
#include "compiler/reference/interpreter.h"
#include "hw/common/error.h"
#include "sim/engines/functional/functional_engine.h"

namespace npu::tests {

using namespace npu::compiler;

namespace {

constexpr int kClasses = 1000;

template <class Score>
int best_class(const std::vector<Score>& scores) {
  return static_cast<int>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

}  // namespace

AccuracyRun::AccuracyRun(const std::filesystem::path& shared, const std::string& model,
                         std::int64_t calibration_images, const std::string& image_set, std::int64_t count,
                         std::int64_t step) {
  const auto path = shared / "models" / (model + ".onnx");
  graph_ = canonicalise(import_onnx(path));
  const auto normalisation = load_normalisation(path, nullptr);
  const auto load = [&](const std::filesystem::path& folder, const std::filesystem::path& image) {
    return to_input(load_image(image), load_geometry(folder), normalisation, graph_.input_shape);
  };
  const auto calibration_folder = shared / "images" / "calibration";
  const auto unlabelled = list_images(calibration_folder);
  const auto next = [&](std::int64_t i) {
    return load(calibration_folder, unlabelled.at(static_cast<std::size_t>(i)).path);
  };
  calibration_ = calibrate(graph_, calibration_images, "calibration images of ../shared", next, {}, 1);
  const auto folder = shared / "images" / image_set;
  const auto labelled = list_labelled_images(folder, folder / "labels.csv", kClasses);
  for (std::size_t i = 0; i < labelled.size() && images() < count; i += static_cast<std::size_t>(step)) {
    inputs_.push_back(load(folder, labelled[i].path));
    labels_.push_back(labelled[i].label);
  }
}

std::vector<int> AccuracyRun::float_predictions(double* images_per_second) const {
  FloatRuntime runtime(graph_, 1);
  std::vector<int> predictions;
  const auto start = std::chrono::steady_clock::now();
  for (const auto& input : inputs_) predictions.push_back(best_class(runtime.run(input)));
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  if (images_per_second != nullptr) *images_per_second = static_cast<double>(images()) / elapsed.count();
  return predictions;
}

std::vector<int> AccuracyRun::integer_predictions(const QuantizedGraph& quantized, const hw::ArchConfig& arch,
                                                  int threads) const {
  const hw::Program program = compile(quantized, arch);
  const QTensor& tensor = quantized.tensors[static_cast<std::size_t>(quantized.input)];
  const auto integers = [&](std::size_t image) {
    return quantize_input(inputs_[image], tensor, quantized.activation_bits);
  };
  sim::FunctionalEngine first(program);
  const auto expected = interpret(quantized, integers(0)).tensors[static_cast<std::size_t>(quantized.output)];
  NPU_CHECK(first.run(integers(0)) == expected, "functional engine and interpreter disagree");
  std::vector<int> predictions(inputs_.size());
  const auto work = [&](std::size_t begin) {
    sim::FunctionalEngine engine(program);
    for (std::size_t i = begin; i < inputs_.size(); i += static_cast<std::size_t>(threads)) {
      predictions[i] = best_class(engine.run(integers(i)));
    }
  };
  std::vector<std::jthread> workers;
  for (int thread = 0; thread < threads; ++thread)
    workers.emplace_back(work, static_cast<std::size_t>(thread));
  workers.clear();  // joins
  return predictions;
}

double AccuracyRun::top1(const std::vector<int>& predictions) const {
  return agreement(predictions, labels_);
}

double agreement(const std::vector<int>& a, const std::vector<int>& b) {
  std::size_t equal = 0;
  for (std::size_t i = 0; i < a.size(); ++i) equal += a[i] == b[i] ? 1 : 0;
  return 100.0 * static_cast<double>(equal) / static_cast<double>(a.size());
}

}  // namespace npu::tests
