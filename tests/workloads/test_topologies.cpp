// The SqueezeNext generator layer by layer against the networks that its authors published: the whole tables
// where
// ../shared has them, and the facts of 1.0-SqNxt-23v5 typed in.
#include <fstream>
#include <map>
#include <sstream>

#include "compiler/graph/graph.h"
#include "tests/support.h"
#include "workloads/networks.h"

using namespace npu::compiler;
using npu::workloads::build_network;

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
      layer.op = std::holds_alternative<AddOp>(node.op) ? "add" : "fc";
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
    const std::vector<Layer> found = LayerTable(build_network(name)).layers;
    REQUIRE(found.size() == expected.size());
    for (std::size_t row = 0; row < expected.size(); ++row) {
      INFO(name << ", layer " << row << " (" << expected[row].op << ")");
      CHECK(found[row] == expected[row]);
    }
  }
}

TEST_CASE("1.0-SqNxt-23v5 has the published stem, stages and head") {
  const std::vector<Layer> layers = LayerTable(build_network("sqnxt_23v5_1.0")).layers;
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
  const std::vector<Layer> layers = LayerTable(build_network("mobilenet_v2_1.0")).layers;
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
