#include "sim/cli/accuracy.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>

#include "compiler/data/float_runtime.h"
#include "hw/common/error.h"
#include "sim/engines/functional/functional_engine.h"

namespace npu::sim {
namespace {

constexpr int kTopClasses = 5;

// Ranked classes of one image.
struct Outcome {
  std::vector<int> integer;
  std::vector<int> real;  ///< empty without a float network
};

struct FirstError {
  std::size_t image = SIZE_MAX;
  std::exception_ptr error;
};

class Worker {
 public:
  explicit Worker(const AccuracyJob& job) : job_(job), engine_(job.program) {
    if (job.float_graph != nullptr)
      float_runtime_.emplace(*job.float_graph, 1);  // the parallelism is over images
  }

  Outcome classify(const compiler::LabelledImage& image) {
    const auto input = job_.inputs.load(image.path);
    Outcome outcome;
    const auto integers = engine_.run(quantized_input(job_.program, input));
    outcome.integer = top_classes(std::span<const std::int32_t>(integers), kTopClasses);
    if (float_runtime_) {
      const auto reals = float_runtime_->run(input);
      outcome.real = top_classes(std::span<const float>(reals), kTopClasses);
    }
    return outcome;
  }

 private:
  const AccuracyJob& job_;
  FunctionalEngine engine_;
  std::optional<compiler::FloatRuntime> float_runtime_;
};

// Each thread takes the next image; results are stored by image, so that their order cannot matter.
std::vector<Outcome> classify_all(const AccuracyJob& job, const std::function<void()>& advance) {
  std::vector<Outcome> outcomes(job.images.size());
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  FirstError first;
  const auto body = [&] {
    std::size_t image = 0;
    try {
      Worker worker(job);
      while ((image = next.fetch_add(1)) < job.images.size()) {
        outcomes[image] = worker.classify(job.images[image]);
        advance();
      }
    } catch (...) {
      next.store(job.images.size());
      const std::lock_guard lock(mutex);
      if (image < first.image || !first.error) first = {image, std::current_exception()};
    }
  };
  std::vector<std::thread> threads;
  for (int thread = 0; thread < job.threads; ++thread) threads.emplace_back(body);
  for (auto& thread : threads) thread.join();
  if (first.error) std::rethrow_exception(first.error);
  return outcomes;
}

double percent(std::int64_t part, std::size_t whole) {
  return 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

bool contains(const std::vector<int>& classes, int label) {
  return std::find(classes.begin(), classes.end(), label) != classes.end();
}

}  // namespace

Accuracy measure_accuracy(const AccuracyJob& job, const std::function<void()>& advance) {
  NPU_CHECK(!job.images.empty() && job.threads > 0, "accuracy needs images and threads");
  const auto outcomes = classify_all(job, advance);
  std::int64_t top1 = 0, top5 = 0, float_top1 = 0, float_top5 = 0, same = 0;
  bool labelled = true;
  for (std::size_t image = 0; image < outcomes.size(); ++image) {
    const auto& outcome = outcomes[image];
    const int label = job.images[image].label;
    labelled = labelled && label >= 0;
    top1 += outcome.integer.front() == label ? 1 : 0;
    top5 += contains(outcome.integer, label) ? 1 : 0;
    if (outcome.real.empty()) continue;
    float_top1 += outcome.real.front() == label ? 1 : 0;
    float_top5 += contains(outcome.real, label) ? 1 : 0;
    same += outcome.real.front() == outcome.integer.front() ? 1 : 0;
  }
  Accuracy accuracy;
  const auto images = outcomes.size();
  accuracy.images = static_cast<std::int64_t>(images);
  if (labelled) {
    accuracy.top1 = percent(top1, images);
    accuracy.top5 = percent(top5, images);
  }
  if (job.float_graph != nullptr) {
    if (labelled) {
      accuracy.float_top1 = percent(float_top1, images);
      accuracy.float_top5 = percent(float_top5, images);
    }
    accuracy.agreement = percent(same, images);
  }
  return accuracy;
}

}  // namespace npu::sim
