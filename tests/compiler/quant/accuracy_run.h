// One network of ../shared from ONNX file to top-1, in float and in integers, for the accuracy test and the
// measuring program. Not a test by itself.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "compiler/data/image_set.h"
#include "compiler/data/preprocessing.h"
#include "compiler/quant/calibration.h"
#include "compiler/quant/quantizer.h"

namespace npu::tests {

/// A canonical network, its inputs from labelled images, and its calibration from
/// ../shared/images/calibration.
class AccuracyRun {
 public:
  /// `shared` is the path of ../shared, `image_set` a folder of its images; every `step`-th image is taken,
  /// at most `count`.
  AccuracyRun(const std::filesystem::path& shared, const std::string& model, std::int64_t calibration_images,
              const std::string& image_set, std::int64_t count, std::int64_t step);

  const compiler::Graph& graph() const { return graph_; }
  const compiler::Calibration& calibration() const { return calibration_; }
  std::int64_t images() const { return static_cast<std::int64_t>(inputs_.size()); }
  /// Network input of an image, [channel][row][column].
  const std::vector<float>& input(std::int64_t image) const {
    return inputs_[static_cast<std::size_t>(image)];
  }

  std::vector<int> float_predictions(double* images_per_second = nullptr) const;
  /// Compiled for `arch` and run by the functional engine, one for each thread; the first image also by the
  /// interpreter. Throws InternalError if the two disagree on it.
  std::vector<int> integer_predictions(const compiler::QuantizedGraph& quantized, const hw::ArchConfig& arch,
                                       int threads) const;

  /// Percent of predictions that are the label.
  double top1(const std::vector<int>& predictions) const;

 private:
  compiler::Graph graph_;
  compiler::Calibration calibration_;
  std::vector<std::vector<float>> inputs_;
  std::vector<int> labels_;
};

/// Percent of equal predictions.
double agreement(const std::vector<int>& a, const std::vector<int>& b);

}  // namespace npu::tests
