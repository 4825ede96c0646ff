// The built-in networks: sizes against publications, reproducible weights, sane activations, spread of
// channels.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <set>

#include "compiler/passes/pipeline.h"
#include "hw/common/error.h"
#include "hw/common/hash.h"
#include "tests/support.h"
#include "workloads/networks.h"
#include "workloads/tiny_evaluator.h"

using namespace npu::compiler;
using namespace npu::workloads;

namespace {

struct Sizes {
  std::int64_t macs = 0;
  std::int64_t parameters = 0;
};

Sizes sizes_of(const Graph& graph) {
  Sizes sizes;
  const ShapeMap shapes = infer_shapes(graph);
  for (const Node& node : graph.nodes) {
    sizes.macs += node_macs(node, shapes);
    sizes.parameters += node_parameters(node);
  }
  return sizes;
}

std::vector<FloatArray> arrays_of(const Node& node) {
  if (const auto* conv = std::get_if<ConvOp>(&node.op)) {
    return {conv->weights, conv->bias};
  }
  if (const auto* norm = std::get_if<BatchNormOp>(&node.op)) {
    return {norm->scale, norm->bias, norm->mean, norm->variance};
  }
  if (const auto* gemm = std::get_if<GemmOp>(&node.op)) {
    return {gemm->weights, gemm->bias};
  }
  return {};
}

/// SHA-256 of every array's bytes, in order.
std::string weights_hash(const Graph& graph) {
  std::vector<std::uint8_t> bytes;
  for (const Node& node : graph.nodes) {
    for (const FloatArray& array : arrays_of(node)) {
      const std::size_t offset = bytes.size();
      bytes.resize(offset + array->size() * sizeof(float));
      std::memcpy(bytes.data() + offset, array->data(), array->size() * sizeof(float));
    }
  }
  return npu::sha256_hex(bytes);
}

/// Inputs of another kind than those the batch norms were settled on: blocks of several sizes and fine noise.
FeatureMaps block_inputs(const MapShape& shape, std::int64_t samples) {
  npu::tests::TestRandom random(99);
  FeatureMaps maps{shape, samples, {}};
  for (std::int64_t plane = 0; plane < shape.channels * samples; ++plane) {
    std::vector<float> pixels(static_cast<std::size_t>(shape.height * shape.width), 0.0F);
    for (const std::int64_t size : {80, 20, 5, 1}) {
      std::vector<float> blocks(
          static_cast<std::size_t>((shape.height / size + 1) * (shape.width / size + 1)));
      for (float& block : blocks) {
        block = random.real(-0.9F, 0.9F);
      }
      for (std::int64_t y = 0; y < shape.height; ++y) {
        for (std::int64_t x = 0; x < shape.width; ++x) {
          pixels[static_cast<std::size_t>(y * shape.width + x)] +=
              blocks[static_cast<std::size_t>(y / size * (shape.width / size + 1) + x / size)];
        }
      }
    }
    maps.data.insert(maps.data.end(), pixels.begin(), pixels.end());
  }
  return maps;
}

double root_mean_square(const std::vector<float>& values) {
  double squares = 0;
  for (const float value : values) {
    squares += static_cast<double>(value) * static_cast<double>(value);
  }
  return std::sqrt(squares / static_cast<double>(values.size()));
}

/// log2 of the ratio of the largest to the smallest channel's range, over the layer's output channels.
double channel_spread_octaves(const ConvOp& conv) {
  const std::size_t per_channel = conv.weights->size() / static_cast<std::size_t>(conv.out_channels);
  std::vector<double> ranges;
  for (std::int64_t channel = 0; channel < conv.out_channels; ++channel) {
    double range = 0;
    for (std::size_t index = 0; index < per_channel; ++index) {
      const float weight = (*conv.weights)[static_cast<std::size_t>(channel) * per_channel + index];
      range = std::max(range, static_cast<double>(std::fabs(weight)));
    }
    ranges.push_back(range);
  }
  const auto [smallest, largest] = std::minmax_element(ranges.begin(), ranges.end());
  return std::log2(*largest / *smallest);
}

}  // namespace

TEST_CASE("Names are unique, each builds a correct graph of that name and has a description") {
  const std::vector<std::string> names = network_names();
  CHECK(std::set<std::string>(names.begin(), names.end()).size() == names.size());
  for (const std::string& name : names) {
    INFO(name);
    const Graph graph = build_network(name);
    CHECK_NOTHROW(verify_graph(graph));
    CHECK(graph.name == name);
    CHECK_FALSE(describe_network(name).empty());
    CHECK(infer_shapes(graph).at(graph.output) == MapShape{1000, 1, 1});
  }
}

TEST_CASE("An unknown name is refused with the known ones") {
  CHECK_THROWS_AS(build_network("resnet_50"), npu::InputError);
  CHECK_THROWS_WITH(describe_network("resnet_50"),
                    Catch::Contains("resnet_50") && Catch::Contains("sqnxt_23v5_1.0, sqnxt_g23_1.0"));
}

