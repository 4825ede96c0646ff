#include "sim/cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace npu::sim {

bool stderr_is_terminal() { return ::isatty(STDERR_FILENO) == 1; }

std::size_t output_width() {
  winsize size{};
  if (::isatty(STDOUT_FILENO) != 1 || ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
    return kDefaultWidth;
  }
  return size.ws_col;
}

}  // namespace npu::sim
