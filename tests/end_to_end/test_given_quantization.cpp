// Does a quantisation survive being written down? A network is quantised, its scales, shifts, biases and
// integers are written as JSON and as a QDQ model, and both give the same program again, byte for byte,
// without any calibration. What a QDQ model means in ONNX is compared in test_qdq_semantics.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "compiler/codegen/compile.h"
#include "compiler/data/image_set.h"
#include "compiler/import/onnx_export.h"
#include "compiler/import/onnx_import.h"
#include "compiler/passes/pipeline.h"
#include "compiler/quant/given_layers.h"
#include "compiler/quant/quantization_file.h"
#include "compiler/quant/quantizer.h"
#include "compiler/quant/shape_graph.h"
#include "compiler/reference/interpreter.h"
#include "compiler/refine/recipe.h"
#include "hw/common/error.h"
#include "tests/compiler/data/graph_builder.h"
#include "workloads/networks.h"

using namespace npu;
using namespace npu::compiler;
using namespace npu::tests;

namespace {

hw::ArchConfig preset(const std::string& name) {
  return hw::load_arch(source_folder() / "configs/arch" / (name + ".json"));
}

using FileBytes = std::vector<std::uint8_t>;

Calibration calibrated(const Graph& canonical) {
  return calibrate(canonical, 2, "synthetic", [&](std::int64_t index) {
    return synthetic_input(canonical.input_shape, static_cast<std::uint64_t>(index) + 1);
  });
}

FileBytes program_of(const QuantizedGraph& quantized, const hw::ArchConfig& arch) {
  return hw::serialize(compiler::compile(quantized, arch));
}

/// Without calibration: everything must be given.
QuantizedGraph quantize_given(const Graph& canonical, const hw::ArchConfig& arch) {
  QuantizerOptions options;
  options.shift_bits = arch.compounding.shift_bits;
  options.bias_correction = false;
  return quantize(canonical, {}, arch, options);
}

FileBytes through_json(Graph canonical, const QuantizedGraph& quantized, const hw::ArchConfig& arch) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "quantization.json";
  save_quantization(quantization_of(quantized, canonical), canonical.name, path);
  canonical.given = load_quantization(path, canonical);
  return program_of(quantize_given(canonical, arch), arch);
}

FileBytes through_qdq(Graph canonical, const QuantizedGraph& quantized, const hw::ArchConfig& arch) {
  canonical.given = quantization_of(quantized, canonical, GivenIntegers::kAll);
  const Graph imported = canonicalise(import_onnx(export_qdq(canonical), "model"));
  CHECK_FALSE(imported.given.empty());
  return program_of(quantize_given(imported, arch), arch);
}

/// Every operator, and every reason for which the quantiser adds a layer.
Graph all_operators(std::uint64_t seed) {
  GraphBuilder builder({3, 17, 17}, seed);
  const auto stem = builder.conv("input", 8, window(3, 2, {0, 0, 1, 1}), 1, relu());
  const auto left = builder.conv(stem, 8, window(1), 1, leaky(0.125F));
  const auto right = builder.conv(stem, 8, window(3, 1, {1, 1, 1, 1}), 8, tests::clamp(0, 6));
  const auto sum = builder.node(AddOp{leaky(0.25F)}, {left, right});
  const auto pool = builder.node(MaxPoolOp{window(3, 2, {0, 0, 1, 1})}, {sum});
  const auto average = builder.node(AveragePoolOp{window(3, 2, {1, 1, 1, 1})}, {sum});
  const auto again = builder.conv(pool, 4, window(1));
  const auto joined = builder.node(ConcatOp{}, {again, average, again});
  const auto active = builder.node(ActivationOp{leaky(0.5F)}, {joined});
  const auto limited = builder.node(ActivationOp{tests::clamp(-0.5F, 0.5F)}, {active});
  return canonicalise(builder.finish(builder.conv(limited, 10, window(4))));
}

}  // namespace

