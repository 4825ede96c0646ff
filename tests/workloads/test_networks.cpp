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

TEST_CASE("Names are unique, each has a description and an outline of that name that is a correct graph") {
  const std::vector<std::string> names = network_names();
  CHECK(std::set<std::string>(names.begin(), names.end()).size() == names.size());
  for (const std::string& name : names) {
    INFO(name);
    const Graph graph = outline_network(name);
    CHECK_NOTHROW(verify_graph(graph));
    CHECK(graph.name == name);
    CHECK_FALSE(describe_network(name).empty());
    const bool small = name.ends_with("_cifar");
    CHECK(graph.input_shape.channels == 3);
    CHECK((graph.input_shape.height == 32) == small);
    CHECK(infer_shapes(graph).at(graph.output) == MapShape{small ? 10 : 1000, 1, 1});
  }
}

TEST_CASE("A network has the layers, windows and array sizes of its outline") {
  for (const std::string name : {"sqnxt_23v5_1.0_cifar", "squeezenet_1.1", "tiny_darknet"}) {
    const Graph outline = outline_network(name);
    const Graph network = build_network(name);
    REQUIRE(network.nodes.size() == outline.nodes.size());
    CHECK(infer_shapes(network) == infer_shapes(outline));
    for (std::size_t index = 0; index < network.nodes.size(); ++index) {
      INFO(name << ", " << network.nodes[index].name);
      CHECK(network.nodes[index].name == outline.nodes[index].name);
      CHECK(network.nodes[index].inputs == outline.nodes[index].inputs);
      CHECK(network.nodes[index].op.index() == outline.nodes[index].op.index());
      CHECK(node_parameters(network.nodes[index]) == node_parameters(outline.nodes[index]));
    }
  }
}

TEST_CASE("An unknown name is refused with the known ones") {
  CHECK_THROWS_AS(build_network("resnet_50"), npu::InputError);
  CHECK_THROWS_WITH(describe_network("resnet_50"),
                    Catch::Contains("resnet_50") && Catch::Contains("sqnxt_23v5_1.0, sqnxt_23v5_1.5"));
}

TEST_CASE("Parameters and MACs meet the published counts within 2 %") {
  struct Published {
    const char* name;
    double parameters_millions;
    double macs_millions;  ///< 0: not published
  };
  const Published kPublished[] = {
      // SqueezeNext: arXiv 1803.10615, tables 2 and 3; its abstract for 2.0-SqNxt-44.
      {"sqnxt_23_1.0", 0.72, 282},
      {"sqnxt_23v2_1.0", 0.74, 228},
      {"sqnxt_23v3_1.0", 0.74, 228},
      {"sqnxt_23v4_1.0", 0.77, 228},
      {"sqnxt_23v5_1.0", 0.94, 228},
      {"sqnxt_g23_1.0", 0.54, 0},
      {"sqnxt_34_1.0", 1.0, 0},
      {"sqnxt_44_1.0", 1.2, 0},
      {"sqnxt_23_1.5", 1.4, 0},
      {"sqnxt_23_2.0", 2.4, 0},
      {"sqnxt_44_2.0", 4.4, 0},
      // MobileNet v1: the table of checkpoints in TensorFlow's slim/nets/mobilenet_v1.md; for 0.75 its 317 M
      // MACs
      // disagree with the 325 M of arXiv 1704.04861, table 6, and with the network's layers.
      {"mobilenet_v1_1.0", 4.24, 569},
      {"mobilenet_v1_0.75", 2.59, 325},
      {"mobilenet_v1_0.5", 1.34, 150},
      {"mobilenet_v1_0.25", 0.47, 41},
      // MobileNet v2: parameters of the reference implementation; 300 M MACs in arXiv 1801.04381, table 4.
      {"mobilenet_v2_1.0", 3.504872, 300},
      // SqueezeNet, VGG-19: parameters as torchvision counts them. SqueezeNet's MACs: 837 M in SqueezeNext's
      // table 3, 349 M for version 1.1; VGG-19's: 19.6 G.
      {"squeezenet_1.0", 1.248424, 837},
      {"squeezenet_1.1", 1.235496, 349},
      {"vgg19", 143.667240, 19630},
      // AlexNet: SqueezeNext's table 3.
      {"alexnet", 60.9, 725},
      // Tiny Darknet: 0.98 G operations on its page, two for one MAC; a file of 4.0 MB of float32.
      {"tiny_darknet", 1.04, 490},
  };
  for (const Published& row : kPublished) {
    INFO(row.name);
    const Sizes sizes = sizes_of(outline_network(row.name));
    CHECK(static_cast<double>(sizes.parameters) == Approx(row.parameters_millions * 1e6).epsilon(0.02));
    if (row.macs_millions > 0) {
      CHECK(static_cast<double>(sizes.macs) == Approx(row.macs_millions * 1e6).epsilon(0.02));
    }
  }
  CHECK(sizes_of(outline_network("mobilenet_v2_1.0")).parameters == 3'504'872);
  CHECK(sizes_of(outline_network("squeezenet_1.0")).parameters == 1'248'424);
  CHECK(sizes_of(outline_network("squeezenet_1.1")).parameters == 1'235'496);
  CHECK(sizes_of(outline_network("vgg19")).parameters == 143'667'240);
}

