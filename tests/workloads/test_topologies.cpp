// The generators layer by layer: SqueezeNext against the tables that its authors published, where ../shared
// has them, and the facts of 1.0-SqNxt-23v5 typed in; the other families against facts of their publications.
#include <fstream>
#include <map>
#include <sstream>

#include "compiler/graph/graph.h"
#include "tests/support.h"
#include "workloads/networks.h"

using namespace npu::compiler;
using npu::workloads::outline_network;

namespace {

/// One weighted or pooling layer: kernel, stride, padding, groups, shapes; where its input comes from, as row
/// numbers.
struct Layer {
  std::string op;
  std::vector<int> inputs;
  std::int64_t kernel_height = 0, kernel_width = 0, stride = 0, pad_height = 0, pad_width = 0, groups = 0;
  MapShape in, out;
  std::string post;

  friend bool operator==(const Layer&, const Layer&) = default;
};

/// Layers of a built-in network; batch norms and activations become "post" of the layer before.
class LayerTable {
 public:
  explicit LayerTable(const Graph& graph) : shapes_(infer_shapes(graph)) {
    row_of_[graph.input] = -1;
    for (const Node& node : graph.nodes) {
      add(node);
    }
  }
  std::vector<Layer> layers;

 private:
  void add(const Node& node) {
    const int source = row_of_.at(node.inputs[0]);
    if (std::holds_alternative<BatchNormOp>(node.op)) {
      append_post(source, node, "bn");
    } else if (std::holds_alternative<ActivationOp>(node.op)) {
      append_post(source, node, "relu");
    } else if (std::holds_alternative<FlattenOp>(node.op)) {
      row_of_[node.output] = source;
    } else {
      layers.push_back(layer_of(node));
      row_of_[node.output] = static_cast<int>(layers.size()) - 1;
    }
  }
  void append_post(int row, const Node& node, const char* name) {
    std::string& post = layers.at(static_cast<std::size_t>(row)).post;
    post += (post.empty() ? "" : " ") + std::string(name);
    row_of_[node.output] = row;
  }
  Layer layer_of(const Node& node) const {
    Layer layer;
    for (const std::string& input : node.inputs) {
      layer.inputs.push_back(row_of_.at(input));
    }
    layer.in = shapes_.at(node.inputs[0]);
    layer.out = shapes_.at(node.output);
    if (const auto* conv = std::get_if<ConvOp>(&node.op)) {
      layer.op = "conv";
      layer.groups = conv->groups;
      set_window(layer, conv->window);
    } else if (const auto* pool = std::get_if<MaxPoolOp>(&node.op)) {
      layer.op = "maxpool";
      set_window(layer, pool->window);
    } else if (std::holds_alternative<GlobalAveragePoolOp>(node.op)) {
      layer.op = "avepool";
      set_window(layer, {layer.in.height, layer.in.width, 1, 1, 0, 0, 0, 0, false});
    } else {
      layer.op = std::holds_alternative<AddOp>(node.op)      ? "add"
                 : std::holds_alternative<ConcatOp>(node.op) ? "concat"
                                                             : "fc";
    }
    return layer;
  }
  static void set_window(Layer& layer, const Window& window) {
    CHECK(window.stride_height == window.stride_width);
    CHECK(window.pad_top == window.pad_bottom);
    CHECK(window.pad_left == window.pad_right);
    layer.kernel_height = window.kernel_height;
    layer.kernel_width = window.kernel_width;
    layer.stride = window.stride_height;
    layer.pad_height = window.pad_top;
    layer.pad_width = window.pad_left;
  }

  ShapeMap shapes_;
  std::map<std::string, int> row_of_;
};

std::int64_t number(const std::string& text) { return text.empty() ? 0 : std::stoll(text); }

std::vector<Layer> read_table(const std::string& name) {
  std::ifstream file(npu::tests::shared_folder() / "reference" / "topologies" / (name + ".csv"));
  REQUIRE(file.good());
  std::string line;
  std::getline(file, line);  // title
  std::getline(file, line);  // column names
  std::map<std::string, int> row_of{{"data", -1}};
  std::vector<Layer> layers;
  while (std::getline(file, line)) {
    std::vector<std::string> field(16);
    std::istringstream fields(line);
    for (std::string& text : field) {
      std::getline(fields, text, ',');
    }
    Layer layer;
    layer.op = field[1];
    std::istringstream inputs(field[2]);
    for (std::string input; std::getline(inputs, input, ';');) {
      layer.inputs.push_back(row_of.at(input));
    }
    layer.kernel_height = number(field[3]);
    layer.kernel_width = number(field[4]);
    layer.stride = number(field[5]);
    layer.pad_height = number(field[6]);
    layer.pad_width = number(field[7]);
    layer.groups = number(field[8]);
    layer.in = {number(field[9]), number(field[10]), number(field[11])};
    layer.out = {number(field[12]), number(field[13]), number(field[14])};
    layer.post = field[15];
    row_of[field[0]] = static_cast<int>(layers.size());
    layers.push_back(layer);
  }
  return layers;
}

}  // namespace

