// The whole pipeline: on random networks and on the built-in ones it keeps the function and leaves canonical
// operators only, every pass being followed by the verifier.
#include <limits>

#include "compiler/passes/passes.h"
#include "compiler/passes/pipeline.h"
#include "hw/common/error.h"
#include "tests/compiler/graph/graph_maker.h"
#include "tests/compiler/graph/naive_evaluator.h"
#include "workloads/networks.h"

using namespace npu::compiler;
using namespace npu::tests;

namespace {

/// Grows a network of random operators on small maps; some of them end up dead.
class RandomNetwork {
 public:
  explicit RandomNetwork(std::uint64_t seed)
      : random_(seed), maker_({random_.integer(1, 5), random_.integer(6, 9), random_.integer(6, 9)}) {
    values_.push_back({"input", maker_.graph.input_shape});
  }

  Graph run() {
    const std::int64_t count = random_.integer(4, 16);
    for (std::int64_t step = 0; step < count; ++step) {
      append_random();
    }
    finish();
    return remove_dead_nodes(maker_.graph);  // what is left out must not be refused
  }

 private:
  struct Value {
    std::string name;
    MapShape shape;
  };

  /// Mostly the newest value, so that chains form.
  Value pick() {
    if (random_.integer(0, 3) > 0) {
      return values_.back();
    }
    return values_[static_cast<std::size_t>(
        random_.integer(0, static_cast<std::int64_t>(values_.size()) - 1))];
  }

  void append(Operator op, const std::vector<std::string>& inputs) {
    const std::string name = std::string(operator_name(op)) + std::to_string(values_.size());
    maker_.add(name, std::move(op), inputs);
    values_.push_back({name, infer_shapes(maker_.graph).at(name)});
  }

  Window random_window(const MapShape& shape, bool pool) {
    Window w;
    w.kernel_height = random_.integer(1, std::min<std::int64_t>(3, shape.height));
    w.kernel_width = random_.integer(1, std::min<std::int64_t>(3, shape.width));
    w.stride_height = random_.integer(1, 2);
    w.stride_width = random_.integer(1, 2);
    const auto pad = [&](std::int64_t kernel) { return random_.integer(0, pool ? kernel - 1 : 2); };
    w.pad_top = pad(w.kernel_height);
    w.pad_left = pad(w.kernel_width);
    w.pad_bottom = pad(w.kernel_height);
    w.pad_right = pad(w.kernel_width);
    return w;
  }

  void append_conv(const Value& in) {
    ConvOp conv;
    conv.window = random_window(in.shape, false);
    conv.groups = random_.integer(0, 2) == 0 ? in.shape.channels : 1;
    conv.out_channels = conv.groups * random_.integer(1, 3);
    const std::int64_t taps = conv.window.kernel_height * conv.window.kernel_width;
    conv.weights =
        random_array(conv.out_channels * in.shape.channels / conv.groups * taps, random_, -0.5F, 0.5F);
    conv.bias = random_.integer(0, 1) == 0 ? empty_array() : random_array(conv.out_channels, random_);
    append(conv, {in.name});
  }

  void append_norm(const Value& in) {
    BatchNormOp norm;
    norm.scale = random_array(in.shape.channels, random_);
    norm.bias = random_array(in.shape.channels, random_);
    norm.mean = random_array(in.shape.channels, random_);
    norm.variance = random_array(in.shape.channels, random_, 0.5F, 2.0F);
    append(norm, {in.name});
  }

  void append_activation(const Value& in) {
    const std::int64_t kind = random_.integer(0, 3);
    append(kind == 0   ? make_leaky(0.1F)
           : kind == 1 ? make_clamp(-0.5F, 0.75F)
           : kind == 2 ? make_clamp(0, 1)
                       : make_clamp(0, std::numeric_limits<float>::infinity()),
           {in.name});
  }

  /// A partner of the same height and width, and of the same channels for an addition.
  void append_join(const Value& in, bool add) {
    for (const Value& other : values_) {
      if (other.shape.height == in.shape.height && other.shape.width == in.shape.width &&
          (!add || other.shape == in.shape)) {
        append(add ? Operator{AddOp{}} : Operator{ConcatOp{}}, {other.name, in.name});
        return;
      }
    }
  }