TEST_CASE("The weights are the same bytes on every system") {
  CHECK(weights_hash(build_network("sqnxt_23v5_1.0")) ==
        "8acb1730a2033c4f374e41232790d51651a776090787eaee14aed490835f2f21");
  CHECK(weights_hash(build_network("mobilenet_v2_1.0")) ==
        "ecb6c902ae809d8dcba5860d7f42c2c1a49c598ad036c4994a294064d28fa4f7");
}

TEST_CASE("Networks without batch norms get none from their generators") {
  for (const std::string name : {"squeezenet_1.0", "squeezenet_1.1", "alexnet", "vgg19"}) {
    for (const Node& node : outline_network(name).nodes) {
      CHECK_FALSE(std::holds_alternative<BatchNormOp>(node.op));
      const auto* conv = std::get_if<ConvOp>(&node.op);
      CHECK((conv == nullptr || static_cast<std::int64_t>(conv->bias->size()) == conv->out_channels));
    }
  }
}

TEST_CASE("Another seed gives other weights of the same network") {
  const Graph first = build_network("sqnxt_23v5_1.0", 1);
  const Graph second = build_network("sqnxt_23v5_1.0", 2);
  CHECK(weights_hash(first) != weights_hash(second));
  CHECK(sizes_of(first).parameters == sizes_of(second).parameters);
}

TEST_CASE("Activations stay in range through the depth, and logits depend on the input") {
  for (const std::string name : {"sqnxt_23v5_1.0", "mobilenet_v2_1.0", "mobilenet_v1_0.25", "tiny_darknet",
                                 "squeezenet_1.1", "alexnet", "sqnxt_23v5_1.0_cifar"}) {
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
      const auto* conv = std::get_if<ConvOp>(&node.op);
      const bool settled_bias = conv != nullptr && conv->bias->size() > 0 && conv->out_channels != 1000;
      if (std::holds_alternative<BatchNormOp>(node.op) || settled_bias) {
        INFO(node.name);
        const double magnitude = root_mean_square(values.at(node.output).data);
        CHECK(magnitude > 0.5);
        CHECK(magnitude < 2.5);
      }
    }
    const std::vector<float>& logits = values.at(graph.output).data;  // [class][sample]
    const std::size_t classes = logits.size() / samples;
    std::set<std::size_t> winners;
    double across_inputs = 0;
    for (std::size_t sample = 0; sample < samples; ++sample) {
      std::size_t best = 0;
      for (std::size_t label = 0; label < classes; ++label) {
        best = logits[label * samples + sample] > logits[best * samples + sample] ? label : best;
        across_inputs +=
            std::fabs(static_cast<double>(logits[label * samples + sample] - logits[label * samples]));
      }
      winners.insert(best);
    }
    if (name != "squeezenet_1.1") {  // its scores are cut at zero pixel by pixel: the noisiest map wins
      CHECK(winners.size() >= 3);
    }
    CHECK(across_inputs / static_cast<double>(classes * (samples - 1)) > 1.0);
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
