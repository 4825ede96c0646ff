// The six trained networks of ../shared: sizes against the descriptions beside them, and the function of the
// passes.
#include <fstream>
#include <nlohmann/json.hpp>

#include "compiler/import/onnx_import.h"
#include "compiler/passes/pipeline.h"
#include "tests/compiler/graph/naive_evaluator.h"

using namespace npu::compiler;
using namespace npu::tests;

namespace {

struct Model {
  const char* name;
  std::int64_t macs;  ///< counted by hand from the published layer tables, in millions
  std::size_t convolutions;
  std::size_t canonical_nodes;
};

// MACs: MobileNet v1 (Howard et al. 2017, tables 6 and 7) 41 and 325 M, v2 (Sandler et al. 2018) 300 M;
// SqueezeNet 1.0 in TensorFlow's padding and 1.1 (349 M); Tiny Darknet.
const std::vector<Model> kModels{
    {"mobilenet_v1_0.25_224", 41, 28, 29}, {"mobilenet_v1_0.75_224", 325, 28, 29},
    {"mobilenet_v2_1.0_224", 301, 53, 64}, {"squeezenet_1.0_tf", 836, 26, 38},
    {"squeezenet_1.1", 349, 26, 38},       {"tiny_darknet", 492, 16, 21},
};

std::int64_t described_parameters(const std::string& name) {
  std::ifstream file(shared_folder() / "models" / (name + ".json"));
  return nlohmann::json::parse(file).at("parameters").get<std::int64_t>();
}

}  // namespace

TEST_CASE("The six trained networks import with the described sizes and become canonical") {
  SKIP_WITHOUT_SHARED();
  for (const Model& model : kModels) {
    INFO(model.name);
    const Graph graph = import_onnx(shared_folder() / "models" / (std::string(model.name) + ".onnx"));
    CHECK(graph.name == model.name);
    CHECK(graph.input_shape == MapShape{3, 224, 224});
    const ShapeMap shapes = infer_shapes(graph);
    std::int64_t parameters = 0;
    std::int64_t macs = 0;
    for (const Node& node : graph.nodes) {
      parameters += node_parameters(node);
      macs += node_macs(node, shapes);
      if (const auto* norm = std::get_if<BatchNormOp>(&node.op)) {
        parameters +=
            2 * static_cast<std::int64_t>(norm->mean->size());  // the description counts running statistics
      }
    }
    CHECK(parameters == described_parameters(model.name));
    CHECK((macs + 500'000) / 1'000'000 == model.macs);
    CHECK(shapes.at(graph.output) == MapShape{1000, 1, 1});

    const Graph canonical = canonicalise(graph);
    CHECK(canonical.nodes.size() == model.canonical_nodes);
    std::size_t convolutions = 0;
    for (const Node& node : canonical.nodes) {
      convolutions += std::holds_alternative<ConvOp>(node.op) ? 1 : 0;
      CHECK_FALSE(std::holds_alternative<ActivationOp>(node.op));
    }
    CHECK(convolutions == model.convolutions);
    CHECK(canonical.output == graph.output);
  }
}

TEST_CASE("The passes keep the function of the trained networks") {
  SKIP_WITHOUT_SHARED();
  for (const Model& model : kModels) {
    INFO(model.name);
    Graph graph = import_onnx(shared_folder() / "models" / (std::string(model.name) + ".onnx"));
    graph.input_shape = {3, 48, 48};  // all of them end in a global pool, so that any size will do
    TestRandom random(11);
    const std::vector<double> input = random_input(graph.input_shape, random);
    CHECK(relative_difference(evaluate(graph, input), evaluate(canonicalise(graph), input)) < 1e-4);
  }
}