  void append_random() {
    const Value in = pick();
    Window pool = random_window(in.shape, true);
    switch (random_.integer(0, 9)) {
      case 0:
      case 1:
        return append_conv(in);
      case 2:
      case 3:
        return append_norm(in);
      case 4:
      case 5:
        return append_activation(in);
      case 6:
        return append_join(in, true);
      case 7:
        return append_join(in, false);
      case 8:
        pool.ceil_mode = random_.integer(0, 1) == 1;
        return append(MaxPoolOp{pool}, {in.name});
      default:
        return append(AveragePoolOp{pool, random_.integer(0, 1) == 1}, {in.name});
    }
  }

  void finish() {
    const std::int64_t ending = random_.integer(0, 4);
    if (ending == 0) {
      append(GlobalAveragePoolOp{}, {values_.back().name});
    }
    if (ending == 1) {
      append(PadOp{0, 1, 1, 0}, {values_.back().name});
      append_conv(values_.back());
    }
    if (ending <= 2) {
      append(FlattenOp{}, {values_.back().name});
      append(GemmOp{4, random_array(4 * values_.back().shape.channels, random_, -0.2F, 0.2F),
                    random_array(4, random_)},
             {values_.back().name});
      append(IdentityOp{}, {values_.back().name});
    } else {
      append_conv(values_.back());
    }
  }

  TestRandom random_;
  GraphMaker maker_;
  std::vector<Value> values_;
};

}  // namespace

TEST_CASE("Random networks compute the same behind the pipeline") {
  int compared = 0;
  std::map<std::string, int> seen;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    INFO("seed " << seed);
    const Graph before = RandomNetwork(seed).run();
    const Graph after = canonicalise(before);
    TestRandom random(seed);
    const std::vector<double> input = random_input(before.input_shape, random);
    REQUIRE(relative_difference(evaluate(before, input), evaluate(after, input)) < 1e-5);
    for (const Node& node : after.nodes) {
      ++seen[operator_name(node.op)];
    }
    ++compared;
  }
  CHECK(compared == 400);
  CHECK(seen.size() == 6);  // conv, activation, add, concat, max_pool, average_pool, and nothing else
}

TEST_CASE("Values that keep their names keep their contents") {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    INFO("seed " << seed);
    const Graph before = RandomNetwork(seed).run();
    TestRandom random(seed);
    const std::vector<double> input = random_input(before.input_shape, random);
    const Values original = evaluate_all(before, input);
    for (const auto& [name, data] : evaluate_all(canonicalise(before), input)) {
      INFO("value " << name);
      if (original.contains(name)) {
        REQUIRE(relative_difference(original.at(name), data) < 1e-5);
      }
    }
  }
}

TEST_CASE("The pipeline does nothing to its own result") {
  const Graph once = canonicalise(RandomNetwork(5).run());
  const Graph twice = canonicalise(once);
  REQUIRE(twice.nodes.size() == once.nodes.size());
  for (std::size_t index = 0; index < once.nodes.size(); ++index) {
    CHECK(twice.nodes[index].name == once.nodes[index].name);
    CHECK(twice.nodes[index].op.index() == once.nodes[index].op.index());
    CHECK(twice.nodes[index].output == once.nodes[index].output);
  }
}

TEST_CASE("Built-in networks compute the same behind the pipeline") {
  for (const std::string name : {"mobilenet_v2_1.0", "sqnxt_23v5_1.0", "sqnxt_g23_1.0"}) {
    INFO(name);
    Graph before = npu::workloads::build_network(name);
    before.input_shape = {3, 40, 40};  // the classifier pools over whatever is left
    const Graph after = canonicalise(before);
    TestRandom random(3);
    const std::vector<double> input = random_input(before.input_shape, random);
    CHECK(relative_difference(evaluate(before, input), evaluate(after, input)) < 1e-4);
    for (const Node& node : after.nodes) {
      CHECK(node.op.index() != Operator{ActivationOp{}}.index());  // every activation has found its producer
    }
  }
}

TEST_CASE("A network that no pass can bring into canonical form is refused with node and reason") {
  GraphMaker maker({2, 4, 4});
  maker.add("flatten", FlattenOp{}, {"input"});
  maker.add("twice", AddOp{}, {"flatten", "flatten"});
  expect_graph_error([&] { canonicalise(maker.graph); }, "flatten", {"flatten", "supported is"});
}

TEST_CASE("A graph that is wrong to begin with is refused by the pipeline") {
  GraphMaker maker({2, 4, 4});
  maker.add("conv", make_conv(3, 3, 1, 1, make_array({1})), {"input"});
  expect_graph_error([&] { canonicalise(maker.graph); }, "conv", {"1 values of weights"});
}
