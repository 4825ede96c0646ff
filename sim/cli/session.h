// The tool as a library, for C++ programs that embed it and for the Python module: compile for one machine,
// run, get the same report as `npusim run --json`. No command line, no printing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "hw/arch/arch_config.h"
#include "sim/cli/prepare.h"

namespace npu::sim {

/// What one run gave. The output tensor is [channel][row][column] of `output_shape`, of a program for N
/// images [image][channel][row][column].
struct SessionResult {
  nlohmann::ordered_json report;           ///< result.json of docs/user_guide.md
  std::vector<std::int64_t> output_shape;  ///< channels, height, width; images in front of them if several
  std::vector<std::int32_t> output_codes;  ///< as the hardware computes them; empty from the estimate engine
  std::vector<float> output;               ///< the numbers that they stand for
};

class Session {
 public:
  /// `arch`: a name of `npusim archs` or the path of a .json file. `tool`: the npusim executable, which the
  /// SystemC engine starts as its worker; empty: found beside this library or program (find_tool). Throws
  /// ConfigError, InputError.
  explicit Session(const std::string& arch, std::filesystem::path tool = {});

  const hw::ArchConfig& arch() const { return arch_; }

  /// Throws what prepare_network throws.
  PreparedProgram compile(const NetworkOptions& options) const;
  /// A program of `npusim compile`.
  PreparedProgram load(const std::string& program_file) const;

  /// `engine`: systemc or functional. `input`: [channel][row][column] in the network's own units, of a
  /// program for N images [image][channel][row][column], or empty for synthetic fields. Throws InputError
  /// (engine, size of the input, no tool) and what the engines throw; SimulationError if the engines
  /// disagree.
  SessionResult run(const PreparedProgram& prepared, const std::string& engine,
                    std::span<const float> input) const;

 private:
  hw::ArchConfig arch_;
  std::string arch_source_;
  std::filesystem::path tool_;
};

/// The npusim executable: this process itself, or bin/npusim or npusim in a folder above this library; empty
/// if there is none.
std::filesystem::path find_tool();

}  // namespace npu::sim
