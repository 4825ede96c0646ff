// What the process's exit code says; documented in docs/user_guide.md.
#pragma once

namespace npu::sim {

inline constexpr int kExitOk = 0;
inline constexpr int kExitNegative = 1;  ///< ran, and the answer is no: outputs differ, program not proved
inline constexpr int kExitBadInput = 2;  ///< usage, files, configuration, network, program
inline constexpr int kExitSimulationError =
    3;  ///< the simulated machine met a hazard, a deadlock, a broken law
inline constexpr int kExitInternalError = 70;  ///< a defect of this program

}  // namespace npu::sim
