// Elements in byte memories: little-endian two's complement at any alignment. Activations and weights take
// one or two bytes; accumulator-wide values three to seven.
#pragma once

#include <cstdint>
#include <cstring>

#include "hw/numerics/rounding.h"

namespace npu::hw {

/// The element of type `Element` at `bytes`.
template <class Element>
Element load_element(const std::uint8_t* bytes) {
  Element value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

template <class Element>
void store_element(std::uint8_t* bytes, Element value) {
  std::memcpy(bytes, &value, sizeof value);
}

/// A two's complement number of `size` bytes, 1..8.
inline std::int64_t load_signed(const std::uint8_t* bytes, int size) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes, static_cast<std::size_t>(size));
  return wrap(static_cast<std::int64_t>(value), size * 8);
}

/// Element `index` of dense activations of one or two bytes each.
inline std::int32_t load_activation(const std::uint8_t* elements, std::int64_t index, int element_bytes) {
  return element_bytes == 1 ? load_element<std::int8_t>(elements + index)
                            : load_element<std::int16_t>(elements + 2 * index);
}

inline void store_activation(std::uint8_t* elements, std::int64_t index, std::int32_t value,
                             int element_bytes) {
  if (element_bytes == 1) {
    store_element(elements + index, static_cast<std::int8_t>(value));
  } else {
    store_element(elements + 2 * index, static_cast<std::int16_t>(value));
  }
}

}  // namespace npu::hw
