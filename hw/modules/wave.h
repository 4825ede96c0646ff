// What `--wave` shows of the machine, as a VCD file: for each unit whether it executes, the instruction at
// hand and the tokens it holds; the command processor's progress; bytes over the DRAM bus. Traced by SystemC
// itself (sc_trace), so it is what the modules hold, not a reconstruction. One cycle is 1 ns in the file,
// whatever clock_hz is.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <systemc>

namespace npu::hw {

class WaveFile {
 public:
  /// Creates `path` (which must end in .vcd). Throws InputError if that is not possible.
  explicit WaveFile(const std::filesystem::path& path);
  ~WaveFile();
  WaveFile(const WaveFile&) = delete;
  WaveFile& operator=(const WaveFile&) = delete;

  /// `value` must live as long as this object.
  template <class Value>
  void add(const Value& value, const std::string& name) {
    sc_core::sc_trace(file_, value, name);
  }

 private:
  sc_core::sc_trace_file* file_;
};

}  // namespace npu::hw
