// Everything a finished run knows, gathered before anything is printed or written. Filled by sim/cli; the
// text and JSON printers beside this file only read it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compiler/codegen/buffer_advice.h"
#include "hw/arch/arch_config.h"
#include "hw/energy/energy_table.h"
#include "hw/isa/program.h"
#include "sim/engines/common/run_result.h"

namespace npu::sim {

/// Accuracy over a data set, in percent. Fields without a value were not measured: top1 and top5 need labels,
/// float_* and agreement need the float network.
struct Accuracy {
  std::int64_t images = 0;
  std::optional<double> top1;
  std::optional<double> top5;
  std::optional<double> float_top1;
  std::optional<double> float_top5;
  std::optional<double> agreement;  ///< same top-1 class as the float network
  std::optional<double> divergence;  ///< nats, not percent: mean over images of KL(softmax of float || of integer)
  /// 95 % interval of top1 - float_top1 in points, from the paired differences of the images.
  std::optional<double> difference_low;
  std::optional<double> difference_high;
  std::string source;               ///< for people: where images and labels came from
};

/// Outputs of the SystemC machine compared byte for byte with the functional engine.
struct EngineCheck {
  std::int64_t compared = 0;
  std::int64_t different = 0;
};

/// What the timed engine measured and the unit energies it is priced with.
struct TimedRun {
  RunResult result;
  hw::UnitEnergies energies;
};

/// How much this computer worked, in seconds; not part of the simulated result.
struct HostSeconds {
  double compile = 0;  ///< quantise, schedule, generate code; without calibration
  double calibration = 0;
  double simulation = 0;  ///< timed engine, first run
  double accuracy = 0;
};

struct RunReport {
  hw::ArchConfig arch;
  hw::Program program;
  std::string arch_source;     ///< file the architecture was read from
  std::string network_source;  ///< "built-in, seed 1" or the model's file
  std::string engine;          ///< systemc, functional or estimate
  std::string
      calibration_source;  ///< for people, as in Calibration::source; empty if the program came compiled
  std::int64_t calibration_inputs = 0;
  std::optional<int> shift_bits;  ///< of the quantiser; absent if the program came compiled
  std::string input_source;       ///< the input whose execution was timed
  std::string output_sha256;  ///< of the output of that input: dense [row][column][channel], little-endian
  std::optional<TimedRun> timed;        ///< absent with the functional engine
  std::vector<std::int64_t> saturated;  ///< by layer: outputs of that input cut by the type's range
  std::optional<Accuracy> accuracy;
  std::optional<std::vector<compiler::BufferAdvice>> advice;  ///< where asked for
  EngineCheck check;
  HostSeconds host;
};

}  // namespace npu::sim
