// Runs gnuplot on a script in a temporary folder and moves the finished pictures to their place.
#include <fmt/format.h>

#include <algorithm>
#include <boost/process.hpp>
#include <map>
#include <string>

#include "hw/common/error.h"
#include "hw/common/file.h"
#include "hw/common/temporary_folder.h"
#include "sim/plot/plot.h"

namespace npu::sim {
namespace {

constexpr int kWidthPixels = 1000;      ///< at least
constexpr int kPixelsPerCategory = 15;  ///< so that upright names stand side by side
constexpr int kMarginPixels = 200;
constexpr int kHeightPixels = 560;

std::string terminal(const std::string& extension, int width) {
  const std::string size = fmt::format("size {},{} background '#ffffff'", width, kHeightPixels);
  return extension == "svg" ? "set terminal svg font 'Helvetica,14' " + size
                            : "set terminal pngcairo fontscale 0.9 " + size;
}

void run_gnuplot(const std::filesystem::path& script, const std::filesystem::path& messages) {
  namespace process = boost::process;
  const auto program = process::search_path("gnuplot");
  if (program.empty())
    throw InputError("gnuplot", "not found; expected Debian's package gnuplot-nox for pictures");
  const int code = process::system(program, script.string(),
                                   process::std_in<process::null, process::std_out> process::null,
                                   process::std_err > messages.string());
  if (code == 0) return;
  throw InputError("gnuplot", fmt::format("failed with exit code {}: {}", code, read_text_file(messages)));
}

void draw_script(const std::string& script, int width, const std::filesystem::path& base) {
  const TemporaryFolder folder("plot");
  std::map<std::string, std::vector<std::uint8_t>> pictures;
  for (const std::string extension : {"svg", "png"}) {
    const auto picture = folder.path() / ("picture." + extension);
    const auto program = folder.path() / "picture.gp";
    write_file(program,
               fmt::format("{}\nset output '{}'\n{}", terminal(extension, width), picture.string(), script));
    run_gnuplot(program, folder.path() / "messages.txt");
    pictures[extension] = read_file(picture);
  }
  for (const auto& [extension, bytes] : pictures) {
    auto path = base;
    path += "." + extension;
    write_file(path, bytes);
  }
}

}  // namespace

void draw(const XyPlot& plot, const std::filesystem::path& base) {
  draw_script(gnuplot_script(plot), kWidthPixels, base);
}
void draw(const BarPlot& plot, const std::filesystem::path& base) {
  const auto categories = static_cast<int>(plot.categories.size());
  draw_script(gnuplot_script(plot), std::max(kWidthPixels, kMarginPixels + kPixelsPerCategory * categories),
              base);
}

bool can_draw() { return !boost::process::search_path("gnuplot").empty(); }

}  // namespace npu::sim
