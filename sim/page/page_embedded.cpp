// The bundled file as it is, put into the program by the assembler.
#include "sim/page/page_template.h"

asm(".pushsection .rodata\n"
    ".global npusim_page_begin\n"
    ".global npusim_page_end\n"
    "npusim_page_begin:\n"
    ".incbin \"" NPUSIM_PAGE_FILE
    "\"\n"
    "npusim_page_end:\n"
    ".byte 0\n"
    ".popsection\n");

extern "C" {
extern const char npusim_page_begin[];
extern const char npusim_page_end[];
}

namespace npu::sim {

std::string_view page_template() {
  return {npusim_page_begin, static_cast<std::size_t>(npusim_page_end - npusim_page_begin)};
}

}  // namespace npu::sim
