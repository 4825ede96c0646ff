#include "workloads/squeezenext.h"

#include <fmt/core.h>

#include "workloads/network_builder.h"

namespace npu::workloads {
namespace {

using compiler::Window;

constexpr std::int64_t kImageNetSide = 227;
constexpr std::int64_t kStemChannels = 64;
constexpr std::int64_t kFirstStageChannels = 32;
constexpr std::int64_t kLastChannels = 128;

class SqueezeNextGenerator {
 public:
  SqueezeNextGenerator(const SqueezeNextParameters& parameters, const BuildOptions& options)
      : parameters_(parameters), builder_(options, input_shape(parameters.form, kImageNetSide)) {}

  compiler::Graph run() {
    Value value = append_stem();
    for (int stage = 0; stage < 4; ++stage) {
      value = append_stage(stage, value);
    }
    value = conv("last", value, kLastChannels, square_window(1, 1, 0), 1);
    return builder_.finish(builder_.classifier(classifier_name(), value, classes(parameters_.form)));
  }

 private:
  const char* classifier_name() const { return parameters_.form == InputForm::kSmall ? "fc10" : "fc1000"; }

  Value append_stem() {
    const int kernel = parameters_.stem_kernel;
    if (parameters_.form == InputForm::kSmall) {
      return conv("stem", builder_.input(), kStemChannels, square_window(kernel, 1, kernel / 2), 1);
    }
    const Value stem = conv("stem", builder_.input(), kStemChannels, square_window(kernel, 2, 0), 1);
    Window pool = square_window(3, 2, 0);
    pool.ceil_mode = true;
    return builder_.max_pool("pool1", stem, pool);
  }

  Value conv(const std::string& name, const Value& in, std::int64_t out_channels, const Window& window,
             int groups) {
    return builder_.relu(builder_.conv_norm({name, out_channels, window, groups}, in));
  }

  Value append_stage(int stage, Value value) {
    const std::int64_t channels = (kFirstStageChannels << stage) * parameters_.width_percent / 100;
    for (int block = 0; block < parameters_.blocks[static_cast<std::size_t>(stage)]; ++block) {
      const std::string name = fmt::format("stage{}.block{}", stage + 1, block + 1);
      const std::int64_t stride = block == 0 && stage > 0 ? 2 : 1;
      Value shortcut = value;
      if (block == 0) {
        shortcut = conv(name + ".projection", value, channels, square_window(1, stride, 0), 1);
      }
      const bool from_projection = block > 0 || parameters_.reduce_after_projection;
      const Value branch = append_branch(name, from_projection ? shortcut : value, channels,
                                         from_projection ? 1 : stride, block % 2 == 0);
      value = builder_.relu(builder_.add(name + ".sum", shortcut, branch));
    }
    return value;
  }

  /// Successive blocks of a stage alternate the order of the two halves of the separable convolution.
  Value append_branch(const std::string& name, const Value& in, std::int64_t channels, std::int64_t stride,
                      bool column_first) {
    const Window column{3, 1, 1, 1, 1, 0, 1, 0, false};
    const Window row{1, 3, 1, 1, 0, 1, 0, 1, false};
    const int groups = parameters_.groups;
    Value value = conv(name + ".reduce1", in, channels / 2, square_window(1, stride, 0), groups);
    value = conv(name + ".reduce2", value, channels / 4, square_window(1, 1, 0), 1);
    value = conv(name + (column_first ? ".3x1" : ".1x3"), value, channels / 2, column_first ? column : row,
                 groups);
    value = conv(name + (column_first ? ".1x3" : ".3x1"), value, channels / 2, column_first ? row : column,
                 groups);
    return conv(name + ".expand", value, channels, square_window(1, 1, 0), 1);
  }

  SqueezeNextParameters parameters_;
  NetworkBuilder builder_;
};

}  // namespace

compiler::Graph build(const SqueezeNextParameters& parameters, const BuildOptions& options) {
  return SqueezeNextGenerator(parameters, options).run();
}

}  // namespace npu::workloads
