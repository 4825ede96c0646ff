// VGG-19 and Tiny Darknet layer by layer against facts of their publications: extents, channels and
// parameters of every layer.
#include <fmt/core.h>

#include "compiler/graph/graph.h"
#include "tests/support.h"
#include "workloads/networks.h"

using namespace npu::compiler;
using npu::workloads::outline_network;

namespace {

/// "op kernel/stride CHANNELSxSIDE parameters" of every layer that computes, in order; activations and batch
/// norms left out.
std::vector<std::string> layers_of(const Graph& graph) {
  const ShapeMap shapes = infer_shapes(graph);
  std::vector<std::string> lines;
  for (const Node& node : graph.nodes) {
    const MapShape& out = shapes.at(node.output);
    CHECK(out.height == out.width);
    const auto line = [&](const char* op, const Window& window, std::int64_t parameters) {
      CHECK(window.kernel_height == window.kernel_width);
      lines.push_back(fmt::format("{} {}/{} {}x{} {}", op, window.kernel_height, window.stride_height,
                                  out.channels, out.height, parameters));
    };
    if (const auto* conv = std::get_if<ConvOp>(&node.op)) line("conv", conv->window, node_parameters(node));
    if (const auto* pool = std::get_if<MaxPoolOp>(&node.op)) line("max", pool->window, 0);
    if (std::holds_alternative<GemmOp>(node.op)) {
      lines.push_back(fmt::format("fc {} {}", out.channels, node_parameters(node)));
    }
    if (std::holds_alternative<GlobalAveragePoolOp>(node.op))
      lines.push_back(fmt::format("avg {}", out.channels));
  }
  return lines;
}

}  // namespace

// Configuration E of arXiv 1409.1556, table 1: 3x3 convolutions with biases.
TEST_CASE("VGG-19 has the layers of configuration E, each with its published number of parameters") {
  CHECK(layers_of(outline_network("vgg19")) ==
        std::vector<std::string>{
            "conv 3/1 64x224 1792",    "conv 3/1 64x224 36928",   "max 2/2 64x112 0",
            "conv 3/1 128x112 73856",  "conv 3/1 128x112 147584", "max 2/2 128x56 0",
            "conv 3/1 256x56 295168",  "conv 3/1 256x56 590080",  "conv 3/1 256x56 590080",
            "conv 3/1 256x56 590080",  "max 2/2 256x28 0",        "conv 3/1 512x28 1180160",
            "conv 3/1 512x28 2359808", "conv 3/1 512x28 2359808", "conv 3/1 512x28 2359808",
            "max 2/2 512x14 0",        "conv 3/1 512x14 2359808", "conv 3/1 512x14 2359808",
            "conv 3/1 512x14 2359808", "conv 3/1 512x14 2359808", "max 2/2 512x7 0",
            "fc 4096 102764544",       "fc 4096 16781312",        "fc 1000 4097000"});
}

// The layer list that Darknet prints for tiny.cfg; its weights without batch norms (kernel * kernel * in *
// out).
TEST_CASE("Tiny Darknet has the layers of its authors' list") {
  CHECK(
      layers_of(outline_network("tiny_darknet")) ==
      std::vector<std::string>{"conv 3/1 16x224 432",    "max 2/2 16x112 0",        "conv 3/1 32x112 4608",
                               "max 2/2 32x56 0",        "conv 1/1 16x56 512",      "conv 3/1 128x56 18432",
                               "conv 1/1 16x56 2048",    "conv 3/1 128x56 18432",   "max 2/2 128x28 0",
                               "conv 1/1 32x28 4096",    "conv 3/1 256x28 73728",   "conv 1/1 32x28 8192",
                               "conv 3/1 256x28 73728",  "max 2/2 256x14 0",        "conv 1/1 64x14 16384",
                               "conv 3/1 512x14 294912", "conv 1/1 64x14 32768",    "conv 3/1 512x14 294912",
                               "conv 1/1 128x14 65536",  "conv 1/1 1000x14 129000", "avg 1000"});
}

TEST_CASE("Every hidden convolution of Tiny Darknet ends in a batch norm and a LeakyReLU of slope 0.1") {
  int leaky = 0;
  int norms = 0;
  for (const Node& node : outline_network("tiny_darknet").nodes) {
    norms += std::holds_alternative<BatchNormOp>(node.op) ? 1 : 0;
    const auto* activation = std::get_if<ActivationOp>(&node.op);
    if (activation == nullptr) continue;
    CHECK(activation->activation.alpha == 0.1F);
    leaky += activation->activation.kind == Activation::Kind::kLeaky ? 1 : 0;
  }
  CHECK(leaky >= 15);
  CHECK(norms == 15);
}
