#include "tests/fuzz/seeds.h"

#include <algorithm>

#include "compiler/codegen/compile.h"
#include "compiler/import/onnx_export.h"
#include "compiler/import/onnx_import.h"
#include "compiler/passes/pipeline.h"
#include "compiler/quant/calibration.h"
#include "compiler/quant/given_layers.h"
#include "compiler/quant/quantization_file.h"
#include "compiler/quant/quantizer.h"
#include "hw/arch/arch_config.h"
#include "hw/common/file.h"
#include "hw/common/hash.h"
#include "hw/common/temporary_folder.h"
#include "hw/isa/program.h"
#include "tests/compiler/import/model_maker.h"
#include "tests/support.h"

namespace npu::fuzz {
namespace {

constexpr std::size_t kDigestBytes = 32;

/// Every operator that the small network does not have.
Bytes other_operators() {
  using tests::Dims;
  tests::ModelMaker model({1, 2, 6, 6});
  model.floats("w", {4, 1, 3, 3}, {0.5F, -0.25F, 0.125F});
  model.floats("slope", {1}, {2.0F});
  model.integers("pads", {8}, {0, 0, 1, 1, 0, 0, 1, 1});
  model.integers("shape", {2}, {1, -1});
  model.node("Pad", {"x", "pads"}, "padded");
  model.node("Conv", {"padded", "w"}, "conv").with("group", 2).with("strides", Dims{2, 2});
  model.node("LeakyRelu", {"conv"}, "leaky").with_real("alpha", 0.1F);
  model.node("Mul", {"leaky", "slope"}, "scaled");
  model.node("Sub", {"scaled", "slope"}, "shifted");
  model.node("AveragePool", {"shifted"}, "average")
      .with("kernel_shape", Dims{3, 3})
      .with("pads", Dims{1, 1, 1, 1})
      .with("count_include_pad", 1)
      .with("ceil_mode", 1);
  model.node("Identity", {"average"}, "same");
  model.node("Dropout", {"same"}, "kept");
  model.node("Concat", {"kept", "average"}, "joined").with("axis", 1);
  model.node("MaxPool", {"joined"}, "max")
      .with("kernel_shape", Dims{2, 2})
      .with_text("auto_pad", "SAME_LOWER");
  model.node("Reshape", {"max", "shape"}, "y");
  model.output("y");
  return model.bytes();
}

}  // namespace

hw::ArchConfig default_arch() {
  return hw::load_arch(tests::source_folder() / "configs/arch/shift_npu.json");
}

compiler::Calibration calibration_of(const compiler::Graph& canonical) {
  const auto input = [&](std::int64_t) {
    return std::vector<float>(static_cast<std::size_t>(canonical.input_shape.elements()), 0.5F);
  };
  return compiler::calibrate(canonical, 1, "a constant", input);
}

compiler::Graph calibrated_graph() { return compiler::canonicalise(tests::small_network().import()); }

namespace {

compiler::QuantizedGraph quantised_graph() {
  const compiler::Graph graph = calibrated_graph();
  return compiler::quantize(graph, calibration_of(graph), default_arch(), {});
}

}  // namespace

std::vector<Bytes> onnx_seeds() {
  compiler::Graph quantised = calibrated_graph();
  quantised.given = compiler::quantization_of(quantised_graph(), quantised, compiler::GivenIntegers::kAll);
  return {tests::small_network().bytes(), other_operators(), compiler::export_qdq(quantised)};
}

std::vector<Bytes> arch_seeds() {
  std::vector<Bytes> seeds;
  for (const auto& entry : std::filesystem::directory_iterator(tests::source_folder() / "configs/arch")) {
    seeds.push_back(read_file(entry.path()));
  }
  std::sort(seeds.begin(), seeds.end());  // a folder's order is the system's
  return seeds;
}

std::vector<Bytes> calibration_seeds() {
  const TemporaryFolder folder("fuzz");  // libFuzzer has no test case that the helper of the tests could fail
  compiler::save_calibration(calibration_of(calibrated_graph()), folder.path() / "calibration.json");
  return {read_file(folder.path() / "calibration.json")};
}

std::vector<Bytes> quantization_seeds() {
  const TemporaryFolder folder("fuzz");  // libFuzzer has no test case that the helper of the tests could fail
  const auto given =
      compiler::quantization_of(quantised_graph(), calibrated_graph(), compiler::GivenIntegers::kAll);
  compiler::save_quantization(given, "small", folder.path() / "quantization.json");
  return {read_file(folder.path() / "quantization.json")};
}

std::vector<Bytes> program_seeds() {
  return {hw::serialize(compiler::compile(quantised_graph(), default_arch()))};
}

void seal(Bytes& file) {
  if (file.size() < kDigestBytes) {
    return;
  }
  const std::string hex = sha256_hex(std::span<const std::uint8_t>(file).first(file.size() - kDigestBytes));
  for (std::size_t index = 0; index < kDigestBytes; ++index) {
    file[file.size() - kDigestBytes + index] =
        static_cast<std::uint8_t>(std::stoi(hex.substr(2 * index, 2), nullptr, 16));
  }
}

}  // namespace npu::fuzz
