// The comparison with the published figures as text, CSV, Markdown and a picture.
#pragma once

#include <string>

#include "sim/plot/plot.h"
#include "sim/validate/validation.h"

namespace npu::sim {

/// A summary of all groups, then every value.
std::string validation_text(const Validation& validation, std::size_t width);
/// group,item,unit,ours,published,ratio,counted: one line a value; dataflows as group,item,,ours,published,,.
std::string validation_csv(const Validation& validation);
/// Ratio of ours to published, one series a group, in the order of the text.
XyPlot validation_plot(const Validation& validation);

}  // namespace npu::sim
