// Which feature maps stay in the global buffer from the layer that makes them to the last that reads them, at
// which address, and what room is left for the tiles of every layer meanwhile. Models nothing: the machine
// moves what the instructions say. Maps are kept whole; the network's input and output always lie in DRAM.
#pragma once

#include <optional>
#include <vector>

#include "compiler/codegen/layer_plan.h"
#include "compiler/schedule/plan_cache.h"

namespace npu::compiler {

/// Bytes [begin, begin + bytes) of the global buffer.
struct BufferRoom {
  Bytes begin = 0;
  Bytes bytes = 0;
};

struct Residency {
  std::vector<std::optional<Bytes>> address;  ///< by TensorId of a root; none: it lies in DRAM
  std::vector<BufferRoom> room;               ///< for the tiles of each layer

  std::vector<bool> on_chip() const;  ///< by TensorId, roots only
};

/// All maps in DRAM, the whole buffer for every layer.
Residency nothing_resident(const QuantizedGraph& graph, const std::vector<LayerWork>& layers,
                           const hw::ArchConfig& arch);

/// Takes maps one by one, those first that are read most often and needed for the shortest time, and keeps
/// each that lowers the sum of the predicted objectives (ConvCost) of the layers it touches.
Residency plan_residency(const QuantizedGraph& graph, const std::vector<LayerWork>& layers,
                         const hw::ArchConfig& arch, std::int64_t images, PlanCache& plans);

}  // namespace npu::compiler
