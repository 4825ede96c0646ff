// Arithmetic on constants that exporters leave in the graph: the chains Shape, Gather, Concat, Reshape in
// front of a classifier, transposed and reshaped weights. A node is folded when all its inputs are constants;
// its result is a constant of at most kMostElements integers, or the floats of one initialiser in another
// order.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <numeric>

#include "compiler/import/converters.h"

namespace npu::compiler {
namespace {

using Ints = std::vector<std::int64_t>;

/// Shapes and indices are short; a file of a few bytes must not make us allocate more.
constexpr std::size_t kMostElements = 4096;

const ConstantTensor& constant(const ImportNode& node, int index) { return *node.input(index).constant; }

/// A vector, or a scalar, of integers.
const ConstantTensor& integers(const ImportNode& node, int index, const char* what) {
  const ConstantTensor& tensor = node.integer_constant(index, what);
  if (tensor.dims.size() > 1 || tensor.integers.size() > kMostElements) {
    node.fail(fmt::format("found {} for {}, supported are up to {} constant integers along one axis",
                          describe(tensor), what, kMostElements));
  }
  return tensor;
}

void define_integers(const ImportNode& node, Ints values, bool scalar) {
  if (values.size() > kMostElements) {
    node.fail(fmt::format("found {} constant integers, supported up to {}", values.size(), kMostElements));
  }
  ConstantTensor tensor;
  tensor.is_integer = true;
  if (!scalar) {
    tensor.dims = {static_cast<std::int64_t>(values.size())};
  }
  tensor.integers = std::move(values);
  node.define_constant(std::make_shared<const ConstantTensor>(std::move(tensor)));
}

/// The same values with other dimensions of the same number of elements.
void define_reshaped(const ImportNode& node, const ConstantTensor& tensor, Ints dims) {
  ConstantTensor result = tensor;
  result.dims = std::move(dims);
  if (tensor.stored != nullptr && tensor.stored->scales.size() > 1) {
    // Scales along the first axis stay scales along it while it stays; of others we lose track.
    auto stored = std::make_shared<StoredScales>(*tensor.stored);
    const bool kept = stored->axis == 0 && !result.dims.empty() && result.dims[0] == tensor.dims[0];
    stored->axis = kept ? 0 : result.dims.size();
    result.stored = std::move(stored);
  }
  node.define_constant(std::make_shared<const ConstantTensor>(std::move(result)));
}

void fold_gather(const ImportNode& node) {
  node.expect_inputs(2, 2);
  node.attributes().expect_only({"axis"});
  node.attributes().expect_integer("axis", 0, 0);
  const Ints& data = integers(node, 0, "data").integers;
  const ConstantTensor& indices = integers(node, 1, "indices");
  const auto size = std::ssize(data);
  Ints values;
  for (const std::int64_t index : indices.integers) {
    if (index < -size || index >= size) {
      node.fail(fmt::format("found index {} for {} values", index, size));
    }
    values.push_back(data[static_cast<std::size_t>(index < 0 ? index + size : index)]);
  }
  define_integers(node, std::move(values), indices.dims.empty());
}

/// Start, end, axes and steps are inputs since opset 10, attributes before.
void fold_slice(const ImportNode& node) {
  const auto one = [&](const char* attribute, int index, std::int64_t fallback) {
    const Ints values = node.opset() < 10       ? node.attributes().integers(attribute)
                        : node.has_input(index) ? integers(node, index, attribute).integers
                                                : Ints{};
    if (values.size() > 1) {
      node.fail(fmt::format("found {} {}, supported is a slice along one axis", values.size(), attribute));
    }
    return values.empty() ? fallback : values.front();
  };
  node.expect_inputs(1, 5);
  node.attributes().expect_only({"axes", "ends", "starts"});
  const Ints& data = integers(node, 0, "data").integers;
  const auto size = std::ssize(data);
  const auto bounded = [&](std::int64_t position) {
    return std::clamp<std::int64_t>(position < 0 ? position + size : position, 0, size);
  };
  if (one("axes", 3, 0) != 0 || (node.opset() >= 10 && one("steps", 4, 1) != 1)) {
    node.fail("found another axis or step, supported are axis 0 and step 1");
  }
  const std::int64_t first = bounded(std::max(one("starts", 1, 0), -size));
  const std::int64_t last = bounded(std::max(one("ends", 2, size), -size));
  define_integers(node, first < last ? Ints(data.begin() + first, data.begin() + last) : Ints{}, false);
}

void fold_concat(const ImportNode& node) {
  node.attributes().expect_only({"axis"});
  const std::int64_t axis = node.attributes().integer("axis", 0);
  if (node.checked_axis(axis, 1) != 0) {
    node.attributes().fail("axis", fmt::format("found {}, supported 0 for constants", axis));
  }
  Ints values;
  for (int index = 0; index < node.input_count(); ++index) {
    const Ints& part = integers(node, index, "part").integers;
    values.insert(values.end(), part.begin(), part.end());
    if (values.size() > kMostElements) {
      break;
    }
  }
  define_integers(node, std::move(values), false);
}

/// Both only change the number of dimensions of a scalar or vector of integers.
void fold_unsqueeze(const ImportNode& node) {
  const ConstantTensor& tensor = integers(node, 0, "data");
  if (!tensor.dims.empty()) {
    node.fail(fmt::format("found {}, supported is one constant integer", describe(tensor)));
  }
  define_integers(node, tensor.integers, false);
}
void fold_squeeze(const ImportNode& node) {
  const ConstantTensor& tensor = integers(node, 0, "data");
  if (tensor.integers.size() != 1) {
    node.fail(fmt::format("found {}, supported is one constant integer", describe(tensor)));
  }
  define_integers(node, tensor.integers, true);
}

void fold_cast(const ImportNode& node) {
  node.expect_inputs(1, 1);
  node.attributes().expect_only({"to"});
  const std::int64_t to = node.attributes().integer("to", 0);
  const ConstantTensor& tensor = constant(node, 0);
  const bool to_integer = to == onnx::TensorProto::INT64 || to == onnx::TensorProto::INT32;
  const bool to_float = to == onnx::TensorProto::FLOAT;
  if ((tensor.is_integer && !to_integer) || (!tensor.is_integer && !to_float)) {
    node.attributes().fail("to",
                           fmt::format("found {} for {}, supported are int32 (6) and int64 (7) for integers, "
                                       "float32 (1) for floats",
                                       to, describe(tensor)));
  }
  node.define_constant(node.input(0).constant);
}

/// Element by element, the shorter operand being one integer.
void fold_arithmetic(const ImportNode& node,
                     const std::function<std::int64_t(std::int64_t, std::int64_t)>& operation) {
  node.expect_inputs(2, 2);
  node.attributes().expect_only({});
  if (!constant(node, 0).is_integer || !constant(node, 1).is_integer) {
    node.fail("found two constants, supported is at least one computed value, or two constants of integers");
  }
  const ConstantTensor& a = integers(node, 0, "operand");
  const ConstantTensor& b = integers(node, 1, "operand");
  const std::size_t count = std::max(a.integers.size(), b.integers.size());
  if ((a.integers.size() != count && a.integers.size() != 1) ||
      (b.integers.size() != count && b.integers.size() != 1)) {
    node.fail(
        fmt::format("found {} and {}, expected equal lengths or one integer", describe(a), describe(b)));
  }
  Ints values;
  for (std::size_t index = 0; index < count; ++index) {
    const std::int64_t left = a.integers[a.integers.size() == 1 ? 0 : index];
    const std::int64_t right = b.integers[b.integers.size() == 1 ? 0 : index];
    if (std::max(std::abs(left / 2), std::abs(right / 2)) > kMaximumElements) {
      node.fail(
          fmt::format("found operands {} and {}, supported up to {}", left, right, 2 * kMaximumElements));
    }
    values.push_back(operation(left, right));
  }
  define_integers(node, std::move(values), a.dims.empty() && b.dims.empty());
}
void fold_add(const ImportNode& node) { fold_arithmetic(node, std::plus<>()); }
void fold_sub(const ImportNode& node) { fold_arithmetic(node, std::minus<>()); }
void fold_mul(const ImportNode& node) {
  fold_arithmetic(node, [&](std::int64_t a, std::int64_t b) {
    std::int64_t product = 0;
    if (__builtin_mul_overflow(a, b, &product)) {
      node.fail(fmt::format("the product of {} and {} is too large", a, b));
    }
    return product;
  });
}
void fold_div(const ImportNode& node) {
  fold_arithmetic(node, [&](std::int64_t a, std::int64_t b) {
    if (b == 0) {
      node.fail("found a division by zero");
    }
    return a / b;
  });
}

/// Of float weights or integers: [dims] to a shape without 0, with at most one -1.
void fold_reshape(const ImportNode& node) {
  node.expect_inputs(2, 2);
  node.attributes().expect_only({"allowzero"});
  const ConstantTensor& tensor = constant(node, 0);
  Ints dims = integers(node, 1, "shape").integers;
  std::int64_t known = 1;
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    if (dims[axis] == 0 && axis < tensor.dims.size()) {
      dims[axis] = tensor.dims[axis];
    }
    known = dims[axis] == -1 || dims[axis] < 1 || known > kMaximumElements ? known : known * dims[axis];
  }
  const auto rest = std::find(dims.begin(), dims.end(), -1);
  if (rest != dims.end()) {
    *rest = tensor.elements() / known;
    known *= *rest;
  }
  if (known != tensor.elements() || dims.size() > 8 ||
      std::any_of(dims.begin(), dims.end(), [](std::int64_t extent) { return extent < 1; })) {
    node.fail(
        fmt::format("found a shape of {} dimensions for a constant {}, expected the same number of elements",
                    dims.size(), describe(tensor)));
  }
  define_reshaped(node, tensor, std::move(dims));
}

void fold_transpose(const ImportNode& node) {
  node.expect_inputs(1, 1);
  node.attributes().expect_only({"perm"});
  const ConstantTensor& tensor = constant(node, 0);
  const std::size_t rank = tensor.dims.size();
  Ints order = node.attributes().integers("perm");
  if (!node.attributes().has("perm")) {
    order.resize(rank);
    std::iota(order.rbegin(), order.rend(), 0);
  }
  Ints sorted = order;
  std::sort(sorted.begin(), sorted.end());
  Ints expected(rank);
  std::iota(expected.begin(), expected.end(), 0);
  if (sorted != expected || tensor.is_integer || rank > 4) {
    node.fail(
        fmt::format("found perm [{}] for a constant {}, supported are permutations of up to 4 axes of floats",
                    fmt::join(order, ", "), describe(tensor)));
  }
  Ints strides(rank, 1);
  for (std::size_t axis = rank; axis-- > 1;) {
    strides[axis - 1] = strides[axis] * tensor.dims[axis];
  }
  Ints dims;
  for (const std::int64_t axis : order) {
    dims.push_back(tensor.dims[static_cast<std::size_t>(axis)]);
  }
  std::vector<float> values;
  values.reserve(tensor.floats->size());
  Ints position(rank, 0);
  for (std::size_t done = 0; done < tensor.floats->size(); ++done) {
    std::int64_t source = 0;
    for (std::size_t axis = 0; axis < rank; ++axis) {
      source += position[axis] * strides[static_cast<std::size_t>(order[axis])];
    }
    values.push_back((*tensor.floats)[static_cast<std::size_t>(source)]);
    for (std::size_t axis = rank; axis-- > 0;) {
      if (++position[axis] < dims[axis]) {
        break;
      }
      position[axis] = 0;
    }
  }
  ConstantTensor result;
  result.dims = std::move(dims);
  result.floats = make_array(std::move(values));
  if (tensor.stored != nullptr) {
    auto stored = std::make_shared<StoredScales>(*tensor.stored);
    const auto axis = std::find(order.begin(), order.end(), static_cast<std::int64_t>(stored->axis));
    stored->axis = static_cast<std::size_t>(axis - order.begin());
    stored->integers.clear();
    result.stored = std::move(stored);
  }
  node.define_constant(std::make_shared<const ConstantTensor>(std::move(result)));
}

constexpr std::array<Converter, 12> kFolders{{{"Gather", fold_gather},
                                              {"Slice", fold_slice},
                                              {"Concat", fold_concat},
                                              {"Unsqueeze", fold_unsqueeze},
                                              {"Squeeze", fold_squeeze},
                                              {"Cast", fold_cast},
                                              {"Add", fold_add},
                                              {"Sub", fold_sub},
                                              {"Mul", fold_mul},
                                              {"Div", fold_div},
                                              {"Reshape", fold_reshape},
                                              {"Transpose", fold_transpose}}};

}  // namespace

std::span<const Converter> constant_folders() { return kFolders; }

}  // namespace npu::compiler
