// Helpers of everything that walks the field tables: which body belongs to which opcode, which fields are
// enumerations, and which values a field may hold.
#pragma once

#include <array>
#include <span>
#include <string>
#include <type_traits>

#include "hw/common/error.h"
#include "hw/isa/fields.h"

namespace npu::hw {

/// Calls `action.template operator()<Body>()` with the body type of `opcode`.
template <class Action>
decltype(auto) with_body_type(Opcode opcode, Action&& action) {
  switch (opcode) {
    case Opcode::kHalt:
      return action.template operator()<Halt>();
    case Opcode::kSync:
      return action.template operator()<Sync>();
    case Opcode::kLoadWeights:
    case Opcode::kLoadActivations:
    case Opcode::kStore:
      return action.template operator()<Transfer>();
    case Opcode::kConv:
      return action.template operator()<Conv>();
    case Opcode::kVector:
      return action.template operator()<Vector>();
  }
  fail_check("known opcode", __FILE__, __LINE__, "opcode " + std::to_string(static_cast<int>(opcode)));
}

/// True if the opcode is known and `instruction.body` holds the alternative it asks for.
inline bool body_matches_opcode(const Instruction& instruction) {
  if (static_cast<int>(instruction.opcode) >= kOpcodes) return false;
  return with_body_type(instruction.opcode,
                        [&]<class Body>() { return std::holds_alternative<Body>(instruction.body); });
}

/// Calls `action(field)` for every field of `Body` in encoding order (never for a body without fields).
template <class Body, class Action>
void for_each_field(Action&& action) {
  if constexpr (!std::is_empty_v<Body>) {
    for (const auto& field : fields_of<Body>()) action(field);
  }
}

/// Names of the values 0, 1, ... of an enumeration; empty for a field that is a plain number. A value without
/// a name is not legal even where it fits the bits.
inline std::span<const char* const> value_names(const Field<Sync>& field) {
  static constexpr std::array kNames{"load_weights", "load_activations", "store", "conv", "vector"};
  static_assert(kNames.size() == kUnits);
  return field.member == &Sync::unit ? std::span<const char* const>(kNames) : std::span<const char* const>();
}
inline std::span<const char* const> value_names(const Field<Conv>& field) {
  static constexpr std::array kNames{"ws", "os"};
  return field.member == &Conv::dataflow ? std::span<const char* const>(kNames)
                                         : std::span<const char* const>();
}
inline std::span<const char* const> value_names(const Field<Vector>& field) {
  static constexpr std::array kNames{"add", "rescale", "max_pool", "average_pool", "table"};
  return field.member == &Vector::operation ? std::span<const char* const>(kNames)
                                            : std::span<const char* const>();
}
template <class Body>
std::span<const char* const> value_names(const Field<Body>&) {
  return {};
}

/// Largest legal value: the field's maximum, or the last name of an enumeration.
template <class Body>
std::int64_t largest_value(const Field<Body>& field) {
  const auto names = value_names(field);
  return names.empty() ? field.maximum() : static_cast<std::int64_t>(names.size()) - 1;
}

/// Largest value of the field that stores `member`: what a compiler must keep to.
template <class Body>
std::int64_t field_maximum(std::int64_t Body::*member) {
  for (const auto& field : fields_of<Body>()) {
    if (field.member == member) return largest_value(field);
  }
  fail_check("field of this member", __FILE__, __LINE__, "a member that no field stores");
}

}  // namespace npu::hw