TEST_CASE("Four SqueezeNext networks equal their authors' tables layer by layer") {
  SKIP_WITHOUT_SHARED();
  for (const std::string name : {"sqnxt_23v5_1.0", "sqnxt_23_1.0", "sqnxt_23_2.0", "sqnxt_g23_1.0"}) {
    const std::vector<Layer> expected = read_table(name);
    const std::vector<Layer> found = LayerTable(outline_network(name)).layers;
    REQUIRE(found.size() == expected.size());
    for (std::size_t row = 0; row < expected.size(); ++row) {
      INFO(name << ", layer " << row << " (" << expected[row].op << ")");
      CHECK(found[row] == expected[row]);
    }
  }
}

TEST_CASE("1.0-SqNxt-23v5 has the published stem, stages and head") {
  const std::vector<Layer> layers = LayerTable(outline_network("sqnxt_23v5_1.0")).layers;
  // Stem, pool; per block 5 convolutions and an addition, per stage one projection; last reduction, pool,
  // classifier.
  REQUIRE(layers.size() == 2 + 21 * 6 + 4 + 3);
  CHECK(layers[0].kernel_height == 5);
  CHECK(layers[0].out == MapShape{64, 112, 112});
  CHECK(layers[1].out == MapShape{64, 56, 56});
  struct Stage {
    std::size_t blocks;
    MapShape map;
  };
  std::size_t row = 2;
  for (const Stage& stage :
       {Stage{2, {32, 56, 56}}, Stage{4, {64, 28, 28}}, Stage{14, {128, 14, 14}}, Stage{1, {256, 7, 7}}}) {
    CHECK(layers[row].kernel_height == 1);
    CHECK(layers[row].out == stage.map);
    CHECK(layers[row].stride == (row == 2 ? 1 : 2));
    for (std::size_t block = 0; block < stage.blocks; ++block) {
      const Layer* first = &layers[row + 1 + 6 * block];
      CHECK(first[0].out.channels == stage.map.channels / 2);
      CHECK(first[1].out.channels == stage.map.channels / 4);
      CHECK(first[2].out.channels == stage.map.channels / 2);
      CHECK(first[2].kernel_height == (block % 2 == 0 ? 3 : 1));
      CHECK(first[3].kernel_height == (block % 2 == 0 ? 1 : 3));
      CHECK(first[4].out == stage.map);
      CHECK(first[5].op == "add");
    }
    row += 1 + 6 * stage.blocks;
  }
  CHECK(layers[row].out == MapShape{128, 7, 7});
  CHECK(layers[row + 1].op == "avepool");
  CHECK(layers[row + 2].out == MapShape{1000, 1, 1});
}

TEST_CASE("MobileNet v2 has the stages of its paper's table 2") {
  const std::vector<Layer> layers = LayerTable(outline_network("mobilenet_v2_1.0")).layers;
  std::vector<MapShape> blocks;  // outputs of the projections
  int additions = 0;
  int depthwise = 0;
  for (std::size_t row = 1; row < layers.size(); ++row) {
    additions += layers[row].op == "add" ? 1 : 0;
    if (layers[row].op == "conv" && layers[row - 1].groups > 1) {
      blocks.push_back(layers[row].out);
      ++depthwise;
      CHECK(layers[row].post == "bn");
      CHECK(layers[row - 1].post == "bn relu");
      CHECK(layers[row - 1].groups == layers[row - 1].in.channels);
    }
  }
  CHECK(depthwise == 17);
  CHECK(additions == 10);
  const std::vector<MapShape> expected{
      {16, 112, 112}, {24, 56, 56}, {24, 56, 56}, {32, 28, 28}, {32, 28, 28}, {32, 28, 28},
      {64, 14, 14},   {64, 14, 14}, {64, 14, 14}, {64, 14, 14}, {96, 14, 14}, {96, 14, 14},
      {96, 14, 14},   {160, 7, 7},  {160, 7, 7},  {160, 7, 7},  {320, 7, 7},
  };
  CHECK(blocks == expected);
}

namespace {

/// "op kernel/stride pPAD gGROUPS -> channels x side" of every layer, for comparison with typed facts.
std::vector<std::string> summary(const std::vector<Layer>& layers) {
  std::vector<std::string> lines;
  for (const Layer& layer : layers) {
    std::ostringstream line;
    line << layer.op;
    if (layer.kernel_height > 0) {
      line << ' ' << layer.kernel_height << '/' << layer.stride << " p" << layer.pad_height;
    }
    if (layer.groups > 1) {
      line << " g" << layer.groups;
    }
    line << " -> " << layer.out.channels << 'x' << layer.out.height;
    lines.push_back(line.str());
  }
  return lines;
}

}  // namespace

TEST_CASE("AlexNet has the layers of Caffe's definition without the normalisations") {
  CHECK(summary(LayerTable(outline_network("alexnet")).layers) ==
        std::vector<std::string>{"conv 11/4 p0 -> 96x55", "maxpool 3/2 p0 -> 96x27",
                                 "conv 5/1 p2 g2 -> 256x27", "maxpool 3/2 p0 -> 256x13",
                                 "conv 3/1 p1 -> 384x13", "conv 3/1 p1 g2 -> 384x13",
                                 "conv 3/1 p1 g2 -> 256x13", "maxpool 3/2 p0 -> 256x6", "fc -> 4096x1",
                                 "fc -> 4096x1", "fc -> 1000x1"});
}

