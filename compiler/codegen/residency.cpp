// 1. Candidates: maps that neither the host writes nor reads and whose strides the instructions hold.
// 2. In the order of accesses by layers over layers that they live: try the lowest and the highest free
// place, work
//    out what the layers of its life would cost with the map on chip and less room, keep the better place if
//    the sum falls.
// Costs are the mapper's predictions; overlap between layers is not part of them.
#include "compiler/codegen/residency.h"

#include <algorithm>
#include <limits>
#include <type_traits>

#include "compiler/codegen/layer_problems.h"
#include "hw/isa/field_tools.h"

namespace npu::compiler {
namespace {

constexpr Bytes kMapAlignment = 64;
constexpr double kDoesNotFit = std::numeric_limits<double>::infinity();

struct Candidate {
  TensorId root = -1;
  MapLife life;
  Bytes bytes = 0;
  double accesses_per_layer = 0;
};

struct Interval {
  Bytes begin = 0;
  Bytes end = 0;
};

bool strides_fit(const MapShape& shape, int activation_bytes) {
  const Bytes pixel = shape.channels * activation_bytes;
  const Bytes pixel_limit =
      std::min({hw::field_maximum(&hw::Conv::in_pixel_stride), hw::field_maximum(&hw::Conv::out_pixel_stride),
                hw::field_maximum(&hw::Vector::a_pixel_stride)});
  const Bytes row_limit = std::min(
      {hw::field_maximum(&hw::Conv::in_row_stride), hw::field_maximum(&hw::Conv::out_row_stride),
       hw::field_maximum(&hw::Vector::a_row_stride), hw::field_maximum(&hw::Vector::out_row_stride)});
  return pixel <= pixel_limit && shape.width * pixel <= row_limit;
}

class Planner {
 public:
  Planner(const QuantizedGraph& graph, const std::vector<LayerWork>& layers, const hw::ArchConfig& arch,
          std::int64_t images, PlanCache& plans)
      : graph_(graph),
        layers_(layers),
        arch_(arch),
        images_(images),
        plans_(plans),
        views_(find_views(graph)),
        result_(nothing_resident(graph, layers, arch)) {}

  Residency run() {
    for (std::size_t layer = 0; layer < layers_.size(); ++layer) costs_.push_back(cost_of(layer));
    for (const Candidate& candidate : candidates()) consider(candidate);
    return std::move(result_);
  }

 private:
  std::vector<Candidate> candidates() const {
    const auto lives = find_lives(graph_, layers_, views_);
    std::vector<int> accesses(graph_.tensors.size(), 0);
    const auto root = [&](TensorId id) {
      return static_cast<std::size_t>(views_[static_cast<std::size_t>(id)].root);
    };
    for (const LayerWork& layer : layers_) {
      ++accesses[root(layer.output())];
      for (const TensorId input : layer.inputs()) ++accesses[root(input)];
    }
    std::vector<Candidate> found;
    for (std::size_t id = 0; id < lives.size(); ++id) {
      const MapLife& life = lives[id];
      if (!life.used || life.first < 0 || life.last >= std::ssize(layers_)) continue;
      const MapShape& shape = graph_.tensors[id].shape;
      const Bytes bytes = round_up(images_ * shape.elements() * arch_.data.activation_bytes(), kMapAlignment);
      if (bytes >= arch_.global_buffer.capacity_bytes) continue;
      if (!strides_fit(shape, arch_.data.activation_bytes())) continue;
      found.push_back({static_cast<TensorId>(id), life, bytes,
                       static_cast<double>(accesses[id]) / static_cast<double>(life.last - life.first + 1)});
    }
    std::stable_sort(found.begin(), found.end(), [](const Candidate& a, const Candidate& b) {
      return a.accesses_per_layer > b.accesses_per_layer;
    });
    return found;
  }

  // Placed maps that live while any layer of `life` runs, by address.
  std::vector<Interval> occupied(const MapLife& life) const {
    std::vector<Interval> taken;
    for (const Candidate& other : placed_) {
      if (other.life.first > life.last || life.first > other.life.last) continue;
      const Bytes begin = *result_.address[static_cast<std::size_t>(other.root)];
      taken.push_back({begin, begin + other.bytes});
    }
    std::sort(taken.begin(), taken.end(),
              [](const Interval& a, const Interval& b) { return a.begin < b.begin; });
    return taken;
  }

  // The stretches between `taken`.
  std::vector<Interval> gaps(const std::vector<Interval>& taken) const {
    std::vector<Interval> free;
    Bytes begin = 0;
    for (const Interval& interval : taken) {
      if (interval.begin > begin) free.push_back({begin, interval.begin});
      begin = std::max(begin, interval.end);
    }
    const Bytes end = arch_.global_buffer.capacity_bytes / kMapAlignment * kMapAlignment;
    if (end > begin) free.push_back({begin, end});
    return free;
  }

