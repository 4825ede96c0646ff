// Does a quantisation survive being written down? A network is quantised, its scales, shifts, biases and
// integers are written as JSON and as a QDQ model, and both give the same program again, byte for byte,
// without any calibration. What a QDQ model means in ONNX is compared in test_qdq_semantics.
#include "compiler/codegen/compile.h"
#include "compiler/data/image_set.h"
#include "compiler/import/onnx_export.h"
#include "compiler/import/onnx_import.h"
#include "compiler/passes/pipeline.h"
#include "compiler/quant/given_layers.h"
#include "compiler/quant/quantization_file.h"
#include "compiler/quant/quantizer.h"
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
