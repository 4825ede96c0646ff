// A worker for test_dispatch: answers the square of "n"; dies where the request says so.
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "sim/explore/dispatch.h"

namespace {

nlohmann::json answer(const nlohmann::json& request) {
  const int number = request.at("n").get<int>();
  if (request.contains("die")) std::raise(SIGKILL);
  if (request.contains("die_once")) {
    const std::filesystem::path mark = request.at("die_once").get<std::string>();
    if (!std::filesystem::exists(mark)) {
      std::ofstream(mark) << "died";
      std::_Exit(7);
    }
  }
  return {{"square", number * number}, {"process", getpid()}};
}

}  // namespace

int main() { npu::sim::serve_standard_input(answer); }
