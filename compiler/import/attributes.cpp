#include "compiler/import/attributes.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "compiler/import/onnx_model.h"
#include "hw/common/error.h"

namespace npu::compiler {
namespace {

constexpr int kMostIntegers = 16;

std::string type_name(int type) {
  return onnx::AttributeProto::AttributeType_IsValid(type)
             ? onnx::AttributeProto::AttributeType_Name(
                   static_cast<onnx::AttributeProto::AttributeType>(type))
             : std::to_string(type);
}

}  // namespace

Attributes::Attributes(const onnx::NodeProto& node, std::string node_name)
    : node_(node), node_name_(std::move(node_name)) {
  std::set<std::string> seen;
  for (const onnx::AttributeProto& attribute : node.attribute()) {
    if (!seen.insert(attribute.name()).second) {
      fail(attribute.name(), "found twice");
    }
  }
}

void Attributes::fail(std::string_view name, const std::string& problem) const {
  throw GraphError(node_name_, fmt::format("{}: attribute '{}': {}", printable_name(node_.op_type()),
                                           printable_name(std::string(name)), problem));
}

void Attributes::expect_only(std::initializer_list<std::string_view> known) const {
  for (const onnx::AttributeProto& attribute : node_.attribute()) {
    if (std::find(known.begin(), known.end(), attribute.name()) == known.end()) {
      fail(attribute.name(), fmt::format("found, supported are only: {}", fmt::join(known, ", ")));
    }
  }
}

const onnx::AttributeProto* Attributes::find(std::string_view name) const {
  const auto found =
      std::find_if(node_.attribute().begin(), node_.attribute().end(),
                   [&](const onnx::AttributeProto& attribute) { return attribute.name() == name; });
  return found == node_.attribute().end() ? nullptr : &*found;
}

const onnx::AttributeProto* Attributes::find_typed(std::string_view name,
                                                   onnx::AttributeProto::AttributeType type) const {
  const onnx::AttributeProto* attribute = find(name);
  if (attribute == nullptr) {
    return nullptr;
  }
  if (attribute->has_ref_attr_name()) {
    fail(name, "found a reference to a function's attribute, supported are values");
  }
  if (attribute->type() != type) {
    fail(name, fmt::format("found type {}, expected {}", type_name(attribute->type()), type_name(type)));
  }
  return attribute;
}

std::int64_t Attributes::integer(std::string_view name, std::int64_t fallback) const {
  const auto* attribute = find_typed(name, onnx::AttributeProto::INT);
  return attribute == nullptr ? fallback : attribute->i();
}

float Attributes::real(std::string_view name, float fallback) const {
  const auto* attribute = find_typed(name, onnx::AttributeProto::FLOAT);
  return attribute == nullptr ? fallback : attribute->f();
}

std::string Attributes::text(std::string_view name, const std::string& fallback) const {
  const auto* attribute = find_typed(name, onnx::AttributeProto::STRING);
  return attribute == nullptr ? fallback : attribute->s();
}

std::vector<std::int64_t> Attributes::integers(std::string_view name) const {
  const auto* attribute = find_typed(name, onnx::AttributeProto::INTS);
  if (attribute == nullptr) {
    return {};
  }
  if (attribute->ints_size() > kMostIntegers) {
    fail(name, fmt::format("found {} values, supported up to {}", attribute->ints_size(), kMostIntegers));
  }
  return {attribute->ints().begin(), attribute->ints().end()};
}

std::vector<float> Attributes::reals(std::string_view name) const {
  const auto* attribute = find_typed(name, onnx::AttributeProto::FLOATS);
  return attribute == nullptr ? std::vector<float>{}
                              : std::vector<float>{attribute->floats().begin(), attribute->floats().end()};
}

const onnx::TensorProto* Attributes::tensor(std::string_view name) const {
  const auto* attribute = find_typed(name, onnx::AttributeProto::TENSOR);
  return attribute == nullptr ? nullptr : &attribute->t();
}

void Attributes::expect_integer(std::string_view name, std::int64_t fallback, std::int64_t supported) const {
  const std::int64_t found = integer(name, fallback);
  if (found != supported) {
    fail(name, fmt::format("found {}, supported {}", found, supported));
  }
}

}  // namespace npu::compiler
