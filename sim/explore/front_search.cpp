// 1. A random population is evaluated.
// 2. Ranks: points that nothing beats, points that nothing else beats, and so on; within a rank, points in
// thin regions
//    (crowding distance) come first. Points that cannot be come last.
// 3. Children: two tournaments choose parents, each dimension comes from one of them, some take a step or
// jump.
// 4. Children not visited before are evaluated; the best of parents and children are the next population.
#include "sim/explore/front_search.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>

#include "hw/common/error.h"
#include "sim/explore/pareto.h"
#include "sim/explore/sampling.h"

namespace npu::sim {
namespace {

constexpr int kPatience = 20;         ///< generations without a new point
constexpr int kJumpIn = 4;            ///< one mutation in so many goes anywhere, the others one step
constexpr int kChildrenAttempts = 8;  ///< tries to make a child that was not visited, for each place

struct Member {
  Coordinates at;
  std::vector<double> costs;  ///< empty: cannot be
  std::int64_t rank = 0;
  double crowding = 0;
};

/// Better: lower rank, then thinner region.
bool better(const Member& a, const Member& b) {
  return a.rank != b.rank ? a.rank < b.rank : a.crowding > b.crowding;
}

void set_crowding(std::vector<Member*>& front) {
  const std::size_t objectives = front.front()->costs.size();
  for (Member* member : front) member->crowding = 0;
  for (std::size_t objective = 0; objective < objectives; ++objective) {
    std::stable_sort(front.begin(), front.end(), [&](const Member* a, const Member* b) {
      return a->costs[objective] < b->costs[objective];
    });
    const double range = front.back()->costs[objective] - front.front()->costs[objective];
    front.front()->crowding = front.back()->crowding = std::numeric_limits<double>::infinity();
    if (range <= 0) continue;
    for (std::size_t place = 1; place + 1 < front.size(); ++place) {
      front[place]->crowding +=
          (front[place + 1]->costs[objective] - front[place - 1]->costs[objective]) / range;
    }
  }
}

void set_ranks(std::vector<Member>& members) {
  std::vector<Member*> rest;
  for (Member& member : members) {
    member.rank = std::numeric_limits<std::int64_t>::max();
    member.crowding = 0;
    if (!member.costs.empty()) rest.push_back(&member);
  }
  for (std::int64_t rank = 0; !rest.empty(); ++rank) {
    std::vector<std::vector<double>> costs;
    for (const Member* member : rest) costs.push_back(member->costs);
    std::vector<Member*> front;
    for (const std::size_t place : pareto_front(costs)) {
      rest[place]->rank = rank;
      front.push_back(rest[place]);
    }
    std::erase_if(rest, [&](const Member* member) { return member->rank == rank; });
    set_crowding(front);
  }
}

class Search {
 public:
  Search(const std::vector<std::int64_t>& dimensions, const SearchSettings& settings,
         const BatchEvaluation& evaluate)
      : dimensions_(dimensions), settings_(settings), evaluate_(evaluate), random_(settings.seed) {}

  std::vector<Coordinates> run() {
    add_to_population(first_generation());
    for (int idle = 0; idle < kPatience && left() > 0;) {
      const auto children = new_children();
      idle = children.empty() ? idle + 1 : 0;
      add_to_population(children);
    }
    return std::move(visited_);
  }

 private:
  std::int64_t left() const { return settings_.points - std::ssize(visited_); }

  /// False if the point was visited before or there is no budget left.
  bool visit(const Coordinates& at, std::vector<Coordinates>& batch) {
    if (std::ssize(batch) >= left() || !known_.emplace(at, true).second) return false;
    batch.push_back(at);
    return true;
  }

  std::vector<Coordinates> first_generation() {
    std::vector<Coordinates> batch;
    const int attempts = settings_.population * kChildrenAttempts;
    for (int attempt = 0; attempt < attempts && std::ssize(batch) < settings_.population; ++attempt) {
      Coordinates at;
      for (const std::int64_t size : dimensions_) at.push_back(random_.below(size));
      visit(at, batch);
    }
    return batch;
  }

  const Member& tournament() {
    const auto draw = [&]() -> const Member& {
      return population_[static_cast<std::size_t>(random_.below(std::ssize(population_)))];
    };
    const Member& one = draw();
    const Member& other = draw();
    return better(other, one) ? other : one;
  }

  Coordinates child() {
    const Member& mother = tournament();
    const Member& father = tournament();
    Coordinates at;
    for (std::size_t dimension = 0; dimension < dimensions_.size(); ++dimension) {
      at.push_back(random_.below(2) == 0 ? mother.at[dimension] : father.at[dimension]);
      if (random_.below(std::ssize(dimensions_)) == 0) mutate(dimension, at.back());
    }
    return at;
  }

  void mutate(std::size_t dimension, std::int64_t& value) {
    const std::int64_t size = dimensions_[dimension];
    if (random_.below(kJumpIn) == 0) {
      value = random_.below(size);
    } else {
      value = std::clamp<std::int64_t>(value + (random_.below(2) == 0 ? -1 : 1), 0, size - 1);
    }
  }

  std::vector<Coordinates> new_children() {
    std::vector<Coordinates> batch;
    const int attempts = settings_.population * kChildrenAttempts;
    for (int attempt = 0; attempt < attempts && std::ssize(batch) < settings_.population; ++attempt)
      visit(child(), batch);
    return batch;
  }

  void add_to_population(const std::vector<Coordinates>& batch) {
    if (batch.empty()) return;
    const auto costs = evaluate_(batch);
    NPU_CHECK(costs.size() == batch.size(), "every point of a generation has its costs");
    for (std::size_t place = 0; place < batch.size(); ++place) {
      population_.push_back({batch[place], costs[place], 0, 0});
      visited_.push_back(batch[place]);
    }
    set_ranks(population_);
    std::stable_sort(population_.begin(), population_.end(), better);
    if (std::ssize(population_) > settings_.population)
      population_.resize(static_cast<std::size_t>(settings_.population));
  }

  const std::vector<std::int64_t>& dimensions_;
  SearchSettings settings_;
  const BatchEvaluation& evaluate_;
  SampleRandom random_;
  std::map<Coordinates, bool> known_;
  std::vector<Coordinates> visited_;
  std::vector<Member> population_;
};

}  // namespace

std::vector<Coordinates> search_front(const std::vector<std::int64_t>& dimensions,
                                      const SearchSettings& settings, const BatchEvaluation& evaluate) {
  NPU_CHECK(!dimensions.empty() && settings.population > 1, "a search has dimensions and a population");
  return Search(dimensions, settings, evaluate).run();
}

}  // namespace npu::sim
