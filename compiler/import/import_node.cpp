#include "compiler/import/import_node.h"

#include <fmt/core.h>

#include "compiler/import/onnx_model.h"
#include "hw/common/error.h"

namespace npu::compiler {

void ImportNode::fail(const std::string& problem) const {
  throw GraphError(name_, fmt::format("{}: {}", printable_name(proto_.op_type()), problem));
}

void ImportNode::expect_inputs(int least, int most) const {
  const int found = proto_.input_size();
  if (found < least || found > most) {
    fail(least == most ? fmt::format("found {} inputs, expected {}", found, least)
                       : fmt::format("found {} inputs, expected {} to {}", found, least, most));
  }
  for (int index = 0; index < least; ++index) {
    if (proto_.input(index).empty()) {
      fail(fmt::format("input {} is missing", index));
    }
  }
}

const ImportedValue& ImportNode::input(int index) const { return context_.value(proto_.input(index), name_); }

const ImportedValue& ImportNode::features(int index) const {
  const ImportedValue& value = input(index);
  if (value.is_constant()) {
    fail(fmt::format("input {} ('{}') is a constant, supported is a computed value", index, value.name));
  }
  if (value.integers) {
    fail(fmt::format("input {} is '{}' in quantised integers, supported is a DequantizeLinear in between",
                     index, value.name));
  }
  return value;
}

const ImportedValue& ImportNode::map(int index) const {
  const ImportedValue& value = features(index);
  if (value.rank != 4) {
    fail(fmt::format("input {} ('{}') has rank {}, expected 4 (batch, channels, height, width)", index,
                     value.name, value.rank));
  }
  return value;
}

const ConstantTensor& ImportNode::float_constant(int index, const char* what) const {
  const ImportedValue& value = input(index);
  if (!value.is_constant() || value.constant->is_integer) {
    fail(fmt::format("found {} for {} (input {}, '{}'), supported are constant floats",
                     value.is_constant() ? describe(*value.constant) : "a computed value", what, index,
                     value.name));
  }
  return *value.constant;
}

const ConstantTensor& ImportNode::integer_constant(int index, const char* what) const {
  const ImportedValue& value = input(index);
  if (!value.is_constant() || !value.constant->is_integer) {
    fail(fmt::format("found {} for {} (input {}, '{}'), supported are constant integers",
                     value.is_constant() ? describe(*value.constant) : "a computed value", what, index,
                     value.name));
  }
  return *value.constant;
}

float ImportNode::scalar(int index, const char* what) const {
  const ConstantTensor& tensor = float_constant(index, what);
  if (tensor.elements() != 1) {
    fail(fmt::format("found {} for {}, expected one number", describe(tensor), what));
  }
  return tensor.floats->front();
}

const std::string& ImportNode::output() const {
  if (proto_.output_size() < 1 || proto_.output(0).empty()) {
    fail("found no output, expected 1");
  }
  return proto_.output(0);
}

void ImportNode::refuse_other_outputs() const {
  for (int index = 1; index < proto_.output_size(); ++index) {
    context_.define_unusable(proto_.output(index),
                             fmt::format("is output {} of {} '{}', of which only output 0 is supported",
                                         index, printable_name(proto_.op_type()), name_));
  }
}

void ImportNode::emit(Operator op, const std::vector<ImportedValue>& inputs, int rank) const {
  refuse_other_outputs();
  context_.define(output(), context_.append(name_, output(), std::move(op), inputs, rank));
}

ImportedValue ImportNode::emit_helper(const char* suffix, Operator op,
                                      const std::vector<ImportedValue>& inputs, int rank) const {
  const std::string name = context_.fresh_name(name_ + suffix);
  return context_.append(name, name, std::move(op), inputs, rank);
}

void ImportNode::define_alias(const ImportedValue& value) const {
  refuse_other_outputs();
  context_.define(output(), value);
}

void ImportNode::define_constant(std::shared_ptr<const ConstantTensor> tensor) const {
  refuse_other_outputs();
  context_.define(output(), {output(), {}, 0, std::move(tensor), std::nullopt});
}

std::int64_t ImportNode::checked_axis(std::int64_t axis, int rank) const {
  if (axis < -rank || axis >= rank) {
    fail(fmt::format("found axis {} for a value of rank {}", axis, rank));
  }
  return axis < 0 ? axis + rank : axis;
}

}  // namespace npu::compiler
