// Memory of a float plan while it is being built: tracks when each activation is alive and at the end lays
// activations into shared buffers. Knows nothing of operators.
#pragma once

#include <cstddef>
#include <cstdint>
#include <oneapi/dnnl/dnnl.hpp>
#include <vector>

namespace npu::compiler {

class FloatStorage {
 public:
  explicit FloatStorage(dnnl::engine engine) : engine_(std::move(engine)) {}

  using Id = std::size_t;

  /// A new activation, alive from node `node` on. Its memory has no buffer until assign_buffers.
  Id create(const dnnl::memory::desc& desc, std::int64_t node);
  /// A buffer of its own, zero now and never shared, for padding that stays.
  Id create_zeroed(const dnnl::memory::desc& desc);
  /// Another view of the bytes of `id`.
  dnnl::memory view(Id id, const dnnl::memory::desc& desc);
  /// `id` is still needed while node `node` runs.
  void use(Id id, std::int64_t node);
  const dnnl::memory& memory(Id id) const { return items_[id].views.front(); }

  /// Gives every activation a buffer; those alive at the same time never share one. Returns the buffers.
  std::vector<dnnl::memory> assign_buffers();

 private:
  struct Item {
    std::vector<dnnl::memory> views;
    std::int64_t first_node;
    std::int64_t last_node;
    std::size_t bytes;
    bool own_buffer = false;
  };

  dnnl::engine engine_;
  std::vector<Item> items_;
};

}  // namespace npu::compiler
