#include "compiler/refine/tap_covariance.h"

#include <algorithm>

#include "compiler/quant/window_geometry.h"
#include "compiler/refine/parallel_for.h"

namespace npu::compiler {
namespace {

/// Rows of the matrix that one piece of work sums: they stay in the cache while all samples pass.
constexpr std::size_t kRowBlock = 16;

struct Position {
  std::int64_t row = 0;
  std::int64_t column = 0;
};

// Evenly spread over the map; each map starts elsewhere, so that all positions are met.
std::vector<Position> sample_positions(const MapShape& output, std::int64_t wanted, std::size_t map) {
  const std::int64_t all = output.height * output.width;
  const std::int64_t count = std::min(all, wanted);
  std::vector<Position> positions;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t index = (i * all / count + static_cast<std::int64_t>(map) * 7) % all;
    positions.push_back({index / output.width, index % output.width});
  }
  return positions;
}

class Sampler {
 public:
  Sampler(const ConvOp& op, const std::vector<MapElements>& maps, const MapShape& shape,
          std::int32_t zero_point, std::int64_t windows_per_map)
      : window_(op.window),
        maps_(maps),
        shape_(shape),
        zero_point_(zero_point),
        group_inputs_(shape.channels / op.groups),
        taps_(static_cast<std::size_t>(group_inputs_ * window_.kernel_height * window_.kernel_width)) {
    const MapShape output = window_output_shape(window_, shape, op.out_channels);
    for (std::size_t map = 0; map < maps.size(); ++map) {
      positions_.push_back(sample_positions(output, windows_per_map, map));
      samples_ += positions_.back().size();
    }
  }

  std::size_t taps() const { return taps_; }
  std::size_t samples() const { return samples_; }

  /// [sample][tap] of a group, less the zero point; padding is 0. Taps are ordered [channel][row][column].
  std::vector<float> gather(std::int64_t group) const {
    std::vector<float> result(samples_ * taps_, 0.0F);
    float* sample = result.data();
    for (std::size_t map = 0; map < maps_.size(); ++map) {
      for (const Position& position : positions_[map]) {
        gather_window(maps_[map], position, group * group_inputs_, sample);
        sample += taps_;
      }
    }
    return result;
  }

 private:
  void gather_window(const MapElements& map, const Position& position, std::int64_t first_channel,
                     float* sample) const {
    const std::int64_t area = window_.kernel_height * window_.kernel_width;
    for (std::int64_t dy = 0; dy < window_.kernel_height; ++dy) {
      const std::int64_t row = position.row * window_.stride_height - window_.pad_top + dy;
      if (row < 0 || row >= shape_.height) continue;
      for (std::int64_t dx = 0; dx < window_.kernel_width; ++dx) {
        const std::int64_t column = position.column * window_.stride_width - window_.pad_left + dx;
        if (column < 0 || column >= shape_.width) continue;
        const std::int16_t* pixel =
            map.data() + (row * shape_.width + column) * shape_.channels + first_channel;
        float* target = sample + dy * window_.kernel_width + dx;
        for (std::int64_t channel = 0; channel < group_inputs_; ++channel) {
          target[channel * area] = static_cast<float>(pixel[channel] - zero_point_);
        }
      }
    }
  }

  Window window_;
  const std::vector<MapElements>& maps_;
  MapShape shape_;
  std::int32_t zero_point_;
  std::int64_t group_inputs_;
  std::size_t taps_;
  std::size_t samples_ = 0;
  std::vector<std::vector<Position>> positions_;
};

// Rows [begin, end) of the lower triangle of data' data / samples.
void sum_rows(const std::vector<float>& data, std::size_t samples, std::size_t taps, std::size_t begin,
              std::size_t end, std::vector<float>& matrix) {
  for (std::size_t sample = 0; sample < samples; ++sample) {
    const float* x = data.data() + sample * taps;
    for (std::size_t row = begin; row < end; ++row) {
      const float factor = x[row] / static_cast<float>(samples);
      float* sums = matrix.data() + row * taps;
      for (std::size_t column = 0; column <= row; ++column) sums[column] += factor * x[column];
    }
  }
}

TapCovariance covariance_of(std::vector<float> data, std::size_t samples, std::size_t taps, int threads) {
  TapCovariance result{static_cast<std::int64_t>(taps), static_cast<std::int64_t>(samples), {}};
  result.matrix.assign(taps * taps, 0.0F);
  const std::size_t blocks = (taps + kRowBlock - 1) / kRowBlock;
  parallel_for(blocks, threads, [&](std::size_t block) {
    // The longest rows first, so that the threads end together.
    const std::size_t begin = (blocks - 1 - block) * kRowBlock;
    sum_rows(data, samples, taps, begin, std::min(taps, begin + kRowBlock), result.matrix);
  });
  for (std::size_t row = 0; row < taps; ++row) {
    for (std::size_t column = 0; column < row; ++column) {
      result.matrix[column * taps + row] = result.matrix[row * taps + column];
    }
  }
  return result;
}

}  // namespace

std::vector<TapCovariance> tap_covariances(const ConvOp& op, const std::vector<MapElements>& maps,
                                           const MapShape& shape, std::int32_t zero_point,
                                           std::int64_t windows_per_map, int threads) {
  const Sampler sampler(op, maps, shape, zero_point, windows_per_map);
  std::vector<TapCovariance> result(static_cast<std::size_t>(op.groups));
  const bool many_groups = op.groups > 1;
  parallel_for(result.size(), many_groups ? threads : 1, [&](std::size_t group) {
    result[group] = covariance_of(sampler.gather(static_cast<std::int64_t>(group)), sampler.samples(),
                                  sampler.taps(), many_groups ? 1 : threads);
  });
  return result;
}

}  // namespace npu::compiler
