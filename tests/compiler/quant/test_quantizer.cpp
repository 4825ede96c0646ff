// Is the quantised network close to the float one, for every operator and every awkward layer? Integers come
// from the interpreter, floats from the naive evaluator.
#include <algorithm>
#include <cmath>

#include "compiler/passes/pipeline.h"
#include "compiler/quant/quantizer.h"
#include "compiler/reference/interpreter.h"
#include "hw/common/error.h"
#include "tests/compiler/data/graph_builder.h"

using namespace npu;
using namespace npu::compiler;
using namespace npu::tests;

namespace {

const hw::ArchConfig& machine() {
  static const hw::ArchConfig arch = hw::load_arch(source_folder() / "configs" / "arch" / "shift_npu.json");
  return arch;
}

Calibration calibrated(const Graph& graph, const std::vector<std::vector<float>>& inputs) {
  return calibrate(graph, static_cast<std::int64_t>(inputs.size()), "test",
                   [&](std::int64_t i) { return inputs[static_cast<std::size_t>(i)]; });
}

std::vector<float> run_integers(const QuantizedGraph& graph, const std::vector<float>& input) {
  const auto& in = graph.tensors[static_cast<std::size_t>(graph.input)];
  const auto result = interpret(graph, quantize_input(input, in, graph.activation_bits));
  const auto output = static_cast<std::size_t>(graph.output);
  return dequantize(result.tensors[output], graph.tensors[output]);
}

/// Signal to noise in decibels.
double snr_db(const std::vector<double>& signal, const std::vector<float>& found) {
  REQUIRE(signal.size() == found.size());
  double power = 0;
  double noise = 0;
  for (std::size_t i = 0; i < signal.size(); ++i) {
    power += signal[i] * signal[i];
    noise += (signal[i] - found[i]) * (signal[i] - found[i]);
  }
  return 10 * std::log10(power / noise);
}

double network_snr_db(const Graph& graph, const std::vector<std::vector<float>>& inputs,
                      const QuantizerOptions& options, const hw::ArchConfig& arch = machine()) {
  const auto quantised = quantize(graph, calibrated(graph, inputs), arch, options);
  std::vector<double> signal;
  std::vector<float> found;
  for (const auto& input : inputs) {
    const auto expected = evaluate_naively(graph, input).at(graph.output);
    const auto output = run_integers(quantised, input);
    signal.insert(signal.end(), expected.begin(), expected.end());
    found.insert(found.end(), output.begin(), output.end());
  }
  return snr_db(signal, found);
}

std::vector<std::vector<float>> random_inputs(GraphBuilder& builder, int count = 4) {
  std::vector<std::vector<float>> inputs;
  for (int i = 0; i < count; ++i) inputs.push_back(builder.random_input());
  return inputs;
}

/// Multiplies each output channel of the last convolution by 2^-k, k in [0, spread].
void spread_channels(GraphBuilder& builder, int spread, std::uint64_t seed) {
  TestRandom random(seed);
  auto& conv = std::get<ConvOp>(builder.last().op);
  std::vector<float> weights = *conv.weights;
  const std::size_t taps = weights.size() / static_cast<std::size_t>(conv.out_channels);
  float factor = 1;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (i % taps == 0)
      factor = i == 0 ? 1.0F : std::ldexp(1.0F, -static_cast<int>(random.integer(0, spread)));
    weights[i] *= factor;
  }
  conv.weights = make_array(std::move(weights));
}

QuantizerOptions options_of(int shift_bits, std::optional<bool> bias_correction = {}) {
  QuantizerOptions options;
  options.shift_bits = shift_bits;
  options.bias_correction = bias_correction;
  return options;
}

template <class Op>
std::size_t count_nodes(const QuantizedGraph& graph) {
  return static_cast<std::size_t>(
      std::count_if(graph.nodes.begin(), graph.nodes.end(),
                    [](const QNode& node) { return std::holds_alternative<Op>(node.op); }));
}

}  // namespace

