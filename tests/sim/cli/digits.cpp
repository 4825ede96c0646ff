#include "tests/sim/cli/digits.h"

#include "tests/sim/cli/tool.h"
#include "tests/support.h"

namespace npu::tests {
namespace {

namespace fs = std::filesystem;

const fs::path kSource = NPUSIM_SOURCE_DIR;

}  // namespace

fs::path digits_network() { return kSource / "workloads/trained/digits/mobilenet_v1_0.25.onnx"; }

const fs::path& digits() {
  static const TemporaryFolder folder;
  static const fs::path path = [] {
    const auto made = run_program({"/usr/bin/python3", (kSource / "workloads/train/digits.py").string(),
                                   "--out", (folder.path() / "digits").string()});
    return made.exit_code == 0 ? folder.path() / "digits" : fs::path();
  }();
  return path;
}

}  // namespace npu::tests
