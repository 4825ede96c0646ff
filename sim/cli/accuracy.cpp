#include "sim/cli/accuracy.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "compiler/data/float_runtime.h"
#include "compiler/quant/output_range.h"
#include "compiler/quant/quantizer.h"
#include "hw/common/error.h"
#include "sim/cli/host_data.h"
#include "sim/engines/functional/functional_engine.h"

namespace npu::sim {
namespace {

constexpr int kTopClasses = 5;

// What is kept of one image.
struct Outcome {
  std::vector<int> integer;  ///< classes, best first
  std::vector<int> real;     ///< empty without float scores
  double divergence = 0;
};

// Calls work(state, image) for every image, each thread with a state of its own from make_state(). The error
// of the first failing image, in order, is thrown.
template <class MakeState, class Work>
void for_images(std::size_t images, int threads, const MakeState& make_state, const Work& work) {
  struct FirstError {
    std::size_t image = SIZE_MAX;
    std::exception_ptr error;
  };
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  FirstError first;
  const auto body = [&] {
    std::size_t image = 0;
    try {
      auto state = make_state();
      while ((image = next.fetch_add(1)) < images) work(*state, image);
    } catch (...) {
      next.store(images);
      const std::lock_guard lock(mutex);
      if (image < first.image || !first.error) first = {image, std::current_exception()};
    }
  };
  std::vector<std::thread> pool;
  for (int thread = 0; thread < threads; ++thread) pool.emplace_back(body);
  for (auto& thread : pool) thread.join();
  if (first.error) std::rethrow_exception(first.error);
}

class Worker {
 public:
  explicit Worker(const AccuracyJob& job) : job_(job), engine_(job.program) {
    if (job.float_graph != nullptr && job.float_scores == nullptr)
      float_runtime_.emplace(*job.float_graph, 1);  // the parallelism is over images
  }

  Outcome classify(std::size_t image) {
    const auto input = job_.data.input(static_cast<std::int64_t>(image));
    Outcome outcome;
    // A program for a batch gets the image as often as it takes; all answers are the same.
    const auto values = quantized_input(job_.program, input);
    std::vector<std::int32_t> batch;
    for (std::int64_t copy = 0; copy < job_.program.images(); ++copy) {
      batch.insert(batch.end(), values.begin(), values.end());
    }
    auto integers = engine_.run(batch);
    integers.resize(integers.size() / static_cast<std::size_t>(job_.program.images()));
    outcome.integer = top_classes(std::span<const std::int32_t>(integers), kTopClasses);
    if (job_.float_scores != nullptr) compare(integers, (*job_.float_scores)[image], outcome);
    if (float_runtime_) compare(integers, float_runtime_->run(input), outcome);
    return outcome;
  }

 private:
  void compare(const std::vector<std::int32_t>& integers, const std::vector<float>& reals,
               Outcome& outcome) const {
    const auto scores = compiler::dequantize(integers, host_tensor(job_.program.tensor(job_.program.output)));
    outcome.real = top_classes(std::span<const float>(reals), kTopClasses);
    outcome.divergence = compiler::softmax_divergence(reals, scores);
  }

  const AccuracyJob& job_;
  FunctionalEngine engine_;
  std::optional<compiler::FloatRuntime> float_runtime_;
};

std::vector<Outcome> classify_all(const AccuracyJob& job, const std::function<void()>& advance) {
  std::vector<Outcome> outcomes(static_cast<std::size_t>(job.data.size()));
  for_images(
      outcomes.size(), job.threads, [&] { return std::make_unique<Worker>(job); },
      [&](Worker& worker, std::size_t image) {
        outcomes[image] = worker.classify(image);
        advance();
      });
  return outcomes;
}

double percent(std::int64_t part, std::size_t whole) {
  return 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

bool contains(const std::vector<int>& classes, int label) {
  return std::find(classes.begin(), classes.end(), label) != classes.end();
}

}  // namespace

Interval paired_interval(const std::vector<int>& differences) {
  const auto count = static_cast<double>(differences.size());
  double sum = 0;
  double squares = 0;
  for (const int difference : differences) {
    sum += difference;
    squares += difference * difference;
  }
  const double mean = sum / count;
  const double variance = std::max(0.0, squares / count - mean * mean);
  constexpr double kTwoSided95 = 1.959964;
  const double half = kTwoSided95 * std::sqrt(variance / count);
  return {100 * (mean - half), 100 * (mean + half)};
}

Scores float_scores(const compiler::Graph& graph, const compiler::DataSet& data, int threads,
                    const std::function<void()>& advance) {
  Scores scores(static_cast<std::size_t>(data.size()));
  for_images(
      scores.size(), threads, [&] { return std::make_unique<compiler::FloatRuntime>(graph, 1); },
      [&](compiler::FloatRuntime& runtime, std::size_t image) {
        scores[image] = runtime.run(data.input(static_cast<std::int64_t>(image)));
        advance();
      });
  return scores;
}

Accuracy measure_accuracy(const AccuracyJob& job, const std::function<void()>& advance) {
  NPU_CHECK(job.data.size() > 0 && job.threads > 0, "accuracy needs images and threads");
  const auto outcomes = classify_all(job, advance);
  std::int64_t top1 = 0, top5 = 0, float_top1 = 0, float_top5 = 0, same = 0;
  const bool labelled = job.data.labelled();
  double divergence = 0;
  std::vector<int> differences;
  for (std::size_t image = 0; image < outcomes.size(); ++image) {
    const auto& outcome = outcomes[image];
    const int label = job.data.label(static_cast<std::int64_t>(image));
    top1 += outcome.integer.front() == label ? 1 : 0;
    top5 += contains(outcome.integer, label) ? 1 : 0;
    if (outcome.real.empty()) continue;
    float_top1 += outcome.real.front() == label ? 1 : 0;
    float_top5 += contains(outcome.real, label) ? 1 : 0;
    same += outcome.real.front() == outcome.integer.front() ? 1 : 0;
    divergence += outcome.divergence;
    differences.push_back((outcome.integer.front() == label ? 1 : 0) -
                          (outcome.real.front() == label ? 1 : 0));
  }
  Accuracy accuracy;
  const auto images = outcomes.size();
  accuracy.images = static_cast<std::int64_t>(images);
  if (labelled) {
    accuracy.top1 = percent(top1, images);
    accuracy.top5 = percent(top5, images);
  }
  if (!differences.empty()) {
    if (labelled) {
      const auto [low, high] = paired_interval(differences);
      accuracy.difference_low = low;
      accuracy.difference_high = high;
      accuracy.float_top1 = percent(float_top1, images);
      accuracy.float_top5 = percent(float_top5, images);
    }
    accuracy.agreement = percent(same, images);
    accuracy.divergence = divergence / static_cast<double>(images);
  }
  return accuracy;
}

}  // namespace npu::sim
