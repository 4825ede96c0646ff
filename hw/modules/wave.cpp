#include "hw/modules/wave.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "hw/common/error.h"

namespace npu::hw {

WaveFile::WaveFile(const std::filesystem::path& path) {
  NPU_CHECK(path.extension() == ".vcd", "SystemC adds .vcd to the name of a wave file");
  if (!std::ofstream(path)) throw InputError(path.string(), std::strerror(errno));
  auto base = path;
  base.replace_extension();
  file_ = sc_core::sc_create_vcd_trace_file(base.c_str());
  file_->set_time_unit(1, sc_core::SC_PS);
}

WaveFile::~WaveFile() { sc_core::sc_close_vcd_trace_file(file_); }

}  // namespace npu::hw
