// The front half of every command that needs a program: load the network, canonicalise, calibrate, quantise,
// compile.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "compiler/data/data_set.h"
#include "compiler/graph/graph.h"
#include "compiler/quant/calibration.h"
#include "compiler/quant/quantized_graph.h"
#include "compiler/refine/recipe.h"
#include "compiler/schedule/conv_tiling.h"
#include "hw/arch/arch_config.h"
#include "hw/isa/program.h"

namespace CLI {
class App;
}

namespace npu::sim {

/// What the user says about the network and its quantisation; the same options for every command.
struct NetworkOptions {
  std::string network;      ///< an .onnx file or a built-in name
  std::string calibration;  ///< a folder or .npy of images, a saved .json, "synthetic", or empty
  std::int64_t calibration_images = 100;  ///< at most so many of them
  std::optional<int> shift_bits;          ///< the machine's if not given
  std::optional<bool> bias_correction;    ///< the quantiser's rule if not given: with shifts only
  std::string quantization;               ///< a file of scales, shifts, biases and integers to take, or empty
  std::string save_quantization;          ///< where to write such a file, or empty
  std::int64_t batch = 1;                 ///< images that one run of the program processes
  std::uint64_t seed = 1;                 ///< of built-in weights and synthetic inputs
  compiler::MapperEffort mapper = compiler::MapperEffort::kThorough;
};

/// Adds --network, --calibration, --calibration-images, --shift-bits, --[no-]bias-correction, --quantization,
/// --save-quantization, --seed and --mapper. `network` stays optional where `network_required` is false.
void add_network_options(CLI::App& command, NetworkOptions& options, bool network_required);

/// A program, and what is known of the network it was made from.
struct PreparedProgram {
  hw::Program program;
  std::string network_source;
  std::optional<compiler::Graph> float_graph;         ///< canonical; absent for a program read from a file
  std::optional<compiler::Calibration> calibration;   ///< absent too where every scale is given
  std::optional<compiler::QuantizedGraph> quantized;  ///< absent for a program read from a file or estimated
  compiler::CalibrationInputs inputs;  ///< of the calibration; empty unless it came from images
  std::optional<compiler::InputNormalisation> normalisation;  ///< absent: images cannot be turned into inputs
  std::optional<int> shift_bits;
  double calibration_seconds = 0;
  double compile_seconds = 0;  ///< passes, quantise, schedule, generate and verify code
};

inline constexpr const char* kSyntheticCalibration = "synthetic";
inline constexpr std::int64_t kSyntheticInputs = 8;  ///< random fields that stand in for calibration images

/// The part that no machine is needed for: everything but program, shift_bits and most of compile_seconds.
/// Throws what import, passes and calibration throw; InputError if an .onnx file that is not quantised comes
/// without calibration; ConfigError for the quantisation file.
/// `show_progress`: on a terminal, for calibration.
PreparedProgram calibrate_network(const NetworkOptions& options, bool show_progress);

/// The rest, for one machine. Results do not depend on `threads` (0: one for each core). Throws what
/// quantiser and compiler throw.
void compile_network(const NetworkOptions& options, const hw::ArchConfig& arch, PreparedProgram& prepared,
                     int threads = 0);

/// Both.
PreparedProgram prepare_network(const NetworkOptions& options, const hw::ArchConfig& arch,
                                bool show_progress);

/// For the estimate engine: neither calibrates nor quantises, and the program has no constants. Throws what
/// import, passes and compiler throw.
PreparedProgram prepare_estimate(const NetworkOptions& options, const hw::ArchConfig& arch);

/// Reads a program made by `npusim compile` and checks that it fits the machine.
PreparedProgram prepare_program_file(const std::string& path, const hw::ArchConfig& arch);

/// A file to write must not be the description beside the model (net.json of net.onnx). `option` is the
/// command line's name for it. Throws InputError.
void require_not_description(const std::string& network, const std::string& option, const std::string& file);

/// What the program takes, for a DataSet.
compiler::InputFormat input_format(const PreparedProgram& prepared);

}  // namespace npu::sim