TEST_CASE("Parameters and MACs meet the published counts within 2 %") {
  // SqueezeNext: arXiv 1803.10615, tables 2 and 3 (1.0-SqNxt-23 to v5; 1.0-G-SqNxt-23 and 2.0-SqNxt-23
  // parameters). MobileNet v2: the reference implementation's 3,504,872 parameters; 300 M MACs (arXiv
  // 1801.04381, table 4).
  struct Published {
    const char* name;
    double parameters_millions;
    double macs_millions;  ///< 0: not published
  };
  for (const Published& row :
       {Published{"sqnxt_23_1.0", 0.72, 282}, Published{"sqnxt_23v2_1.0", 0.74, 228},
        Published{"sqnxt_23v3_1.0", 0.74, 228}, Published{"sqnxt_23v4_1.0", 0.77, 228},
        Published{"sqnxt_23v5_1.0", 0.94, 228}, Published{"sqnxt_g23_1.0", 0.54, 0},
        Published{"sqnxt_23_2.0", 2.4, 0}, Published{"mobilenet_v2_1.0", 3.504872, 300}}) {
    INFO(row.name);
    const Sizes sizes = sizes_of(build_network(row.name));
    CHECK(static_cast<double>(sizes.parameters) == Approx(row.parameters_millions * 1e6).epsilon(0.02));
    if (row.macs_millions > 0) {
      CHECK(static_cast<double>(sizes.macs) == Approx(row.macs_millions * 1e6).epsilon(0.02));
    }
  }
  CHECK(sizes_of(build_network("mobilenet_v2_1.0")).parameters == 3'504'872);
}

TEST_CASE("The weights are the same bytes on every system") {
  CHECK(weights_hash(build_network("sqnxt_23v5_1.0")) ==
        "8acb1730a2033c4f374e41232790d51651a776090787eaee14aed490835f2f21");
  CHECK(weights_hash(build_network("mobilenet_v2_1.0")) ==
        "ecb6c902ae809d8dcba5860d7f42c2c1a49c598ad036c4994a294064d28fa4f7");
}

TEST_CASE("Another seed gives other weights of the same network") {
  const Graph first = build_network("sqnxt_23v5_1.0", 1);
  const Graph second = build_network("sqnxt_23v5_1.0", 2);
  CHECK(weights_hash(first) != weights_hash(second));
  CHECK(sizes_of(first).parameters == sizes_of(second).parameters);
}

TEST_CASE("Activations stay in range through the depth, and logits depend on the input") {
  for (const std::string name : {"sqnxt_23v5_1.0", "mobilenet_v2_1.0"}) {
    INFO(name);
    const Graph graph = build_network(name);
    const std::int64_t samples = 6;
    std::map<std::string, FeatureMaps> values{{graph.input, block_inputs(graph.input_shape, samples)}};
    for (const Node& node : graph.nodes) {
      std::vector<const FeatureMaps*> inputs;
      for (const std::string& input : node.inputs) {
        inputs.push_back(&values.at(input));
      }
      values[node.output] = evaluate(node, inputs);
      if (std::holds_alternative<BatchNormOp>(node.op)) {
        INFO(node.name);
        const double magnitude = root_mean_square(values.at(node.output).data);
        CHECK(magnitude > 0.5);
        CHECK(magnitude < 2.5);
      }
    }
    const std::vector<float>& logits = values.at(graph.output).data;  // [class][sample]
    std::set<std::size_t> winners;
    double across_inputs = 0;
    for (std::size_t sample = 0; sample < samples; ++sample) {
      std::size_t best = 0;
      for (std::size_t label = 0; label < 1000; ++label) {
        best = logits[label * samples + sample] > logits[best * samples + sample] ? label : best;
        across_inputs +=
            std::fabs(static_cast<double>(logits[label * samples + sample] - logits[label * samples]));
      }
      winners.insert(best);
    }
    CHECK(winners.size() >= 3);
    CHECK(across_inputs / (1000.0 * (samples - 1)) > 1.0);
    CHECK(root_mean_square(logits) < 10.0);
  }
}

TEST_CASE("Behind batch-norm folding channels spread over octaves, depthwise ones most") {
  const Graph canonical = canonicalise(build_network("mobilenet_v2_1.0"));
  double depthwise = 0;
  double pointwise = 0;
  int depthwise_layers = 0;
  int pointwise_layers = 0;
  for (const Node& node : canonical.nodes) {
    const auto* conv = std::get_if<ConvOp>(&node.op);
    if (conv == nullptr || conv->output_mean->empty()) {
      continue;  // the classifier has no batch norm
    }
    const bool is_depthwise = conv->groups > 1;
    (is_depthwise ? depthwise : pointwise) += channel_spread_octaves(*conv);
    ++(is_depthwise ? depthwise_layers : pointwise_layers);
  }
  REQUIRE(depthwise_layers == 17);
  REQUIRE(pointwise_layers == 35);
  CHECK(depthwise / depthwise_layers > 7.0);
  CHECK(pointwise / pointwise_layers > 2.5);
  CHECK(pointwise / pointwise_layers < 6.0);
}
