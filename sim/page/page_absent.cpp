// Of builds without npm's packages.
#include "sim/page/page_template.h"

namespace npu::sim {

std::string_view page_template() { return {}; }

}  // namespace npu::sim
