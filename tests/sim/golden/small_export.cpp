#include "tests/sim/golden/small_export.h"

#include <algorithm>

#include "compiler/codegen/compile.h"
#include "hw/common/file.h"
#include "tests/random_network.h"

namespace npu::tests {

using namespace sim::golden;

std::unique_ptr<SmallExport> small_export(std::uint64_t seed, Level level, const WordFormat& words) {
  auto made = std::make_unique<SmallExport>();
  made->arch = hw::load_arch(source_folder() / "configs/arch/shift_npu.json");
  made->arch.weight_sram.capacity_bytes = 12 * 1024;
  made->arch.global_buffer.capacity_bytes = 8 * 1024;
  NetworkMaker maker(seed, {5, 24, 21});
  NetworkMaker::ConvShape dense;
  dense.out_channels = 18;
  const auto x = maker.conv(maker.input(), dense);
  const auto y = maker.conv(x, {18, 1, 1, 1, 0, 0, 0, 0, 1, false});
  auto z = maker.add(x, y);
  z = maker.max_pool(z, 3, 2, 1);
  z = maker.depthwise(z, 3, 1);
  made->graph = maker.finish(maker.average_pool(z, 3, 3, 0, false));
  made->program = compiler::compile(made->graph, made->arch);
  made->input = random_input(made->graph, seed);
  ExportOptions options;
  options.level = level;
  options.words = words;
  made->manifest = export_program(made->program, made->arch, made->input, options, made->golden());
  return made;
}

void SmallExport::dump_everything() const {
  for (const auto& stream : manifest.streams) {
    if (stream.expected)
      write_file(dump() / (stream.name + ".bin"), read_file(golden() / (stream.name + ".bin")));
  }
}

void SmallExport::dump_only(Content content) const {
  std::filesystem::remove_all(dump());
  for (const auto& stream : manifest.streams) {
    if (stream.expected && stream.content == content) {
      write_file(dump() / (stream.name + ".bin"), read_file(golden() / (stream.name + ".bin")));
    }
  }
}

void SmallExport::damage(const std::string& stream,
                         const std::function<void(std::vector<std::uint8_t>&)>& change) const {
  auto bytes = read_file(dump() / (stream + ".bin"));
  change(bytes);
  write_file(dump() / (stream + ".bin"), bytes);
}

CheckResult SmallExport::check(const CheckOptions& options) const {
  return check_dump(golden() / kManifestFile, dump(), options);
}

std::string SmallExport::name_of(Content content, std::int64_t layer) const {
  const auto found = std::ranges::find_if(manifest.streams, [&](const Stream& stream) {
    return stream.content == content && stream.layer == layer;
  });
  REQUIRE(found != manifest.streams.end());
  return found->name;
}

std::int64_t SmallExport::layer_of(const std::string& operation) const {
  const auto found =
      std::ranges::find_if(program.layers, [&](const auto& layer) { return layer.op == operation; });
  REQUIRE(found != program.layers.end());
  return found - program.layers.begin();
}

}  // namespace npu::tests