TEST_CASE(
    "A network with every operator gives the same program through a quantisation file and through QDQ") {
  for (const char* machine : {"shift_npu", "squeezelerator_16x16"}) {
    auto arch = preset(machine);
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      INFO(machine << ", seed " << seed);
      const Graph graph = all_operators(seed);
      for (const WeightScheme scheme :
           {WeightScheme::kShift, WeightScheme::kPerChannel, WeightScheme::kAsymmetric}) {
        INFO("scheme " << static_cast<int>(scheme));
        QuantizerOptions options;
        options.shift_bits = scheme == WeightScheme::kShift ? arch.compounding.shift_bits : 0;
        options.scheme = scheme;
        auto quantized = quantize(graph, calibrated(graph), arch, options);
        quantized.shift_bits = arch.compounding.shift_bits;
        const FileBytes program = program_of(quantized, arch);
        CHECK(through_json(graph, quantized, arch) == program);
        if (arch.data.weight_bits == 8) {
          CHECK(through_qdq(graph, quantized, arch) == program);
        } else {
          CHECK_THROWS_AS(through_qdq(graph, quantized, arch), InputError);
        }
      }
    }
  }
}

TEST_CASE("The shapes of a network with given scales have the layers that its quantisation has") {
  const auto arch = preset("shift_npu");
  for (const WeightScheme scheme : {WeightScheme::kShift, WeightScheme::kPerChannel}) {
    INFO("scheme " << static_cast<int>(scheme));
    Graph graph = all_operators(1);
    QuantizerOptions options;
    options.shift_bits = scheme == WeightScheme::kShift ? arch.compounding.shift_bits : 0;
    options.scheme = scheme;
    const auto quantized = quantize(graph, calibrated(graph), arch, options);
    graph.given = quantization_of(quantized, graph);
    const auto shapes = shape_graph(graph, arch.compounding.shift_bits);
    REQUIRE(shapes.nodes.size() == quantized.nodes.size());
    for (std::size_t index = 0; index < shapes.nodes.size(); ++index) {
      CHECK(shapes.nodes[index].name == quantized.nodes[index].name);
    }
    CHECK(shapes.tensors.size() == quantized.tensors.size());
  }
}

TEST_CASE("Built-in networks give the same program through a quantisation file and through QDQ") {
  const auto arch = preset("shift_npu");
  for (const char* name :
       {"sqnxt_23v5_1.0_cifar", "mobilenet_v2_1.0_cifar", "squeezenet_1.1", "tiny_darknet"}) {
    INFO(name);
    const Graph graph = canonicalise(workloads::build_network(name));
    const auto quantized = quantize(graph, calibrated(graph), arch, {arch.compounding.shift_bits});
    const FileBytes program = program_of(quantized, arch);
    CHECK(through_json(graph, quantized, arch) == program);
    CHECK(through_qdq(graph, quantized, arch) == program);
  }
}

namespace {

/// Steps between the integers of every tensor and ONNX's, over one input.
struct Deviation {
  double largest_steps = 0;
  std::int64_t different = 0;
  std::int64_t elements = 0;
};

Deviation deviation_from_onnx(const Graph& model, const hw::ArchConfig& arch,
                              const std::vector<float>& input) {
  const auto quantised_value = [&](const std::string& value, std::vector<double>& elements) {
    const auto given = model.given.tensors.find(value);
    if (given == model.given.tensors.end()) return;
    const double scale = given->second.scale->scale;
    const double zero = given->second.scale->zero_point;
    for (double& x : elements)
      x = (std::clamp(std::nearbyint(x / scale) + zero, -128.0, 127.0) - zero) * scale;
  };
  const Values expected = evaluate_all(model, {input.begin(), input.end()}, quantised_value);
  const QuantizedGraph quantized = quantize_given(canonicalise(model), arch);
  const auto found = interpret(quantized, quantize_input(input, quantized.tensors[quantized.input], 8));
  Deviation deviation;
  for (std::size_t id = 0; id < quantized.tensors.size(); ++id) {
    const QTensor& tensor = quantized.tensors[id];
    if (!model.given.tensors.contains(tensor.name)) continue;  // a copy that ONNX does not have
    const auto reals = dequantize(found.tensors[id], tensor);
    const auto& onnx = expected.at(tensor.name);
    for (std::size_t i = 0; i < reals.size(); ++i) {
      const double steps = std::abs(double{reals[i]} - onnx[i]) / double{tensor.scale};
      deviation.largest_steps = std::max(deviation.largest_steps, steps);
      deviation.different += steps > 0.5 ? 1 : 0;
      ++deviation.elements;
    }
  }
  return deviation;
}

}  // namespace

