#include "sim/golden/word_format.h"

#include <numeric>

namespace npu::sim::golden {

std::vector<int> byte_order(const WordFormat& format, int element_bytes, bool most_significant_first) {
  const int width = format.word_bytes;
  const bool reorder = format.high_first && element_bytes < width && width % element_bytes == 0;
  std::vector<int> order(static_cast<std::size_t>(width));
  for (int byte = 0; byte < width; ++byte) {
    const int element = byte / element_bytes;
    const int significance =
        reorder ? (width / element_bytes - 1 - element) * element_bytes + byte % element_bytes : byte;
    order[static_cast<std::size_t>(byte)] = most_significant_first ? width - 1 - significance : significance;
  }
  return order;
}

bool is_identity(const std::vector<int>& order) {
  for (std::size_t byte = 0; byte < order.size(); ++byte) {
    if (order[byte] != static_cast<int>(byte)) return false;
  }
  return true;
}

std::int64_t record_alignment(const WordFormat& format, int element_bytes) {
  return std::lcm(std::int64_t{format.word_bytes}, std::int64_t{element_bytes});
}

}  // namespace npu::sim::golden
