// Quantisation that somebody else has chosen: scales, zero points, shifts, biases and weights by name, read
// from a QDQ model or from a file, which the quantiser takes instead of choosing its own. Whatever is left
// open the quantiser chooses. Models no arithmetic.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace npu::compiler {

/// A range of real values.
struct Range {
  double low = 0;
  double high = 0;

  double width() const { return high - low; }
  void include(const Range& other);
};

/// real = scale * (q - zero_point).
struct AffineScale {
  float scale = 1.0F;
  std::int32_t zero_point = 0;

  friend bool operator==(const AffineScale&, const AffineScale&) = default;
};

/// Of one feature map: its scale, or the range that its scale shall cover.
struct GivenTensor {
  std::optional<AffineScale> scale;
  std::optional<Range> range;  ///< not beside a scale
};

/// Of one convolution (or fully connected layer). Every member may be left open.
struct GivenLayer {
  std::optional<int> weight_bits;  ///< the machine's or fewer: integers are limited to those of so many bits
  /// One scale for the layer, or one for each output channel: shifts where they are powers of two of the
  /// largest, else a multiplier for each channel. Of a layer with `channel_shift`: s_w.
  std::vector<double> weight_scale;
  std::optional<std::int32_t> weight_zero_point;           ///< with one scale, 0 beside shifts
  std::optional<std::vector<std::uint8_t>> channel_shift;  ///< e_c [out_channel]
  std::optional<std::vector<double>> bias;                 ///< real, [out_channel]; taken as it is
  /// q [out_channel][in_channel / groups][kernel_h][kernel_w]; empty: the float weights, rounded to nearest.
  std::vector<std::int16_t> weights;
};

struct GivenQuantization {
  std::string source;   ///< for messages: the file
  int weight_bits = 0;  ///< that it was made for; 0: any
  int activation_bits = 0;
  std::map<std::string, GivenTensor> tensors;  ///< by value name
  std::map<std::string, GivenLayer> layers;    ///< by node name

  bool empty() const { return tensors.empty() && layers.empty(); }
  bool has_tensor(const std::string& value) const { return tensors.contains(value); }
  const GivenLayer* layer(const std::string& node) const;
};

/// What `first` says, where it says something, else what `second` says: tensor by tensor, and of layers
/// member by member.
GivenQuantization merged(const GivenQuantization& first, const GivenQuantization& second);

/// `to` stands for `from` from now on, which holds the same numbers. Throws GraphError naming `node` if both
/// are given and differ.
void carry_given(GivenQuantization& given, const std::string& from, const std::string& to,
                 const std::string& node);

}  // namespace npu::compiler