TEST_CASE("A QDQ model runs as ONNX means it, but for rare last bits") {
  const auto arch = preset("shift_npu");
  for (const WeightScheme scheme :
       {WeightScheme::kShift, WeightScheme::kPerChannel, WeightScheme::kAsymmetric}) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      Graph graph = all_operators(seed);
      QuantizerOptions options;
      options.shift_bits = scheme == WeightScheme::kShift ? arch.compounding.shift_bits : 0;
      options.scheme = scheme;
      graph.given =
          quantization_of(quantize(graph, calibrated(graph), arch, options), graph, GivenIntegers::kAll);
      const Graph model = import_onnx(export_qdq(graph), "model");
      const auto found = deviation_from_onnx(model, arch, synthetic_input(graph.input_shape, 99));
      INFO("scheme " << static_cast<int>(scheme) << ", seed " << seed << ": " << found.different << " of "
                     << found.elements << " differ, at most by " << found.largest_steps << " steps");
      CHECK(found.elements > 1000);
      CHECK(found.largest_steps < 3.5);
      CHECK(found.different < found.elements / 50);
    }
  }
}

TEST_CASE("Partial quantisation files override what they name and nothing else") {
  const auto arch = preset("shift_npu");
  const Graph graph = all_operators(1);
  const auto calibration = calibrated(graph);
  const auto plain = quantize(graph, calibration, arch, {});
  const auto with = [&](const char* text) {
    Graph changed = graph;
    changed.given = quantization_from_json(nlohmann::json::parse(text), "quant.json", graph);
    return quantize(changed, calibration, arch, {});
  };
  const auto conv_of = [&](const QuantizedGraph& quantized, const std::string& name) {
    for (const QNode& node : quantized.nodes) {
      if (node.name == name) return std::get<QConv>(node.op);
    }
    throw InputError(name, "no such layer");
  };
  const std::string first = graph.nodes.front().name;
  const auto scaled =
      with(R"({"schema_version": 1, "tensors": [{"name": "input", "scale": 0.015625, "zero_point": 3}]})");
  CHECK(scaled.tensors[scaled.input].scale == 0.015625F);
  CHECK(scaled.tensors[scaled.input].zero_point == 3);
  CHECK(scaled.tensors[scaled.output].scale == plain.tensors[plain.output].scale);
  CHECK(conv_of(scaled, first).weights == conv_of(plain, first).weights);
  const auto narrow =
      with((R"({"schema_version": 1, "layers": [{"name": ")" + first + R"(", "weight_bits": 4}]})").c_str());
  const auto weights = conv_of(narrow, first).weights;
  CHECK(*std::max_element(weights.begin(), weights.end()) <= 7);
  CHECK(*std::min_element(weights.begin(), weights.end()) >= -7);
  const auto refused = [&](const std::string& layer, const char* part) {
    CHECK_THROWS_WITH(
        with((R"({"schema_version": 1, "layers": [{"name": ")" + first + "\", " + layer + "}]}").c_str()),
        Catch::Contains(first) && Catch::Contains(part));
  };
  refused(R"("weight_bits": 16)", "the machine's have 8");
  refused(R"("channel_shift": [0, 16, 0, 0, 0, 0, 0, 0])", "the machine has 0 to 15");
  refused(R"("weight_scale": 0.5, "weight_zero_point": 3, "channel_shift": [0, 1, 0, 0, 0, 0, 0, 0])",
          "zero point");
  CHECK_THROWS_WITH(with(R"({"schema_version": 1, "activation_bits": 16})"),
                    Catch::Contains("quant.json") && Catch::Contains("16 bits, the machine's have 8"));
  CHECK_THROWS_WITH(with(R"({"schema_version": 1, "tensors": [{"name": "x", "scale": 1, "zero_point": 0}]})"),
                    Catch::Contains("/tensors/0/name"));
  Graph open = graph;
  open.given.tensors["input"].scale = AffineScale{1, 0};
  CHECK_THROWS_WITH(quantize_given(open, arch), Catch::Contains("has no scale"));
}

TEST_CASE("A trained network quantised by the recipe gives the same program through a file and through QDQ") {
  SKIP_WITHOUT_SHARED();
  const auto arch = preset("shift_npu");
  const Graph graph = canonicalise(import_onnx(shared_folder() / "models/mobilenet_v1_0.25_224.onnx"));
  CalibrationInputs inputs;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) inputs.push_back(synthetic_input(graph.input_shape, seed));
  const auto quantized = quantize_by_recipe(graph, calibrated(graph), inputs, arch, {}, 2).quantized;
  const FileBytes program = program_of(quantized, arch);
  CHECK(through_json(graph, quantized, arch) == program);
  CHECK(through_qdq(graph, quantized, arch) == program);
}
