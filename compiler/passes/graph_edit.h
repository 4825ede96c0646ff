// What the passes share: who uses a value, and rewriting the list of nodes. Internal to this folder.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"

namespace npu::compiler {

/// Uses of values and their producers, for a graph that keeps its nodes' positions.
class GraphIndex {
 public:
  static constexpr std::ptrdiff_t kNone = -1;

  explicit GraphIndex(const Graph& graph);

  /// Position of the node that makes `value`; kNone for the network's input.
  std::ptrdiff_t producer(const std::string& value) const;
  /// Positions of the nodes that use `value`, once for each use.
  const std::vector<std::size_t>& consumers(const std::string& value) const;
  /// Whether one node uses it, once, and it is not the network's output.
  bool has_single_use(const std::string& value) const;

 private:
  std::map<std::string, std::ptrdiff_t> producers_;
  std::map<std::string, std::vector<std::size_t>> consumers_;
  std::string output_;
};

/// Removes the nodes for which `drop` is true; users of their outputs get their first inputs. The network's
/// output keeps its name unless it is the network's input. Throws GraphError if no node remains.
Graph bypass_nodes(Graph graph, const std::function<bool(const Node&)>& drop);

/// The names of a graph, for making new ones.
class NameSet {
 public:
  explicit NameSet(const Graph& graph);
  std::string fresh(const std::string& base);

 private:
  std::set<std::string> names_;
};

}  // namespace npu::compiler
