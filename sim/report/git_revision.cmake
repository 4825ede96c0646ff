# Run at every build: writes OUTPUT (a C++ source) with the version and the checkout's revision, only if it changed.
# cmake -DSOURCE=... -DOUTPUT=... -DVERSION=... -P git_revision.cmake
set(REVISION "unknown")
find_program(GIT git)
if(GIT)
  execute_process(
    COMMAND ${GIT} -C ${SOURCE} describe --always --dirty --abbrev=12 --exclude=*
    OUTPUT_VARIABLE DESCRIBED
    OUTPUT_STRIP_TRAILING_WHITESPACE
    ERROR_QUIET
    RESULT_VARIABLE FAILED)
  if(NOT FAILED AND DESCRIBED)
    set(REVISION "${DESCRIBED}")
  endif()
endif()
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT [[// Made by sim/report/git_revision.cmake; do not edit.
#include "sim/report/version.h"

namespace npu::sim {

std::string tool_version() { return "@VERSION@"; }
std::string git_revision() { return "@REVISION@"; }

}  // namespace npu::sim
]] @ONLY)