TEST_CASE("a residual network with depthwise layers stays within 8-bit noise of float") {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    GraphBuilder builder({3, 16, 16}, seed);
    const auto stem = builder.conv("input", 16, window(3, 2, {0, 0, 1, 1}), 1, tests::clamp(0, 6));
    const auto wide = builder.conv(stem, 32, window(1), 1, tests::clamp(0, 6));
    const auto depthwise = builder.conv(wide, 32, window(3, 1, {1, 1, 1, 1}), 32, tests::clamp(0, 6));
    const auto narrow = builder.conv(depthwise, 16, window(1));
    const auto sum = builder.node(AddOp{}, {stem, narrow});
    const auto pooled = builder.node(AveragePoolOp{window(8)}, {sum});
    const auto graph = builder.finish(builder.conv(pooled, 10, window(1)));
    INFO("seed " << seed);
    CHECK(network_snr_db(graph, random_inputs(builder), {}) > 25);
  }
}

TEST_CASE(
    "concatenations with copies, max pools in ceil mode and average pools without padding stay close to "
    "float") {
  GraphBuilder builder({6, 13, 13}, 4);
  const auto a = builder.conv("input", 8, window(3, 1, {1, 1, 1, 1}), 2, relu());
  const auto b = builder.conv(a, 8, window(1), 1, relu());
  const auto side = builder.node(MaxPoolOp{window(3, 1, {1, 1, 1, 1})}, {a});
  const auto joined = builder.node(ConcatOp{}, {a, b, side, b, "input"});
  const auto pooled = builder.node(MaxPoolOp{window(3, 2, {0, 0, 1, 0}, true)}, {joined});
  const auto average = builder.node(AveragePoolOp{window(3, 2, {1, 1, 1, 1}), false}, {pooled});
  const auto padded = builder.node(AveragePoolOp{window(3, 1, {1, 1, 1, 1}), true}, {average});
  const auto graph = builder.finish(builder.conv(padded, 12, window(1)));
  const auto inputs = random_inputs(builder);
  CHECK(network_snr_db(graph, inputs, {}) > 25);
  const auto quantised = quantize(graph, calibrated(graph, inputs), machine(), {});
  CHECK(count_nodes<QRescale>(quantised) == 5);  // every input of the concatenation has other readers
  for (const QNode& node : quantised.nodes) {
    if (const auto* pool = std::get_if<QAveragePool>(&node.op);
        pool != nullptr && pool->window.stride_height == 2) {
      CHECK(pool->multiplier_by_count.size() == 10);
    }
  }
}

TEST_CASE("activations that no layer could take become rescales, leaky ones depthwise convolutions of ones") {
  GraphBuilder builder({4, 8, 8}, 5);
  const auto a = builder.conv("input", 8, window(3, 1, {1, 1, 1, 1}));
  const auto clamped = builder.node(ActivationOp{tests::clamp(-0.5F, 0.5F)}, {a});
  const auto leaked = builder.node(ActivationOp{leaky(0.1F)}, {a});
  const auto sum = builder.node(AddOp{leaky(0.25F)}, {clamped, leaked});
  const auto graph = builder.finish(builder.conv(sum, 6, window(3), 1, leaky(0.1F)));
  const auto inputs = random_inputs(builder);
  CHECK(network_snr_db(graph, inputs, {}) > 25);
  const auto quantised = quantize(graph, calibrated(graph, inputs), machine(), {});
  CHECK(count_nodes<QRescale>(quantised) == 1);
  CHECK(count_nodes<QConv>(quantised) == 4);  // two of the network, one for each leaky without a convolution
}

TEST_CASE("the shift restores layers whose channels differ a thousandfold, plain layer-wise weights do not") {
  GraphBuilder builder({16, 10, 10}, 6);
  const auto depthwise = builder.conv("input", 16, window(3, 1, {1, 1, 1, 1}), 16, {}, false);
  spread_channels(builder, 11, 60);
  auto& weights = *std::get<ConvOp>(builder.last().op).weights;
  // The next layer brings the channels back to equal size, as trained networks do.
  builder.conv(depthwise, 16, window(1), 16, {}, false);
  auto& restore = std::get<ConvOp>(builder.last().op);
  std::vector<float> inverse;
  for (std::size_t channel = 0; channel < 16; ++channel) {
    float largest = 0;
    for (std::size_t tap = 0; tap < 9; ++tap)
      largest = std::max(largest, std::abs(weights[channel * 9 + tap]));
    inverse.push_back(1.0F / largest);
  }
  restore.weights = make_array(inverse);
  const auto graph = builder.finish(builder.last().output);
  const auto inputs = random_inputs(builder);
  hw::ArchConfig wide = machine();  // 16-bit activations: only the weights are at stake
  wide.data.activation_bits = 16;
  wide.data.accumulator_bits = 48;
  const double with_shift = network_snr_db(graph, inputs, options_of(4, false), wide);
  const double without = network_snr_db(graph, inputs, options_of(0, false), wide);
  CHECK(with_shift > 30);  // 8-bit weights, at worst one bit lost by rounding e_c down
  CHECK(without < 10);
}

