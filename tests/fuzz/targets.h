// The doors through which bytes from outside come in, as functions of bytes. Each reads its input the
// way the tool does and goes on as far as the tool would without running anything. A user's fault
// (npu::Error) is a good outcome; any other exception, a crash, a hang or memory without bound is a defect.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace npu::fuzz {

using Bytes = std::vector<std::uint8_t>;

struct Target {
  const char* name;                                  ///< also of its folder of regressions
  bool (*run)(std::span<const std::uint8_t> input);  ///< whether it was accepted
  /// Small valid inputs from which mutation starts.
  std::vector<Bytes> (*seeds)();
};

/// onnx: model to canonical graph. arch: JSON to a validated machine and back. calibration, quantization: the
/// files of one small network, the latter taken by the quantiser. program: file to verified program and its
/// disassembly, with the file's checksum put right first.
std::span<const Target> targets();

/// Throws npu::InputError naming the known targets.
const Target& target(const std::string& name);

}  // namespace npu::fuzz
