// Damaged files: cut at every length, bits and bytes changed, fields replaced by extreme numbers. The
// importer either gives a verified graph or one of our errors; anything else ends the test program.
#include <functional>
#include <limits>

#include "compiler/import/onnx_import.h"
#include "compiler/passes/pipeline.h"
#include "hw/common/error.h"
#include "tests/compiler/import/model_maker.h"
#include "tests/support.h"

using namespace npu::compiler;
using namespace npu::tests;

namespace {

struct Outcomes {
  int imported = 0;
  int refused = 0;
};

/// Import and, if that works, the passes. Errors of other types than a user's fault fail the test.
void try_import(const std::vector<std::uint8_t>& bytes, Outcomes& outcomes) {
  try {
    canonicalise(import_onnx(bytes, "damaged"));
    ++outcomes.imported;
  } catch (const npu::Error& error) {
    CHECK_FALSE(std::string(error.what()).empty());
    ++outcomes.refused;
  }
}

}  // namespace

TEST_CASE("A model cut at any length is refused, never more than refused") {
  const std::vector<std::uint8_t> whole = small_network().bytes();
  Outcomes outcomes;
  for (std::size_t length = 0; length < whole.size(); ++length) {
    try_import({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)}, outcomes);
  }
  CHECK(outcomes.refused + outcomes.imported == static_cast<int>(whole.size()));
  CHECK(outcomes.imported == 0);
  try_import(whole, outcomes);
  CHECK(outcomes.imported == 1);
}

TEST_CASE("Every single byte of a model changed in eight ways gives a graph or an error") {
  const std::vector<std::uint8_t> whole = small_network().bytes();
  Outcomes outcomes;
  for (std::size_t position = 0; position < whole.size(); ++position) {
    for (const int value : {0x00, 0x01, 0x7F, 0x80, 0xFF, whole[position] ^ 0x01, whole[position] ^ 0x10,
                            whole[position] ^ 0x80}) {
      std::vector<std::uint8_t> bytes = whole;
      bytes[position] = static_cast<std::uint8_t>(value);
      try_import(bytes, outcomes);
    }
  }
  CHECK(outcomes.imported > 0);  // weights may be anything finite
  CHECK(outcomes.refused > 0);
}

TEST_CASE("Random damage in many places gives a graph or an error") {
  const std::vector<std::uint8_t> whole = small_network().bytes();
  const std::uint64_t seed = 20261123;
  INFO("seed " << seed);
  TestRandom random(seed);
  Outcomes outcomes;
  for (int repeat = 0; repeat < 4000; ++repeat) {
    std::vector<std::uint8_t> bytes = whole;
    const std::int64_t changes = random.integer(1, 12);
    for (std::int64_t change = 0; change < changes; ++change) {
      const auto position = random.integer(0, static_cast<std::int64_t>(bytes.size()) - 1);
      const std::int64_t kind = random.integer(0, 2);
      if (kind == 0) {
        bytes[static_cast<std::size_t>(position)] = static_cast<std::uint8_t>(random.integer(0, 255));
      } else if (kind == 1) {
        bytes.erase(bytes.begin() + position);
      } else {
        bytes.insert(bytes.begin() + position, static_cast<std::uint8_t>(random.integer(0, 255)));
      }
    }
    try_import(bytes, outcomes);
  }
  CHECK(outcomes.imported + outcomes.refused == 4000);
}

TEST_CASE("Extreme numbers in every integer attribute and dimension give a graph or an error") {
  Outcomes outcomes;
  for (const std::int64_t value :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{65'536}, std::int64_t{1} << 31,
        (std::int64_t{1} << 32) + 1, std::numeric_limits<std::int64_t>::max(),
        std::numeric_limits<std::int64_t>::min()}) {
    const onnx::ModelProto original = small_network().proto();
    const auto try_changed = [&](const std::function<void(onnx::GraphProto&)>& change) {
      onnx::ModelProto model = original;
      change(*model.mutable_graph());
      const std::string text = model.SerializeAsString();
      try_import({text.begin(), text.end()}, outcomes);
    };
    for (int node = 0; node < original.graph().node_size(); ++node) {
      for (int index = 0; index < original.graph().node(node).attribute_size(); ++index) {
        try_changed(
            [&](onnx::GraphProto& g) { g.mutable_node(node)->mutable_attribute(index)->set_i(value); });
        const int count = original.graph().node(node).attribute(index).ints_size();
        for (int element = 0; element < count; ++element) {
          try_changed([&](onnx::GraphProto& g) {
            g.mutable_node(node)->mutable_attribute(index)->set_ints(element, value);
          });
        }
      }
    }
    for (int tensor = 0; tensor < original.graph().initializer_size(); ++tensor) {
      for (int axis = 0; axis < original.graph().initializer(tensor).dims_size(); ++axis) {
        try_changed([&](onnx::GraphProto& g) { g.mutable_initializer(tensor)->set_dims(axis, value); });
      }
    }
    for (int axis = 0; axis < 4; ++axis) {
      try_changed([&](onnx::GraphProto& g) {
        g.mutable_input(0)
            ->mutable_type()
            ->mutable_tensor_type()
            ->mutable_shape()
            ->mutable_dim(axis)
            ->set_dim_value(value);
      });
    }
  }
  CHECK(outcomes.refused > 100);
}

TEST_CASE("A chain of many thousand nodes imports without recursion") {
  ModelMaker model({1, 2, 4, 4});
  model.floats("w", {2, 2, 1, 1}, {0.5F});
  std::string value = "x";
  const int count = 20'000;
  for (int index = 0; index < count; ++index) {
    const std::string next = "v" + std::to_string(index);
    model.node(index % 3 == 0 ? "Identity" : index % 3 == 1 ? "Relu" : "MaxPool", {value}, next);
    if (index % 3 == 2) {
      NodeMaker(model.proto().mutable_graph()->mutable_node(index)).with("kernel_shape", Dims{1, 1});
    }
    value = next;
  }
  model.node("Conv", {value, "w"}, "y");
  model.output("y");
  const Graph graph = model.import();
  CHECK(graph.nodes.size() == count + 1);
  CHECK(canonicalise(graph).nodes.size() == 2);  // one ReLU of the input and the convolution
}
