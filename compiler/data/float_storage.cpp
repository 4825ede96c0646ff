#include "compiler/data/float_storage.h"

#include <algorithm>
#include <cstring>

namespace npu::compiler {
namespace {

struct Buffer {
  std::size_t bytes = 0;
  std::int64_t busy_until = -1;  // last node that needs its present content
};

// The smallest free buffer that is large enough, else the largest free one (which grows), else none.
std::size_t pick_buffer(const std::vector<Buffer>& buffers, std::size_t bytes, std::int64_t node) {
  std::size_t best = buffers.size();
  const auto better = [&](const Buffer& candidate, const Buffer& current) {
    if ((candidate.bytes >= bytes) != (current.bytes >= bytes)) return candidate.bytes >= bytes;
    return candidate.bytes >= bytes ? candidate.bytes < current.bytes : candidate.bytes > current.bytes;
  };
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    if (buffers[i].busy_until >= node) continue;
    if (best == buffers.size() || better(buffers[i], buffers[best])) best = i;
  }
  return best;
}

}  // namespace

FloatStorage::Id FloatStorage::create(const dnnl::memory::desc& desc, std::int64_t node) {
  items_.push_back({{dnnl::memory(desc, engine_, DNNL_MEMORY_NONE)}, node, node, desc.get_size()});
  return items_.size() - 1;
}

FloatStorage::Id FloatStorage::create_zeroed(const dnnl::memory::desc& desc) {
  dnnl::memory memory(desc, engine_);
  std::memset(memory.get_data_handle(), 0, desc.get_size());
  items_.push_back({{memory}, 0, 0, desc.get_size(), true});
  return items_.size() - 1;
}

dnnl::memory FloatStorage::view(Id id, const dnnl::memory::desc& desc) {
  void* bytes = items_[id].own_buffer ? memory(id).get_data_handle() : DNNL_MEMORY_NONE;
  items_[id].views.emplace_back(desc, engine_, bytes);
  return items_[id].views.back();
}

void FloatStorage::use(Id id, std::int64_t node) {
  items_[id].last_node = std::max(items_[id].last_node, node);
}

std::vector<dnnl::memory> FloatStorage::assign_buffers() {
  std::vector<Buffer> buffers;
  std::vector<std::size_t> buffer_of(items_.size());
  for (std::size_t id = 0; id < items_.size(); ++id) {  // items were created in node order
    const Item& item = items_[id];
    if (item.own_buffer) continue;
    const std::size_t picked = pick_buffer(buffers, item.bytes, item.first_node);
    if (picked == buffers.size()) buffers.emplace_back();
    buffers[picked].bytes = std::max(buffers[picked].bytes, item.bytes);
    buffers[picked].busy_until = item.last_node;
    buffer_of[id] = picked;
  }
  std::vector<dnnl::memory> memories;
  for (const Buffer& buffer : buffers) {
    const auto bytes = static_cast<dnnl::memory::dim>(std::max<std::size_t>(buffer.bytes, 1));
    memories.emplace_back(
        dnnl::memory::desc({bytes}, dnnl::memory::data_type::u8, dnnl::memory::format_tag::a), engine_);
  }
  for (std::size_t id = 0; id < items_.size(); ++id) {
    if (items_[id].own_buffer) continue;
    for (auto& memory : items_[id].views) memory.set_data_handle(memories[buffer_of[id]].get_data_handle());
  }
  return memories;
}

}  // namespace npu::compiler
