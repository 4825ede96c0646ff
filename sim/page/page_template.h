// The bundled page without data; empty in builds without npm's packages.
#pragma once

#include <string_view>

namespace npu::sim {

std::string_view page_template();

}  // namespace npu::sim
