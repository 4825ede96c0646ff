// Expectations of the tests of the importer's refusals.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>

#include "tests/compiler/import/model_maker.h"

namespace npu::tests {

using Parts = std::initializer_list<const char*>;

/// A model with input [1, 2, 8, 8] whose only output "y" is made by what `build` adds gives a GraphError of
/// `node` whose message has all parts.
void expect_refused(const std::function<void(ModelMaker&)>& build, Parts parts,
                    const std::string& node = "y_node", std::int64_t opset = 13);

void expect_input_error(const std::function<void()>& action, Parts parts);

/// Conv with weights [4, 2, 3, 3], or AveragePool, with one more attribute.
void expect_conv_refused(const std::function<void(NodeMaker&)>& attribute, Parts parts);
void expect_pool_refused(const std::function<void(NodeMaker&)>& attribute, Parts parts);

}  // namespace npu::tests
