// Writes docs/config_reference.md from the schemas (target update_docs): write_config_reference SCHEMAS FILE.
#include <cstdio>
#include <exception>

#include "hw/common/file.h"
#include "sim/report/config_reference.h"

int main(int count, char** arguments) {
  if (count != 3) {
    std::fputs("usage: write_config_reference SCHEMA_FOLDER FILE\n", stderr);
    return 2;
  }
  try {
    npu::write_file(arguments[2], npu::sim::config_reference_markdown(arguments[1]));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
