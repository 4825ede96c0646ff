#include "sim/cli/session.h"

#include <fmt/core.h>

#include <algorithm>

#include "hw/common/error.h"
#include "sim/cli/config_files.h"
#include "sim/cli/execution.h"
#include "sim/cli/host_data.h"
#include "sim/report/conservation.h"
#include "sim/report/result_json.h"

namespace npu::sim {
namespace {

namespace fs = std::filesystem;

std::vector<std::int32_t> input_codes(const hw::Program& program, std::span<const float> input,
                                      RunReport& report) {
  if (input.empty()) {
    report.input_source = "synthetic random field, seed 1";
    return synthetic_codes(program, 1);
  }
  const hw::TensorSymbol& symbol = program.tensor(program.input);
  const compiler::MapShape shape{symbol.channels, symbol.height, symbol.width};
  const std::int64_t images = program.images();
  if (std::ssize(input) != images * shape.elements()) {
    throw InputError(
        "input", fmt::format("found {} numbers, expected {}{} x {} x {} ({}channels, height, width)",
                             input.size(), images == 1 ? "" : fmt::format("{} x ", images), shape.channels,
                             shape.height, shape.width, images == 1 ? "" : "images, "));
  }
  report.input_source =
      images == 1 ? "given by the caller" : fmt::format("{} images given by the caller", images);
  const auto elements = static_cast<std::size_t>(shape.elements());
  std::vector<std::int32_t> batch;
  for (std::size_t image = 0; image < static_cast<std::size_t>(images); ++image) {
    const auto codes = quantized_input(program, input.subspan(image * elements, elements));
    batch.insert(batch.end(), codes.begin(), codes.end());
  }
  return batch;
}

/// Engines give [image][row][column][channel].
void set_output(const hw::Program& program, std::span<const std::int32_t> codes, SessionResult& result) {
  const hw::TensorSymbol& symbol = program.tensor(program.output);
  const std::int64_t pixels = symbol.height * symbol.width;
  const std::int64_t images = program.images();
  result.output_shape = {symbol.channels, symbol.height, symbol.width};
  if (images > 1) result.output_shape.insert(result.output_shape.begin(), images);
  for (std::int64_t image = 0; image < images; ++image) {
    for (std::int64_t channel = 0; channel < symbol.channels; ++channel) {
      for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
        const std::int64_t position = (image * pixels + pixel) * symbol.channels + channel;
        const std::int32_t code = codes[static_cast<std::size_t>(position)];
        result.output_codes.push_back(code);
        result.output.push_back(symbol.scale * static_cast<float>(code - symbol.zero_point));
      }
    }
  }
}

}  // namespace

fs::path find_tool() {
  std::error_code code;
  const auto is_tool = [&](const fs::path& path) {
    return path.filename() == "npusim" && fs::is_regular_file(path, code);
  };
  const fs::path self = fs::read_symlink("/proc/self/exe", code);
  if (is_tool(self)) return self;
  for (const fs::path& folder : folders_above_library()) {
    for (const fs::path& path : {folder / "bin" / "npusim", folder / "npusim"}) {
      if (is_tool(path)) return path;
    }
  }
  return {};
}

Session::Session(const std::string& arch, fs::path tool)
    : arch_source_(find_arch(arch).string()), tool_(std::move(tool)) {
  arch_ = hw::load_arch(arch_source_);
  if (tool_.empty()) tool_ = find_tool();
}

PreparedProgram Session::compile(const NetworkOptions& options) const {
  return prepare_network(options, arch_, false);
}

PreparedProgram Session::load(const std::string& program_file) const {
  return prepare_program_file(program_file, arch_);
}

SessionResult Session::run(const PreparedProgram& prepared, const std::string& engine,
                           std::span<const float> input) const {
  if (engine != "systemc" && engine != "functional") {
    throw InputError("engine '" + engine + "'", "expected systemc or functional");
  }
  if (engine == "systemc" && tool_.empty()) {
    throw InputError(
        "tool",
        "the SystemC engine starts the npusim executable as its worker, and there is none beside "
        "this library; give its path");
  }
  RunReport report = describe_run(prepared, arch_, arch_source_, engine);
  SystemcOptions options;
  options.executable = tool_;
  const auto output =
      run_with_data(input_codes(report.program, input, report), config_root(), options, report);
  const auto summary = summarize(report);
  check_conservation(report, summary);
  SessionResult result;
  result.report = result_json(report, summary);
  set_output(report.program, output, result);
  return result;
}

}  // namespace npu::sim
