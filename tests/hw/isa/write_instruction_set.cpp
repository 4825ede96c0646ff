// Writes docs/instruction_set.md from the field tables (target update_docs): write_instruction_set FILE.
#include <cstdio>
#include <exception>

#include "hw/common/file.h"
#include "hw/isa/documentation.h"

int main(int count, char** arguments) {
  if (count != 2) {
    std::fputs("usage: write_instruction_set FILE\n", stderr);
    return 2;
  }
  try {
    npu::write_file(arguments[1], npu::hw::instruction_set_markdown());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