  BufferRoom largest_gap(std::int64_t layer) const {
    BufferRoom room;
    for (const Interval& gap : gaps(occupied({layer, layer, true}))) {
      if (gap.end - gap.begin > room.bytes) room = {gap.begin, gap.end - gap.begin};
    }
    return room;
  }

  // Predicted objective of one layer as `result_` has it.
  double cost_of(std::size_t layer) {
    const ProblemContext context{graph_, views_, result_, arch_, images_};
    const auto& op = layers_[layer].node->op;
    if (result_.room[layer].bytes <= 0) return kDoesNotFit;
    if (std::holds_alternative<QConcat>(op)) return 0;
    if (std::holds_alternative<QConv>(op)) {
      const ConvProblem problem = conv_problem(context, layers_[layer], layer);
      const auto& cost = plans_.quick_cost(problem);
      return cost ? cost->objective * static_cast<double>(problem.groups) : kDoesNotFit;
    }
    const auto plan = find_vector_plan(vector_problem(context, layers_[layer], layer), arch_);
    if (!plan) return kDoesNotFit;
    return plan->predicted_cycles + kDramWeight * plan->dram_bytes / arch_.dram.bytes_per_cycle;
  }

  struct Trial {
    Bytes address = 0;
    std::vector<BufferRoom> room;  ///< of the layers of the map's life
    std::vector<double> costs;
    double sum = kDoesNotFit;
  };

  Trial try_at(const Candidate& candidate, Bytes address) {
    Trial trial;
    trial.address = address;
    auto& placed_at = result_.address[static_cast<std::size_t>(candidate.root)];
    placed_at = address;
    placed_.push_back(candidate);
    trial.sum = 0;
    for (std::int64_t layer = candidate.life.first; layer <= candidate.life.last; ++layer) {
      const auto at = static_cast<std::size_t>(layer);
      const BufferRoom before = result_.room[at];
      result_.room[at] = largest_gap(layer);
      trial.room.push_back(result_.room[at]);
      trial.costs.push_back(cost_of(at));
      trial.sum += trial.costs.back();
      result_.room[at] = before;
    }
    placed_.pop_back();
    placed_at.reset();
    return trial;
  }

  void consider(const Candidate& candidate) {
    double now = 0;
    for (std::int64_t layer = candidate.life.first; layer <= candidate.life.last; ++layer) {
      now += costs_[static_cast<std::size_t>(layer)];
    }
    std::vector<Bytes> places;
    for (const Interval& gap : gaps(occupied(candidate.life))) {
      if (gap.end - gap.begin < candidate.bytes) continue;
      if (places.empty()) places.push_back(gap.begin);
      places.resize(1);
      places.push_back(gap.end - candidate.bytes);
    }
    Trial best;
    for (const Bytes place : places) {
      Trial trial = try_at(candidate, place);
      if (trial.sum < best.sum) best = std::move(trial);
    }
    if (best.sum >= now) return;
    result_.address[static_cast<std::size_t>(candidate.root)] = best.address;
    placed_.push_back(candidate);
    for (std::int64_t layer = candidate.life.first; layer <= candidate.life.last; ++layer) {
      const auto step = static_cast<std::size_t>(layer - candidate.life.first);
      result_.room[static_cast<std::size_t>(layer)] = best.room[step];
      costs_[static_cast<std::size_t>(layer)] = best.costs[step];
    }
  }

  const QuantizedGraph& graph_;
  const std::vector<LayerWork>& layers_;
  const hw::ArchConfig& arch_;
  std::int64_t images_;
  PlanCache& plans_;
  std::vector<MapView> views_;
  Residency result_;
  std::vector<Candidate> placed_;
  std::vector<double> costs_;  ///< by layer
};

}  // namespace

std::vector<bool> Residency::on_chip() const {
  std::vector<bool> flags;
  for (const auto& place : address) flags.push_back(place.has_value());
  return flags;
}

Residency nothing_resident(const QuantizedGraph& graph, const std::vector<LayerWork>& layers,
                           const hw::ArchConfig& arch) {
  return {std::vector<std::optional<Bytes>>(graph.tensors.size()),
          std::vector<BufferRoom>(layers.size(), {0, arch.global_buffer.capacity_bytes})};
}

Residency plan_residency(const QuantizedGraph& graph, const std::vector<LayerWork>& layers,
                         const hw::ArchConfig& arch, std::int64_t images, PlanCache& plans) {
  return Planner(graph, layers, arch, images, plans).run();
}

}  // namespace npu::compiler
