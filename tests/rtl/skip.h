// Tests that need Verilator end here, reported as skipped, where it was not found.
#pragma once

#include <cstdio>

#include "hw/modules/rtl/rtl_units.h"

#define SKIP_WITHOUT_VERILATOR()                     \
  do {                                               \
    if (!hw::rtl_available()) {                      \
      std::puts("SKIPPED: Verilator was not found"); \
      return;                                        \
    }                                                \
  } while (false)