TEST_CASE("16-bit data is far closer to float than 8-bit data") {
  GraphBuilder builder({3, 9, 9}, 7);
  const auto a = builder.conv("input", 8, window(3), 1, relu());
  const auto graph = builder.finish(builder.conv(a, 8, window(3)));
  const auto inputs = random_inputs(builder);
  hw::ArchConfig wide = machine();
  wide.data = {16, 16, 48};
  CHECK(network_snr_db(graph, inputs, {}, wide) > 70);
  CHECK(network_snr_db(graph, inputs, {}) < 60);
}

TEST_CASE("bias correction takes away most of the mean error of coarse weights") {
  GraphBuilder builder({8, 12, 12}, 8);
  const auto a = builder.conv("input", 8, window(1), 1, relu());
  builder.conv(a, 12, window(3));
  spread_channels(builder, 6, 80);
  const auto graph = builder.finish(builder.last().output);
  const auto inputs = random_inputs(builder, 8);
  const auto calibration = calibrated(graph, inputs);
  const auto mean_error = [&](bool corrected) {
    const auto quantised = quantize(graph, calibration, machine(), options_of(0, corrected));
    std::vector<double> error(12, 0.0);
    for (const auto& input : inputs) {
      const auto expected = evaluate_naively(graph, input).at(graph.output);
      const auto found = run_integers(quantised, input);
      for (std::size_t i = 0; i < found.size(); ++i) error[i * 12 / found.size()] += found[i] - expected[i];
    }
    double total = 0;
    for (const double e : error) total += std::abs(e);
    return total;
  };
  CHECK(mean_error(true) < 0.5 * mean_error(false));
}

namespace {

/// Answers from the calibration and keeps what was asked.
class RecordedInputs final : public LayerInputs {
 public:
  explicit RecordedInputs(const Calibration& calibration) : calibration_(calibration) {}

  InputMeans means(const std::string& value, const QuantizedGraph& so_far, TensorId id) override {
    asked.push_back(value);
    CHECK(so_far.nodes.size() == asked.size() - 1);
    CHECK(so_far.tensors.at(static_cast<std::size_t>(id)).name == value);
    const auto& mean = calibration_.values.at(value).channel_mean;
    return InputMeans{mean, mean};
  }
  OutputMeans output_means(const std::string&, const QuantizedGraph&, double) override { return {}; }
  std::vector<TapCovariance> covariances(const ConvOp&, const QuantizedGraph&, TensorId) override {
    return {};
  }

  std::vector<std::string> asked;

 private:
  const Calibration& calibration_;
};

}  // namespace

TEST_CASE("bias correction can ask for means measured on the network quantised so far") {
  GraphBuilder builder({4, 6, 6}, 9);
  const auto a = builder.conv("input", 5, window(1), 1, relu());
  const auto graph = builder.finish(builder.conv(a, 3, window(1)));
  const auto inputs = random_inputs(builder);
  const auto calibration = calibrated(graph, inputs);
  RecordedInputs recorded(calibration);
  QuantizerOptions options;
  options.layer_inputs = &recorded;
  const auto measured = quantize(graph, calibration, machine(), options);
  CHECK(recorded.asked == std::vector<std::string>{"input", a});
  const auto plain = quantize(graph, calibration, machine(), {});
  CHECK(std::get<QConv>(measured.nodes[1].op).bias == std::get<QConv>(plain.nodes[1].op).bias);
}

TEST_CASE("shift width 0 is the plain layer-wise scheme: no shifts, and bias correction only if asked for") {
  GraphBuilder builder({4, 6, 6}, 10);
  builder.conv("input", 5, window(3));
  spread_channels(builder, 8, 100);
  const auto graph = builder.finish(builder.last().output);
  const auto calibration = calibrated(graph, random_inputs(builder));
  const auto bias = [&](const QuantizerOptions& options) {
    const auto quantised = quantize(graph, calibration, machine(), options);
    const auto& conv = std::get<QConv>(quantised.nodes[0].op);
    if (options.shift_bits == 0) CHECK(conv.channel_shift == std::vector<std::uint8_t>(5, 0));
    return conv.bias;
  };
  CHECK(bias(options_of(0)) == bias(options_of(0, false)));
  CHECK(bias(options_of(0)) != bias(options_of(0, true)));
  CHECK(bias(options_of(4)) == bias(options_of(4, true)));
}

