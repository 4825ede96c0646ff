// What trace viewers (ui.perfetto.dev, chrome://tracing) ask of a file in the trace-event format, as far as a
// timeline of npusim uses it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace npu::tests {

/// Everything that a viewer would refuse or draw wrongly, in words; empty: the trace is in order. Phases M, X
/// and C; numbers for times, integers for process and thread; a name for each event, process and track;
/// slices of a track that follow each other or nest; samples of a counter that are numbers, in order of time.
std::vector<std::string> trace_faults(const nlohmann::json& trace);

}  // namespace npu::tests