TEST_CASE("SqueezeNet 1.0 and 1.1 differ in stem, input and pools only") {
  const std::vector<std::string> fire_heads = [] {
    std::vector<std::string> heads;
    for (const std::string name : {"squeezenet_1.0", "squeezenet_1.1"}) {
      const std::vector<Layer> layers = LayerTable(outline_network(name)).layers;
      for (std::size_t row = 0; row < layers.size(); ++row) {
        const bool stem = row == 0;
        if (stem || layers[row].op == "maxpool" || layers[row].op == "concat") {
          heads.push_back(summary({layers[row]})[0]);
        }
      }
    }
    return heads;
  }();
  CHECK(fire_heads == std::vector<std::string>{
                          "conv 7/2 p0 -> 96x111", "maxpool 3/2 p0 -> 96x55",  "concat -> 128x55",
                          "concat -> 128x55",      "concat -> 256x55",         "maxpool 3/2 p0 -> 256x27",
                          "concat -> 256x27",      "concat -> 384x27",         "concat -> 384x27",
                          "concat -> 512x27",      "maxpool 3/2 p0 -> 512x13",
                          "concat -> 512x13",  // version 1.1:
                          "conv 3/2 p0 -> 64x111", "maxpool 3/2 p0 -> 64x55",  "concat -> 128x55",
                          "concat -> 128x55",      "maxpool 3/2 p0 -> 128x27", "concat -> 256x27",
                          "concat -> 256x27",      "maxpool 3/2 p0 -> 256x13", "concat -> 384x13",
                          "concat -> 384x13",      "concat -> 512x13",         "concat -> 512x13"});
  const std::vector<std::string> fire3 = summary(LayerTable(outline_network("squeezenet_1.1")).layers);
  CHECK(std::vector<std::string>(fire3.begin() + 2, fire3.begin() + 6) ==
        std::vector<std::string>{"conv 1/1 p0 -> 16x55", "conv 1/1 p0 -> 64x55", "conv 3/1 p1 -> 64x55",
                                 "concat -> 128x55"});
  CHECK(fire3[fire3.size() - 2] == "conv 1/1 p0 -> 1000x13");
}

TEST_CASE("MobileNet v1 alternates depthwise and pointwise layers and widens as its paper's table 1") {
  const std::vector<Layer> layers = LayerTable(outline_network("mobilenet_v1_0.5")).layers;
  REQUIRE(layers.size() == 1 + 26 + 2);
  CHECK(summary({layers[0]})[0] == "conv 3/2 p1 -> 16x112");
  std::vector<MapShape> maps;
  for (std::size_t row = 1; row < 27; row += 2) {
    CHECK(layers[row].groups == layers[row].in.channels);
    CHECK(layers[row].kernel_height == 3);
    CHECK(layers[row + 1].kernel_height == 1);
    maps.push_back(layers[row + 1].out);
  }
  CHECK(maps == std::vector<MapShape>{{32, 112, 112},
                                      {64, 56, 56},
                                      {64, 56, 56},
                                      {128, 28, 28},
                                      {128, 28, 28},
                                      {256, 14, 14},
                                      {256, 14, 14},
                                      {256, 14, 14},
                                      {256, 14, 14},
                                      {256, 14, 14},
                                      {256, 14, 14},
                                      {512, 7, 7},
                                      {512, 7, 7}});
}

TEST_CASE("The small form keeps the stages and drops the stem's stride and pool") {
  const std::vector<Layer> large = LayerTable(outline_network("sqnxt_23v5_1.0")).layers;
  const std::vector<Layer> small = LayerTable(outline_network("sqnxt_23v5_1.0_cifar")).layers;
  REQUIRE(small.size() + 1 == large.size());
  CHECK(summary({small[0]})[0] == "conv 5/1 p2 -> 64x32");
  for (std::size_t row = 1; row + 2 < small.size(); ++row) {
    CHECK(small[row].op == large[row + 1].op);
    CHECK(small[row].kernel_height == large[row + 1].kernel_height);
    CHECK(small[row].stride == large[row + 1].stride);
    CHECK(small[row].out.channels == large[row + 1].out.channels);
    CHECK(small[row].out.height * 56 == large[row + 1].out.height * 32);
  }
  CHECK(small.back().out == MapShape{10, 1, 1});
  // Down-sampling as the training program's: 32, 32, 16, 8, 4 (SqueezeNext), 4 at the end of MobileNets.
  for (const char* name : {"mobilenet_v1_0.25_cifar", "mobilenet_v2_1.0_cifar"}) {
    const std::vector<Layer> layers = LayerTable(outline_network(name)).layers;
    CHECK(layers[0].out.height == 32);
    CHECK(layers[layers.size() - 3].out.height == 4);
  }
}