TEST_CASE("dead, near-dead and constant layers are quantised, not refused") {
  GraphBuilder builder({4, 7, 7}, 11);
  const auto dead = builder.conv("input", 6, window(3));
  {
    auto& conv = std::get<ConvOp>(builder.last().op);
    std::vector<float> weights = *conv.weights;
    std::fill(weights.begin(), weights.begin() + 36, 0.0F);      // channel 0: zeros
    for (std::size_t i = 36; i < 72; ++i) weights[i] *= 1e-12F;  // channel 1: near-dead
    conv.weights = make_array(weights);
  }
  const auto zeros = builder.conv("input", 6, window(3), 1, tests::clamp(0, 6), false);
  std::get<ConvOp>(builder.last().op).weights = make_array(std::vector<float>(6 * 36, 0.0F));  // always 0
  const auto constant = builder.conv("input", 6, window(3), 1, {}, true);
  std::get<ConvOp>(builder.last().op).weights =
      make_array(std::vector<float>(6 * 36, 0.0F));  // always its bias
  const auto tiny = builder.conv("input", 6, window(3), 1, {}, false);
  std::get<ConvOp>(builder.last().op).weights = builder.random_array(6 * 36, -1e-20F, 1e-20F);
  const auto joined = builder.node(ConcatOp{}, {dead, zeros, constant, tiny});
  const auto after_zeros = builder.conv(zeros, 3, window(1));
  const auto after_tiny = builder.conv(tiny, 3, window(1), 1, leaky(0.1F));
  const auto sum = builder.node(AddOp{}, {after_zeros, after_tiny});
  const auto last = builder.node(ConcatOp{}, {joined, sum});
  const auto graph = builder.finish(last);
  CHECK(network_snr_db(graph, random_inputs(builder), {}) > 25);
}

TEST_CASE("a huge outlier costs resolution, not correctness") {
  GraphBuilder builder({4, 6, 6}, 12);
  const auto graph = builder.finish(builder.conv("input", 4, window(1)));
  auto inputs = random_inputs(builder);
  inputs[0][5] = 1e6F;
  const auto quantised = quantize(graph, calibrated(graph, inputs), machine(), {});
  CHECK(snr_db(evaluate_naively(graph, inputs[0]).at(graph.output), run_integers(quantised, inputs[0])) > 25);
}

TEST_CASE("the same network and calibration give the same integers") {
  GraphBuilder builder({3, 9, 9}, 13);
  const auto graph =
      builder.finish(builder.conv(builder.conv("input", 8, window(3), 1, relu()), 8, window(3)));
  const auto inputs = random_inputs(builder);
  const auto first = quantize(graph, calibrated(graph, inputs), machine(), {});
  const auto second = quantize(graph, calibrated(graph, inputs), machine(), {});
  for (std::size_t i = 0; i < first.nodes.size(); ++i) {
    const auto& a = std::get<QConv>(first.nodes[i].op);
    const auto& b = std::get<QConv>(second.nodes[i].op);
    CHECK(a.weights == b.weights);
    CHECK(a.bias == b.bias);
    CHECK(a.stage == b.stage);
  }
}

TEST_CASE("what cannot be quantised is refused by name") {
  GraphBuilder builder({3, 8, 8}, 14);
  const auto a = builder.conv("input", 4, window(3));
  const auto graph = builder.finish(builder.conv(a, 4, window(3)));
  auto calibration = calibrated(graph, random_inputs(builder));
  CHECK_THROWS_WITH(quantize(graph, calibration, machine(), options_of(5)),
                    Catch::Contains("shift_bits is 5") && Catch::Contains("0 to 4"));
  CHECK_THROWS_AS(quantize(graph, calibration, machine(), options_of(-1)), GraphError);
  calibration.values.erase(a);
  CHECK_THROWS_WITH(quantize(graph, calibration, machine(), {}),
                    Catch::Contains(a) && Catch::Contains("calibration"));

  GraphBuilder other({3, 8, 8}, 15);
  const auto flat = other.node(FlattenOp{}, {other.conv("input", 4, window(3))});
  const auto flattened = other.finish(flat);
  CHECK_THROWS_WITH(quantize(flattened, calibrated(flattened, random_inputs(other)), machine(), {}),
                    Catch::Contains("flatten"));
  GraphBuilder third({3, 8, 8}, 16);
  const auto padded = third.finish(third.node(PadOp{1, 1, 1, 1}, {third.conv("input", 4, window(3))}));
  CHECK_THROWS_WITH(quantize(padded, calibrated(padded, random_inputs(third)), machine(), {}),
                    Catch::Contains("canonical"));
}

