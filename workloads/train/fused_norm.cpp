// Batch normalisation with ReLU in training mode, forward and backward, for channels-last float maps.
//
// Goes through memory fewer times than a framework's separate operators do (README.md has the times). Plain C
// interface, called by fused_norm.py. Not here: inference, running statistics, other layouts.
//
// Maps are [rows][channels] with rows = batch * height * width. Sums are formed per thread over a fixed share
// of the rows and added in the order of the threads, so that a number of threads always gives the same bits.

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace {

constexpr int64_t kBlockRows = 64;  // rows summed in float before they go into the double sums

struct Share {
  int64_t begin, end;
};

Share share_of(int64_t rows, int thread, int threads) {
  return {rows * thread / threads, rows * (thread + 1) / threads};
}

// Calls add_row(row, first, second) for all rows and leaves the sums over rows in first[channels],
// second[channels]. kChannels = 0: any number of channels, otherwise known when compiled.
template <int kChannels, typename AddRow>
void sum_rows(int64_t rows, int64_t channels, double* first, double* second, const AddRow& add_row) {
  const int threads = omp_get_max_threads();
  std::vector<double> partial(static_cast<size_t>(threads) * 2 * channels, 0.0);
#pragma omp parallel num_threads(threads)
  {
    const Share share = share_of(rows, omp_get_thread_num(), threads);
    double* total = partial.data() + static_cast<int64_t>(omp_get_thread_num()) * 2 * channels;
    std::vector<float> block(static_cast<size_t>(2 * channels));
    for (int64_t begin = share.begin; begin < share.end; begin += kBlockRows) {
      std::fill(block.begin(), block.end(), 0.0f);
      const int64_t end = std::min(begin + kBlockRows, share.end);
      for (int64_t row = begin; row < end; ++row) add_row(row, block.data(), block.data() + channels);
      for (int64_t i = 0; i < 2 * channels; ++i) total[i] += block[static_cast<size_t>(i)];
    }
  }
  for (int64_t channel = 0; channel < channels; ++channel) {
    first[channel] = second[channel] = 0.0;
    for (int thread = 0; thread < threads; ++thread) {
      first[channel] += partial[static_cast<size_t>(thread * 2 * channels + channel)];
      second[channel] += partial[static_cast<size_t>(thread * 2 * channels + channels + channel)];
    }
  }
}

template <typename Body>
void for_each_row(int64_t rows, const Body& body) {
  const int threads = omp_get_max_threads();
#pragma omp parallel num_threads(threads)
  {
    const Share share = share_of(rows, omp_get_thread_num(), threads);
    for (int64_t row = share.begin; row < share.end; ++row) body(row);
  }
}

template <int kChannels>
void forward(const float* x, int64_t rows, int64_t any_channels, const float* scale, const float* offset,
             float epsilon, float* y, float* mean, float* variance, float* factor, float* shift) {
  const int64_t channels = kChannels ? kChannels : any_channels;
  std::vector<double> sum(static_cast<size_t>(channels)), square(sum);
  const float* anchor =
      x;  // the first row, subtracted so that a large mean does not eat the variance's digits
  sum_rows<kChannels>(rows, channels, sum.data(), square.data(), [=](int64_t row, float* a, float* b) {
    const float* in = x + row * channels;
#pragma omp simd
    for (int64_t c = 0; c < channels; ++c) {
      const float d = in[c] - anchor[c];
      a[c] += d;
      b[c] += d * d;
    }
  });
  for (int64_t c = 0; c < channels; ++c) {
    const double m = sum[static_cast<size_t>(c)] / static_cast<double>(rows);
    const double v = std::max(0.0, square[static_cast<size_t>(c)] / static_cast<double>(rows) - m * m);
    mean[c] = static_cast<float>(anchor[c] + m);
    variance[c] = static_cast<float>(v);
    factor[c] = static_cast<float>(scale[c] / std::sqrt(v + epsilon));
    shift[c] = offset[c] - mean[c] * factor[c];
  }
  for_each_row(rows, [=](int64_t row) {
    const float* in = x + row * channels;
    float* out = y + row * channels;
#pragma omp simd
    for (int64_t c = 0; c < channels; ++c) out[c] = std::max(0.0f, in[c] * factor[c] + shift[c]);
  });
}

template <int kChannels>
void backward(const float* x, const float* y, const float* grad_y, int64_t rows, int64_t any_channels,
              const float* scale, const float* mean, const float* variance, float epsilon, float* grad_x,
              float* grad_scale, float* grad_offset) {
  const int64_t channels = kChannels ? kChannels : any_channels;
  std::vector<double> sum(static_cast<size_t>(channels)), product(sum);
  // With g = grad_y where y > 0: sums of g and of g * (x - mean) over the rows.
  sum_rows<kChannels>(rows, channels, sum.data(), product.data(), [=](int64_t row, float* a, float* b) {
    const int64_t at = row * channels;
#pragma omp simd
    for (int64_t c = 0; c < channels; ++c) {
      const float loaded =
          grad_y[at + c];  // apart from the choice, or the loop becomes a branch for each element
      const float g = y[at + c] > 0.0f ? loaded : 0.0f;
      a[c] += g;
      b[c] += g * (x[at + c] - mean[c]);
    }
  });
  // grad_x = scale / std * (g - sum(g) / rows - (x - mean) / variance * sum(g (x - mean)) / rows) = k1 g + k2
  // x + k3
  std::vector<float> k1(static_cast<size_t>(channels)), k2(k1), k3(k1);
  for (int64_t c = 0; c < channels; ++c) {
    const auto i = static_cast<size_t>(c);
    const double inverse = 1.0 / std::sqrt(static_cast<double>(variance[c]) + epsilon);
    const double slope = product[i] * inverse * inverse / static_cast<double>(rows);
    grad_scale[c] = static_cast<float>(product[i] * inverse);
    grad_offset[c] = static_cast<float>(sum[i]);
    k1[i] = static_cast<float>(scale[c] * inverse);
    k2[i] = static_cast<float>(-scale[c] * inverse * slope);
    k3[i] = static_cast<float>(scale[c] * inverse * (slope * mean[c] - sum[i] / static_cast<double>(rows)));
  }
  const float *p1 = k1.data(), *p2 = k2.data(), *p3 = k3.data();
  for_each_row(rows, [=](int64_t row) {
    const int64_t at = row * channels;
#pragma omp simd
    for (int64_t c = 0; c < channels; ++c) {
      const float loaded =
          grad_y[at + c];  // apart from the choice, or the loop becomes a branch for each element
      const float g = y[at + c] > 0.0f ? loaded : 0.0f;
      grad_x[at + c] = p1[c] * g + (p2[c] * x[at + c] + p3[c]);
    }
  });
}

// Calls work.operator()<kChannels>() with the number of channels known when compiled, where it is a usual
// one.
template <typename Work>
void with_channels(int64_t channels, const Work& work) {
  switch (channels) {
    case 8:
      return work.template operator()<8>();
    case 16:
      return work.template operator()<16>();
    case 32:
      return work.template operator()<32>();
    case 64:
      return work.template operator()<64>();
    case 128:
      return work.template operator()<128>();
    case 256:
      return work.template operator()<256>();
    default:
      return work.template operator()<0>();
  }
}

}  // namespace

extern "C" void norm_relu_forward(const float* x, int64_t rows, int64_t channels, const float* scale,
                                  const float* offset, float epsilon, float* y, float* mean,
                                  float* variance) {
  std::vector<float> factor(static_cast<size_t>(channels)), shift(factor);
  with_channels(channels, [&]<int kChannels>() {
    forward<kChannels>(x, rows, channels, scale, offset, epsilon, y, mean, variance, factor.data(),
                       shift.data());
  });
}

extern "C" void norm_relu_backward(const float* x, const float* y, const float* grad_y, int64_t rows,
                                   int64_t channels, const float* scale, const float* mean,
                                   const float* variance, float epsilon, float* grad_x, float* grad_scale,
                                   float* grad_offset) {
  with_channels(channels, [&]<int kChannels>() {
    backward<kChannels>(x, y, grad_y, rows, channels, scale, mean, variance, epsilon, grad_x, grad_scale,
                        grad_offset);
  });
}
