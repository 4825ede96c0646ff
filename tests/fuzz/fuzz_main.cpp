// One libFuzzer program for each target; NPUSIM_FUZZ_TARGET is its name. Built by the preset `fuzz`.
// Run it with a corpus folder; with --write-seeds FOLDER it writes the seeds and ends.
#include <cstdlib>
#include <cstring>

#include "hw/common/file.h"
#include "tests/fuzz/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const npu::fuzz::Target& target = npu::fuzz::target(NPUSIM_FUZZ_TARGET);
  target.run({data, size});
  return 0;
}

extern "C" int LLVMFuzzerInitialize(int* argument_count, char*** arguments) {
  if (*argument_count != 3 || std::strcmp((*arguments)[1], "--write-seeds") != 0) {
    return 0;
  }
  int number = 0;
  for (const npu::fuzz::Bytes& seed : npu::fuzz::target(NPUSIM_FUZZ_TARGET).seeds()) {
    npu::write_file(std::string((*arguments)[2]) + "/seed" + std::to_string(++number),
                    std::span<const std::uint8_t>(seed));
  }
  std::exit(0);
}
