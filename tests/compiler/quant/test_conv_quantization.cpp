// The weight-equalising shift, integer weights, integer bias and bias correction of one layer, worked by
// hand.
#include <cmath>

#include "compiler/quant/bias_correction.h"
#include "compiler/quant/conv_quantization.h"
#include "tests/support.h"

using namespace npu;
using namespace npu::compiler;

namespace {

ConvOp pointwise(std::int64_t out_channels, std::vector<float> weights) {
  ConvOp op;
  op.out_channels = out_channels;
  op.weights = make_array(std::move(weights));
  op.bias = make_array({});
  return op;
}

QuantizedWeights quantised(const ConvOp& op, const std::vector<double>& bias, AffineScale input = {0.02F, 0},
                           AffineScale output = {0.1F, 0}, int largest_shift = 15) {
  const ConvLayer layer{"layer", &op, input, output};
  return quantize_weights(op, weight_grid(layer, bias, {8, 32, 16, largest_shift}, WeightScheme::kShift));
}

}  // namespace

TEST_CASE("e_c = clamp(floor(log2(r_l / r_c)), 0, largest)") {
  CHECK(equalising_shift(1.0F, 1.0F, 15) == 0);
  CHECK(equalising_shift(1.0F, 0.5F, 15) == 1);
  CHECK(equalising_shift(1.0F, std::nextafter(0.5F, 1.0F), 15) == 0);  // a hair below the factor of two
  CHECK(equalising_shift(1.0F, std::nextafter(0.5F, 0.0F), 15) == 1);
  CHECK(equalising_shift(1.0F, 0.3F, 15) == 1);
  CHECK(equalising_shift(3.0F, 0.25F, 15) == 3);
  CHECK(equalising_shift(1.0F, 1e-12F, 15) == 15);
  CHECK(equalising_shift(1.0F, 0.01F, 3) == 3);
  CHECK(equalising_shift(1.0F, 0.01F, 0) == 0);
  CHECK(equalising_shift(1.0F, 0.0F, 15) == 0);  // an all-zero channel
}

TEST_CASE("weights worked by hand: shifted into range, rounded half away from zero, scale r_l / 127") {
  const auto op = pointwise(3, {1.27F, -0.64F, 0.1F, -0.155F, 0, 0});
  const auto weights = quantised(op, {0, 0, 0});
  CHECK(weights.grid.scale == Approx(0.01));
  CHECK(weights.grid.channel_shift == std::vector<std::uint8_t>{0, 3, 0});  // 1.27 / 0.155 = 8.19
  CHECK(weights.values == std::vector<std::int16_t>{127, -64, 80, -124, 0, 0});
  CHECK(weights.real(2, 1) == Approx(0.1));
  CHECK(weights.real(3, 1) == Approx(-0.155));
}

TEST_CASE("no quantised weight of the shifted layer is off by more than half a step of its own channel") {
  tests::TestRandom random(3);
  std::vector<float> values;
  for (int channel = 0; channel < 40; ++channel) {
    const float range = std::ldexp(1.0F, -static_cast<int>(random.integer(0, 13)));
    for (int tap = 0; tap < 9; ++tap) values.push_back(random.real(-range, range));
  }
  const auto op = pointwise(40, values);
  const auto weights = quantised(op, std::vector<double>(40, 0.0));
  const auto maxima = channel_maxima(op);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t channel = i / 9;
    const double step = std::ldexp(weights.grid.scale, -weights.grid.channel_shift[channel]);
    CHECK(std::abs(weights.real(i, channel) - double{values[i]}) <= 0.5000001 * step);
    CHECK(step <=
          2.0 * maxima[channel] / 127 * 1.000001);  // less than one bit worse than a scale per channel
  }
}

TEST_CASE("shift width 0 leaves one scale for all channels") {
  const auto op = pointwise(2, {1.27F, 0.02F});
  const auto weights = quantised(op, {0, 0}, {0.02F, 0}, {0.1F, 0}, 0);
  CHECK(weights.grid.channel_shift == std::vector<std::uint8_t>{0, 0});
  CHECK(weights.values == std::vector<std::int16_t>{127, 2});
}

TEST_CASE("B_c = round(b_c / (s_x * s_w * 2^-e_c)) - z_x * sum(q_c), worked by hand") {
  const auto op = pointwise(2, {1.27F, -0.64F, 0.1F, -0.155F});
  const AffineScale input{0.5F, -7};
  const auto weights = quantised(op, {3.0, -0.25}, input);
  const ConvLayer layer{"layer", &op, input, {0.1F, 0}};
  // Units 0.005 and 0.005 / 8: 600 + 7 * (127 - 64) and -400 + 7 * (80 - 124).
  CHECK(quantize_bias(layer, {3.0, -0.25}, weights) == std::vector<std::int64_t>{600 + 441, -400 - 308});
}

