// Algorithm:
//  1. Find the node that makes each value; two nodes for one value are an error.
//  2. Walk backwards from the output and mark the nodes that it needs.
//  3. Repeatedly take the first needed node in file order whose producers have all been taken (Kahn's
//  algorithm).
//  4. If nodes remain, they contain a cycle: follow producers that were not taken until one repeats.
#include "compiler/import/node_order.h"

#include <fmt/core.h>

#include <functional>
#include <queue>
#include <set>
#include <unordered_map>

#include "compiler/import/onnx_model.h"
#include "hw/common/error.h"

namespace npu::compiler {
namespace {

class NodeOrder {
 public:
  explicit NodeOrder(const onnx::GraphProto& graph) : graph_(graph) {
    for (int index = 0; index < graph.node_size(); ++index) {
      for (const std::string& output : graph.node(index).output()) {
        if (!output.empty() && !producer_.emplace(output, index).second) {
          throw GraphError(name_of(index), fmt::format("found output '{}', which another node makes already",
                                                       printable_name(output)));
        }
      }
    }
  }

  std::vector<int> run(const std::string& output) {
    mark_needed(output);
    std::vector<int> order = take_in_order();
    if (order.size() < needed_.size()) {
      report_cycle(order);
    }
    return order;
  }

 private:
  std::string name_of(int index) const {
    const onnx::NodeProto& node = graph_.node(index);
    return printable_name(node.name().empty() ? fmt::format("{} (node {})", node.op_type(), index)
                                              : node.name());
  }

  /// Distinct nodes that make the inputs of `index`.
  std::set<int> producers_of(int index) const {
    std::set<int> producers;
    for (const std::string& input : graph_.node(index).input()) {
      const auto found = producer_.find(input);
      if (found != producer_.end()) {
        producers.insert(found->second);
      }
    }
    return producers;
  }

  void mark_needed(const std::string& output) {
    const auto last = producer_.find(output);
    std::vector<int> pending;
    if (last != producer_.end()) {
      pending.push_back(last->second);
      needed_.insert(last->second);
    }
    while (!pending.empty()) {
      const int index = pending.back();
      pending.pop_back();
      for (const int producer : producers_of(index)) {
        if (needed_.insert(producer).second) {
          pending.push_back(producer);
        }
      }
    }
  }

  std::vector<int> take_in_order() const {
    std::unordered_map<int, int> missing;  // producers not taken yet
    std::unordered_map<int, std::vector<int>> consumers;
    std::priority_queue<int, std::vector<int>, std::greater<>> ready;
    for (const int index : needed_) {
      const std::set<int> producers = producers_of(index);
      missing[index] = static_cast<int>(producers.size());
      for (const int producer : producers) {
        consumers[producer].push_back(index);
      }
      if (producers.empty()) {
        ready.push(index);
      }
    }
    std::vector<int> order;
    while (!ready.empty()) {
      order.push_back(ready.top());
      ready.pop();
      for (const int consumer : consumers[order.back()]) {
        if (--missing[consumer] == 0) {
          ready.push(consumer);
        }
      }
    }
    return order;
  }

  [[noreturn]] void report_cycle(const std::vector<int>& order) const {
    std::set<int> stuck = needed_;
    for (const int index : order) {
      stuck.erase(index);
    }
    std::set<int> visited;
    int index = *stuck.begin();
    while (visited.insert(index).second) {
      for (const int producer : producers_of(index)) {
        if (stuck.contains(producer)) {
          index = producer;
          break;
        }
      }
    }
    throw GraphError(name_of(index), "it depends on its own output: the graph has a cycle, expected none");
  }

  const onnx::GraphProto& graph_;
  std::unordered_map<std::string, int> producer_;
  std::set<int> needed_;
};

}  // namespace

std::vector<int> order_nodes(const onnx::GraphProto& graph, const std::string& output) {
  return NodeOrder(graph).run(output);
}

}  // namespace npu::compiler
