// What the converters of the single operators share: the values known so far and the graph under
// construction. Internal to this folder.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "compiler/graph/graph.h"
#include "compiler/import/tensors.h"

namespace npu::compiler {

/// A value of the ONNX graph: a feature map [1][C][H][W] (rank 4), a feature vector [1][F] (rank 2), or a
/// constant.
struct ImportedValue {
  std::string name;  ///< value name in our graph; of constants, the name in the model
  MapShape shape;
  int rank = 0;
  std::shared_ptr<const ConstantTensor> constant;  ///< null for feature maps
  std::optional<AffineScale>
      integers;  ///< the output of a QuantizeLinear: only a DequantizeLinear may read it

  bool is_constant() const { return constant != nullptr; }
};

/// [1, features] or [1, channels, height, width] of a computed value.
std::vector<std::int64_t> dims_of(const ImportedValue& value);

/// Bytes of float weights over all uses: a bound on what the passes may allocate when weights are shared.
inline constexpr std::int64_t kLargestWeightBytes = std::int64_t{1} << 31;

class ImportContext {
 public:
  ImportContext(const onnx::ModelProto& model, Graph& graph, std::int64_t opset);

  std::int64_t opset() const { return opset_; }

  /// Declares the network's input, of which the file takes `batch` at once.
  void define_input(const std::string& name, const MapShape& shape, std::int64_t batch);
  /// The file's fixed batch, 1 if it is dynamic. The graph is that of one image.
  std::int64_t batch() const { return batch_; }
  void define(const std::string& name, ImportedValue value);
  /// Declares an output that we cannot give (a mask, indices): using it is an error with this reason.
  void define_unusable(const std::string& name, const std::string& reason);
  bool is_defined(const std::string& name) const { return values_.contains(name); }

  /// Notes the quantisation of a computed value. Throws GraphError naming `node` if it has another one.
  void give_scale(const std::string& value, const AffineScale& scale, const std::string& node);
  /// Null if none is known.
  const AffineScale* given_scale(const std::string& value) const;
  void give_layer(const std::string& node, GivenLayer layer);

  /// The value of a node's input; throws GraphError(node, ...) if it is not there or unusable.
  const ImportedValue& value(const std::string& name, const std::string& node) const;

  /// Appends a node to the graph and returns its output as a value of the given rank.
  ImportedValue append(const std::string& node_name, const std::string& output, Operator op,
                       const std::vector<ImportedValue>& inputs, int rank);

  /// A name that no value and no node has.
  std::string fresh_name(const std::string& base);

 private:
  void charge(const Operator& op, const std::string& node_name);

  Graph& graph_;
  std::int64_t opset_;
  std::int64_t batch_ = 1;
  std::map<std::string, ImportedValue> values_;
  std::map<std::string, std::string> unusable_;
  ShapeMap shapes_;
  std::set<std::string> used_names_;
  std::int64_t weight_bytes_ = 0;
};

}  // namespace npu::compiler
