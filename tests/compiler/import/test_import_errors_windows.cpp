// Refusals of the importer concerning convolutions and pools: the message names
// the node, the operator, the attribute, found and supported.
#include <algorithm>
#include <functional>
#include <limits>
#include <sstream>

#include "compiler/import/converters.h"
#include "compiler/import/onnx_import.h"
#include "hw/common/error.h"
#include "hw/common/file.h"
#include "tests/compiler/graph/graph_maker.h"
#include "tests/compiler/import/refusals.h"

using namespace npu::compiler;
using namespace npu::tests;

TEST_CASE("Conv: wrong geometry, groups, weights and bias are refused") {
  expect_conv_refused(
      [](NodeMaker& n) {
        n.with("strides", Dims{0, 1});
      },
      {"'strides'", "[0, 1]", "1 to 65535"});
  expect_conv_refused(
      [](NodeMaker& n) {
        n.with("strides", Dims{1, std::int64_t{1} << 31});
      },
      {"2147483648"});
  expect_conv_refused([](NodeMaker& n) { n.with("strides", Dims{1}); },
                      {"'strides'", "[1]", "expected 2 integers"});
  expect_conv_refused(
      [](NodeMaker& n) {
        n.with("pads", Dims{0, 0, -1, 0});
      },
      {"'pads'", "[0, 0, -1, 0]", "0 to"});
  expect_conv_refused(
      [](NodeMaker& n) {
        n.with("dilations", Dims{2, 2});
      },
      {"'dilations'", "[2, 2]", "supported [1, 1]"});
  expect_conv_refused(
      [](NodeMaker& n) {
        n.with("kernel_shape", Dims{3, 5});
      },
      {"'kernel_shape'", "[3, 5]", "[3, 3]"});
  expect_conv_refused([](NodeMaker& n) { n.with("group", 3); }, {"'group'", "found 3", "2 input channels"});
  expect_conv_refused([](NodeMaker& n) { n.with("group", std::numeric_limits<std::int64_t>::max()); },
                      {"'group'"});
  expect_conv_refused([](NodeMaker& n) { n.with("group", 0); }, {"'group'", "found 0"});
  expect_conv_refused([](NodeMaker& n) { n.with_text("auto_pad", "SAME"); },
                      {"'auto_pad'", "'SAME'", "SAME_UPPER"});
  expect_conv_refused(
      [](NodeMaker& n) {
        n.with_text("auto_pad", "VALID").with("pads", Dims{1, 1, 1, 1});
      },
      {"'pads'", "together with auto_pad 'VALID'"});
  expect_refused(
      [](ModelMaker& m) {
        m.floats("w", {4, 2, 9, 9}, {1});
        m.node("Conv", {"x", "w"}, "y");
      },
      {"conv", "9 x 9 kernel gives no output", "[2, 8, 8]"});
  expect_refused(
      [](ModelMaker& m) {
        m.floats("w", {4, 2, 3}, {1});
        m.node("Conv", {"x", "w"}, "y");
      },
      {"Conv", "[4, 2, 3]", "rank 4"});
  expect_refused(
      [](ModelMaker& m) {
        m.floats("w", {4, 2, 0, 3}, {1});
        m.node("Conv", {"x", "w"}, "y");
      },
      {"Conv", "[4, 2, 0, 3]", "1 to 65535"});
  expect_refused(
      [](ModelMaker& m) {
        m.floats("w", {4, 2, 1, 1}, {1});
        m.floats("b", {3}, {1});
        m.node("Conv", {"x", "w", "b"}, "y");
      },
      {"Conv", "bias", "[3]", "expected [4]"});
  expect_refused(
      [](ModelMaker& m) {
        m.node("Relu", {"x"}, "w");
        m.node("Conv", {"x", "w"}, "y");
      },
      {"Conv", "computed value for weights", "constant floats"});
  expect_refused(
      [](ModelMaker& m) {
        m.floats("w", {4, 2, 1, 1}, {1, std::numeric_limits<float>::quiet_NaN()});
        m.node("Conv", {"x", "w"}, "y");
      },
      {"conv", "nan at index 1 of weights"});
  expect_refused(
      [](ModelMaker& m) {
        m.floats("c", {4}, {1});
        m.floats("w", {4, 2, 1, 1}, {1});
        m.node("Conv", {"c", "w"}, "y");
      },
      {"Conv", "input 0 ('c') is a constant"});
}

TEST_CASE("Pools: wrong windows are refused") {
  expect_pool_refused([](NodeMaker&) {}, {"AveragePool", "'kernel_shape'", "missing"});
  expect_pool_refused(
      [](NodeMaker& n) {
        n.with("kernel_shape", Dims{2, 2}).with("pads", Dims{2, 0, 0, 0});
      },
      {"average_pool", "pads [2, 0, 0, 0]", "smaller than the kernel"});
  expect_pool_refused([](NodeMaker& n) { n.with("kernel_shape", Dims{2}); },
                      {"'kernel_shape'", "expected 2 integers"});
  expect_pool_refused([](NodeMaker& n) { n.with("kernel_shape", Dims{0, 2}); }, {"'kernel_shape'", "[0, 2]"});
  expect_pool_refused(
      [](NodeMaker& n) {
        n.with("kernel_shape", Dims{2, 2}).with("ceil_mode", 2);
      },
      {"'ceil_mode'", "found 2"});
  expect_pool_refused(
      [](NodeMaker& n) {
        n.with("kernel_shape", Dims{2, 2}).with("count_include_pad", -1);
      },
      {"'count_include_pad'", "found -1"});
  expect_pool_refused(
      [](NodeMaker& n) {
        n.with("kernel_shape", Dims{2, 2}).with("dilations", Dims{1, 1});
      },
      {"'dilations'"});
  expect_refused([](ModelMaker& m) { m.node("ReduceMean", {"x"}, "y").with("axes", Dims{1}); },
                 {"ReduceMean", "'axes'", "[1]", "supported [2, 3]"});
  expect_refused([](ModelMaker& m) { m.node("ReduceMean", {"x"}, "y"); }, {"'axes'", "supported [2, 3]"});
  expect_refused(
      [](ModelMaker& m) {
        m.node("ReduceMean", {"x"}, "y").with("axes", Dims{2, 4});
      },
      {"axis 4", "rank 4"});
  expect_refused(
      [](ModelMaker& m) {
        m.node("ReduceMean", {"x"}, "y").with("axes", Dims{2, 3}).with("keepdims", 2);
      },
      {"'keepdims'", "found 2"});
}