TEST_CASE("a layer that could overflow a narrow accumulator is refused by name") {
  GraphBuilder builder({300, 5, 5}, 17);
  const auto graph = builder.finish(builder.conv("input", 2, window(3), 1, {}, false));
  std::vector<float> ones(2 * 300 * 9, 1.0F);
  Graph heavy = graph;
  std::get<ConvOp>(heavy.nodes[0].op).weights = make_array(ones);
  hw::ArchConfig narrow = machine();
  narrow.data.accumulator_bits = 24;
  CHECK_THROWS_WITH(quantize(heavy, calibrated(heavy, random_inputs(builder)), narrow, {}),
                    Catch::Contains(heavy.nodes[0].name) && Catch::Contains("24-bit"));
}

TEST_CASE("inputs are quantised with halves away from zero, and go from planes to pixels and back") {
  const QTensor tensor{"x", {2, 1, 3}, 0.5F, 10};
  const std::vector<float> input{0.25F, -0.25F, 1000.0F, 0.2F, -1.0F, -1000.0F};  // [channel][column]
  CHECK(quantize_input(input, tensor, 8) == std::vector<std::int32_t>{11, 10, 9, 8, 127, -128});
  CHECK(dequantize(std::vector<std::int32_t>{11, 10, 9, 8, 12, -128}, tensor) ==
        std::vector<float>{0.5F, -0.5F, 1.0F, 0.0F, -1.0F, -69.0F});
  CHECK_THROWS_AS(quantize_input(std::vector<float>(5), tensor, 8), InputError);
  CHECK_THROWS_AS(dequantize(std::vector<std::int32_t>(7), tensor), InputError);
  CHECK_THROWS_WITH(quantize_input(std::vector<float>(6, NAN), tensor, 8), Catch::Contains("not a number"));
}

TEST_CASE(
    "pools with counted padding, ceil mode and pads that no window needs stay within 8-bit noise of float") {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    GraphBuilder builder({3, 12, 13}, seed);
    const auto stem = builder.conv("input", 8, window(3, 1, {1, 1, 1, 1}));
    const auto counted = builder.node(AveragePoolOp{window(3, 3, {1, 1, 1, 1}, true), true}, {stem});
    const auto own = builder.node(AveragePoolOp{window(3, 3, {1, 1, 1, 1}, true), false}, {stem});
    const auto largest = builder.node(MaxPoolOp{window(3, 3, {1, 1, 2, 2}, true)}, {stem});
    const auto joined = builder.node(ConcatOp{}, {counted, own, largest, counted});
    const auto graph = canonicalise(builder.finish(joined));
    INFO("seed " << seed);
    CHECK(network_snr_db(graph, random_inputs(builder), {}) > 25);
  }
}

TEST_CASE("a concatenation of tensors with given scales of their own rescales each and stays near float") {
  GraphBuilder builder({3, 9, 9}, 7);
  const auto a = builder.conv("input", 4, window(1));
  const auto b = builder.conv("input", 4, window(3, 1, {1, 1, 1, 1}));
  const auto pooled = builder.node(MaxPoolOp{window(3, 1, {1, 1, 1, 1})}, {b});
  auto graph = builder.finish(builder.node(ConcatOp{}, {a, pooled}));
  const auto inputs = random_inputs(builder);
  const auto calibration = calibrated(graph, inputs);
  const auto give = [&](const std::string& value, double stretch) {
    const auto& statistics = calibration.values.at(value);
    graph.given.tensors[value].scale =
        affine_scale({statistics.minimum * stretch, statistics.maximum * stretch}, 8, 1e-6);
  };
  give(a, 1.3);
  give(b, 1.1);
  give(pooled, 1.2);
  const auto quantised = quantize(graph, calibration, machine(), {});
  // The output takes the scale of a; the pool's own scale is reached by one rescale, left by another.
  CHECK(count_nodes<QRescale>(quantised) == 2);
  CHECK(network_snr_db(graph, inputs, {}) > 25);
}