TEST_CASE("near-dead channels get smaller shifts: their bias stays below 2^29") {
  const auto op = pointwise(2, {1.0F, 1e-12F});
  const AffineScale input{1e-4F, 0};
  // Bias 20 in units of 1e-4 / 127: 2.54e7. Times 2^15 that is 8e11; 2^29 allows a factor of 21: e = 4.
  const std::vector<double> bias{0.0, 20.0};
  const auto weights = quantised(op, bias, input);
  CHECK(weights.grid.channel_shift == std::vector<std::uint8_t>{0, 4});
  const auto integers = quantize_bias({"layer", &op, input, {0.1F, 0}}, bias, weights);
  CHECK(integers[1] < std::int64_t{1} << 29);
  CHECK(integers[1] > std::int64_t{1} << 28);
  CHECK(quantised(op, {0.0, 0.0}, input).grid.channel_shift[1] ==
        15);  // without a bias nothing stands against it
}

TEST_CASE("n + e_c stays within 63: channels of a layer with tiny outputs get smaller shifts") {
  const auto op = pointwise(2, {1.0F, 1e-6F});
  // s_w would be 1/127, but is raised so that s_x * s_w / s_y = 2^-39: n = 16 + 38 leaves 9.
  const auto weights = quantised(op, {0, 0}, {std::ldexp(1.0F, -30), 0}, {std::ldexp(1.0F, 5), 0});
  CHECK(weights.grid.scale == std::ldexp(1.0, -4));
  CHECK(weights.grid.channel_shift[1] == 9);
}

TEST_CASE("a layer of zeros keeps its bias") {
  const auto op = pointwise(2, {0, 0});
  const std::vector<double> bias{0.7, -1.3};
  const AffineScale input{0.02F, 3};
  const auto weights = quantised(op, bias, input);
  CHECK(weights.values == std::vector<std::int16_t>{0, 0});
  CHECK(weights.grid.channel_shift == std::vector<std::uint8_t>{0, 0});
  const auto integers = quantize_bias({"layer", &op, input, {0.1F, 0}}, bias, weights);
  for (std::size_t channel = 0; channel < 2; ++channel) {
    CHECK(static_cast<double>(integers[channel]) * 0.02 * weights.grid.scale ==
          Approx(bias[channel]).epsilon(1e-6));
  }
  CHECK(quantised(op, {0, 0}).grid.scale > 0);
}

TEST_CASE("weights too small for their bias share a coarser scale instead of overflowing") {
  const auto op = pointwise(1, {1e-9F});
  const std::vector<double> bias{5.0};
  const auto weights = quantised(op, bias);
  const auto integers = quantize_bias({"layer", &op, {0.02F, 0}, {0.1F, 0}}, bias, weights);
  CHECK(std::abs(static_cast<double>(integers[0])) <= std::ldexp(1.0, 29));
  CHECK(static_cast<double>(integers[0]) * double{0.02F} * weights.grid.step[0] == Approx(5.0).epsilon(1e-6));
}

TEST_CASE("16-bit weights use 32767 steps") {
  const auto op = pointwise(1, {2.0F, -0.5F});
  const ConvLayer layer{"layer", &op, {1e-4F, 0}, {1e-3F, 0}};
  const auto weights =
      quantize_weights(op, weight_grid(layer, {0.0}, {16, 48, 16, 15}, WeightScheme::kShift));
  CHECK(weights.values == std::vector<std::int16_t>{32767, -8192});
}

TEST_CASE(
    "bias correction is the float mean minus the quantised mean of the sum, padding taken into account") {
  // 1x3 kernel with one column of padding on each side of a row of 2 pixels: taps see 1, 2 and 1 of 2
  // windows.
  ConvOp op;
  op.window = {1, 3, 1, 1, 0, 1, 0, 1, false};
  op.out_channels = 1;
  op.weights = make_array({0.5F, 0.25F, -1.0F, 0.1F, 0.2F, 0.3F});  // [in][tap]
  op.bias = make_array({});
  QuantizedWeights weights;
  weights.grid.step = {0.1};
  weights.values = {5, 3, -10, 1, 1, 4};
  const MapShape input{2, 1, 2};
  // Errors W - Wq: 0, -0.05, 0 and 0, 0.1, -0.1; tap fractions 1/2, 1, 1/2.
  const InputMeans means{{4, 10}, {4, 10}};
  CHECK(bias_correction(op, input, weights, means)[0] == Approx(4 * -0.05 + 10 * (0.1 - 0.05)).margin(1e-6));
  // Measured means of the quantised input: W . 4 - Wq . 3 and W . 10 - Wq . 11 with the same fractions.
  const InputMeans measured{{4, 10}, {3, 11}};
  const double real = 4 * (0.25 + 0.25 - 0.5) + 10 * (0.05 + 0.2 + 0.15);
  const double quantised_sum = 3 * (0.25 + 0.3 - 0.5) + 11 * (0.05 + 0.1 + 0.2);
  CHECK(bias_correction(op, input, weights, measured)[0] == Approx(real - quantised_sum).margin(1e-6));
}

TEST_CASE("bias correction reads the means of a channel's own group") {
  ConvOp op;
  op.groups = 2;
  op.out_channels = 2;
  op.weights = make_array({1.0F, 2.0F});
  op.bias = make_array({});
  QuantizedWeights weights;
  weights.grid.step = {0.5, 1};
  weights.values = {1, 1};  // stand for 0.5 and 1
  const InputMeans means{{3, 7}, {3, 7}};
  const auto correction = bias_correction(op, {2, 4, 4}, weights, means);
  CHECK(correction[0] == Approx(0.5 * 3));
  CHECK(correction[1] == Approx(1.0 * 7));
}
