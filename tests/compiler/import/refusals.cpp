#include "tests/compiler/import/refusals.h"

#include "hw/common/error.h"
#include "tests/compiler/graph/graph_maker.h"

namespace npu::tests {

void expect_refused(const std::function<void(ModelMaker&)>& build, Parts parts, const std::string& node,
                    std::int64_t opset) {
  ModelMaker model({1, 2, 8, 8}, opset);
  build(model);
  model.output("y");
  expect_graph_error([&] { model.import(); }, node, parts);
}

void expect_input_error(const std::function<void()>& action, Parts parts) {
  try {
    action();
  } catch (const npu::InputError& error) {
    INFO("message: " << error.what());
    for (const char* part : parts) {
      INFO("expected part: " << part);
      CHECK(std::string(error.what()).find(part) != std::string::npos);
    }
    return;
  }
  FAIL("no InputError");
}

void expect_conv_refused(const std::function<void(NodeMaker&)>& attribute, Parts parts) {
  expect_refused(
      [&](ModelMaker& m) {
        m.floats("w", {4, 2, 3, 3}, {1});
        NodeMaker node = m.node("Conv", {"x", "w"}, "y");
        attribute(node);
      },
      parts);
}

void expect_pool_refused(const std::function<void(NodeMaker&)>& attribute, Parts parts) {
  expect_refused(
      [&](ModelMaker& m) {
        NodeMaker node = m.node("AveragePool", {"x"}, "y");
        attribute(node);
      },
      parts);
}

}  // namespace npu::tests
