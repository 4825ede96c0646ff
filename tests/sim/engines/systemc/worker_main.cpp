// A worker executable for the tests of the engine: what `npusim worker FOLDER` does, without the rest of
// npusim.
#include <cstring>

#include "sim/engines/systemc/systemc_engine.h"

int main(int argument_count, char** arguments) {
  constexpr int kUsage = 2;
  if (argument_count != 3 || std::strcmp(arguments[1], "worker") != 0) return kUsage;
  return npu::sim::systemc_worker_main(arguments[2]);
}
