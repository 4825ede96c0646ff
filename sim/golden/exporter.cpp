#include "sim/golden/exporter.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "hw/common/error.h"
#include "hw/common/file.h"
#include "hw/isa/disassembler.h"
#include "hw/isa/encoding.h"
#include "sim/engines/common/tensor_io.h"
#include "sim/golden/layer_streams.h"

namespace npu::sim::golden {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxNameLength = 48;
constexpr std::int64_t kMaxLayerNumber = 1'000'000;

ExportedFile attach(const fs::path& folder, const char* name, std::span<const std::uint8_t> bytes) {
  HashedFile file(folder / name);
  file.write(bytes);
  return {name, std::ssize(bytes), file.finish()};
}

ExportedFile attach(const fs::path& folder, const char* name, const std::string& text) {
  return attach(folder, name, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

nlohmann::ordered_json address_map(const hw::Program& program) {
  nlohmann::ordered_json json;
  json["dram"] = {{"instructions", program.dram.instruction_base},
                  {"constants", program.dram.constant_base},
                  {"activations", program.dram.activation_base},
                  {"end", program.dram.end}};
  json["tensors"] = nlohmann::ordered_json::array();
  for (const auto& tensor : program.tensors) {
    json["tensors"].push_back({{"name", tensor.name},
                               {"dram_address", tensor.dram_address},
                               {"height", tensor.height},
                               {"width", tensor.width},
                               {"channels", tensor.channels},
                               {"row_stride_bytes", tensor.row_stride_bytes},
                               {"pixel_stride_bytes", tensor.pixel_stride_bytes},
                               {"layout", "row, column, channel"},
                               {"scale", tensor.scale},
                               {"zero_point", tensor.zero_point}});
  }
  json["layers"] = nlohmann::ordered_json::array();
  for (std::size_t index = 0; index < program.layers.size(); ++index) {
    const auto& layer = program.layers[index];
    json["layers"].push_back({{"index", index},
                              {"name", layer.name},
                              {"operation", layer.op},
                              {"dataflow", layer.dataflow},
                              {"first_pc", layer.first_pc},
                              {"last_pc", layer.last_pc},
                              {"output", layer.output},
                              {"folder", layer_folder(program, static_cast<std::int64_t>(index))}});
  }
  return json;
}

std::string cycles_csv(const hw::Program& program, const std::vector<InstructionTime>& times) {
  std::string text = "pc,unit,start_cycle,end_cycle,instruction\n";
  for (const auto& time : times) {
    const auto& instruction = program.instructions.at(static_cast<std::size_t>(time.pc));
    text += fmt::format("{},{},{},{},\"{}\"\n", time.pc, hw::unit_name(hw::unit_of(instruction)), time.start,
                        time.end, hw::disassemble(instruction));
  }
  return text;
}

class Exporter {
 public:
  Exporter(const hw::Program& program, const ExportOptions& options, const fs::path& folder)
      : program_(program), options_(options), folder_(folder) {}

  void whole(const char* name, Content content, bool expected, int element_bytes, bool is_signed,
             std::span<const std::uint8_t> payload, const std::string& tensor = "") {
    Stream stream;
    stream.name = name;
    stream.content = content;
    stream.expected = expected;
    stream.element_bytes = element_bytes;
    stream.is_signed = is_signed;
    stream.tensor = tensor;
    stream.words = options_.words;
    if (element_bytes > stream.words.word_bytes && !is_signed)
      stream.words = {element_bytes, options_.words.big_endian, false};
    StreamWriter writer(folder_, stream, options_.binary, options_.hex);
    writer.append(-1, payload);
    streams.push_back(writer.finish());
  }

  void memories(std::span<const std::int32_t> input) {
    std::vector<std::uint8_t> words;
    for (std::size_t pc = 0; pc < program_.instructions.size(); ++pc) {
      const auto word = hw::encode(program_.instructions[pc], static_cast<std::int64_t>(pc));
      words.insert(words.end(), word.begin(), word.end());
    }
    whole("memory/instructions", Content::kMemory, false, hw::kInstructionBytes, false, words);
    whole("memory/constants", Content::kMemory, false, 1, false, program_.constants);
    whole("memory/input", Content::kMemory, false, program_.format.activation_bytes(), true,
          little_endian(std::vector<std::int64_t>(input.begin(), input.end()),
                        program_.format.activation_bytes()),
          program_.input);
  }

  void run(std::span<const std::int32_t> input) {
    Replay replay(program_);
    std::int64_t layer = -1;
    std::optional<LayerStreams> current;
    replay.run(input, options_.level == Level::kUnit, [&](const Step& step) {
      const auto finish_layer = [&] {
        if (current) current->finish(replay.dram(), streams);
        current.reset();
      };
      if (layer >= 0 && step.pc >= program_.layers[static_cast<std::size_t>(layer)].last_pc) {
        finish_layer();
        layer = -1;
      }
      if (layer < 0) layer = starting_at(step.pc);
      if (layer >= 0 && !current && wanted(layer)) current.emplace(program_, layer, options_, folder_);
      if (current) current->add(step);
      if (step.instruction->opcode == hw::Opcode::kHalt) finish_layer();
      return true;
    });
    const auto values = read_tensor(replay.dram(), program_.tensor(program_.output), program_.format);
    whole("expected/output", Content::kNetworkOutput, true, program_.format.activation_bytes(), true,
          little_endian(std::vector<std::int64_t>(values.begin(), values.end()),
                        program_.format.activation_bytes()),
          program_.output);
  }

  std::vector<Stream> streams;

 private:
  std::int64_t starting_at(std::int64_t pc) const {
    for (std::size_t layer = 0; layer < program_.layers.size(); ++layer) {
      if (pc >= program_.layers[layer].first_pc && pc < program_.layers[layer].last_pc) {
        return static_cast<std::int64_t>(layer);
      }
    }
    return -1;
  }
  bool wanted(std::int64_t layer) const {
    if (options_.level == Level::kNetwork) return false;
    return options_.layers.empty() || std::ranges::count(options_.layers, layer) > 0;
  }

  const hw::Program& program_;
  const ExportOptions& options_;
  fs::path folder_;
};

std::int64_t number_of(const std::string& text) {
  const bool digits =
      !text.empty() && text.size() <= 6 && text.find_first_not_of("0123456789") == std::string::npos;
  return digits ? std::stoll(text) : kMaxLayerNumber;
}

}  // namespace

std::string layer_folder(const hw::Program& program, std::int64_t layer) {
  std::string name;
  for (const char character :
       program.layers.at(static_cast<std::size_t>(layer)).name.substr(0, kMaxNameLength)) {
    const bool plain =
        std::isalnum(static_cast<unsigned char>(character)) != 0 || character == '-' || character == '.';
    name += plain ? character : '_';
  }
  return fmt::format("layers/{:03}_{}", layer, name);
}

std::vector<std::int64_t> select_layers(const hw::Program& program, const std::string& text) {
  std::vector<std::int64_t> chosen;
  const auto count = std::ssize(program.layers);
  const auto refuse = [&](const std::string& part) {
    throw InputError(
        "--layers " + text,
        fmt::format("found '{}', expected a layer's name, a number or a range in 0 to {}", part, count - 1));
  };
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto comma = std::min(text.find(',', begin), text.size());
    const std::string part = text.substr(begin, comma - begin);
    begin = comma + 1;
    const auto named =
        std::ranges::find_if(program.layers, [&](const auto& layer) { return layer.name == part; });
    if (named != program.layers.end()) {
      chosen.push_back(named - program.layers.begin());
      continue;
    }
    const auto dash = part.find('-');
    const std::int64_t first = number_of(part.substr(0, dash));
    const std::int64_t last = dash == std::string::npos ? first : number_of(part.substr(dash + 1));
    if (first >= count || last >= count || last < first) refuse(part);
    for (std::int64_t layer = first; layer <= last; ++layer) chosen.push_back(layer);
  }
  return chosen;
}

Manifest export_program(const hw::Program& program, const hw::ArchConfig& arch,
                        std::span<const std::int32_t> input, const ExportOptions& options,
                        const fs::path& folder) {
  std::error_code code;
  fs::create_directories(folder, code);
  if (code) throw InputError(folder.string(), code.message());
  fs::remove(folder / kManifestFile, code);
  Manifest manifest;
  manifest.kind = "program";
  manifest.network = program.network;
  manifest.level = options.level;
  manifest.numbers = {program.format.activation_bits, program.format.weight_bits,
                      program.format.accumulator_bits, program.format.shift_bits, program.format.rounding};
  manifest.compatibility_hash = program.compatibility_hash;
  manifest.arch_hash = program.arch_hash;
  manifest.dump.words = options.words;
  manifest.attachments.push_back(attach(folder, kProgramFile, hw::serialize(program)));
  manifest.program_sha256 = manifest.attachments.back().sha256;
  manifest.attachments.push_back(attach(folder, kArchFile, hw::arch_to_json(arch).dump(2) + "\n"));
  if (!options.times.empty()) {
    manifest.attachments.push_back(attach(folder, kCyclesFile, cycles_csv(program, options.times)));
  }
  manifest.address_map_json = address_map(program).dump();
  Exporter exporter(program, options, folder);
  exporter.memories(input);
  exporter.run(input);
  manifest.streams = std::move(exporter.streams);
  write_file(folder / kManifestFile, manifest_json(manifest));
  return manifest;
}

}  // namespace npu::sim::golden
