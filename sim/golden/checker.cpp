#include "sim/golden/checker.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <tuple>

#include "hw/common/error.h"
#include "hw/common/file.h"
#include "hw/common/hash.h"
#include "hw/isa/verifier.h"
#include "sim/golden/diagnosis.h"
#include "sim/golden/locator.h"

namespace npu::sim::golden {
namespace {

namespace fs = std::filesystem;

constexpr std::array kDumpExtensions{".bin", ".hex", ".mem", ".txt", ".npy", ".dat"};

// The dump of a stream: its name with one of the known extensions.
fs::path find_dump(const fs::path& folder, const Stream& stream) {
  fs::path found;
  for (const char* extension : kDumpExtensions) {
    const fs::path path = folder / (stream.name + extension);
    std::error_code code;
    if (!fs::exists(path, code)) continue;
    if (!found.empty()) {
      throw InputError(path.string(),
                       fmt::format("there is {} too, expected one dump of a stream", found.string()));
    }
    found = path;
  }
  return found;
}

std::optional<hw::Program> read_program_copy(const Manifest& manifest, const fs::path& folder) {
  if (manifest.kind != "program") return std::nullopt;
  const auto bytes = read_file(folder / kProgramFile);
  if (sha256_hex(bytes) != manifest.program_sha256) {
    throw InputError((folder / kProgramFile).string(), "its SHA-256 is not the manifest's");
  }
  auto program = hw::deserialize(bytes);
  hw::require_verified(program);
  return program;
}

// Records must fit what the program says, or locating would read beyond it.
void check_records(const Manifest& manifest, const hw::Program& program, const fs::path& path) {
  for (const auto& stream : manifest.streams) {
    if (stream.layer >= std::ssize(program.layers)) {
      throw InputError(path.string(), fmt::format("stream '{}' names layer {} of {}", stream.name,
                                                  stream.layer, program.layers.size()));
    }
    for (const auto& record : stream.records) {
      if (record.pc >= std::ssize(program.instructions)) {
        throw InputError(path.string(), fmt::format("stream '{}' names instruction {} of {}", stream.name,
                                                    record.pc, program.instructions.size()));
      }
    }
  }
}

class Checker {
 public:
  Checker(CheckResult& result, const fs::path& dump, const CheckOptions& options)
      : result_(result),
        dump_(dump),
        options_(options),
        locator_(result.manifest, result.program ? &*result.program : nullptr, result.folder) {}

  void run() {
    const auto begin = std::chrono::steady_clock::now();
    for (const auto& stream : result_.manifest.streams) {
      if (stream.expected) result_.streams.push_back(compare(stream));
    }
    result_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    for (const auto& stream : result_.streams) result_.bytes += stream.counts.dump_bytes;
    if (first_stream_ != nullptr) diagnose_first();
  }

 private:
  const DumpFormat& format() const { return options_.format ? *options_.format : result_.manifest.dump; }

  StreamResult compare(const Stream& stream) {
    StreamResult result;
    result.stream = &stream;
    const auto before = std::tuple(first_stream_, first_, first_order_);
    try {
      result.file = find_dump(dump_, stream);
      if (result.file.empty()) return result;
      result.counts = compare_stream(stream, result_.folder, result.file, dump_words(stream, format()),
                                     options_.partial, [&](const Difference& found) { note(stream, found); });
      const bool complete = options_.partial || (result.counts.absent == 0 && result.counts.extra_bytes == 0);
      result.status =
          result.counts.different == 0 && complete ? StreamStatus::kMatch : StreamStatus::kMismatch;
    } catch (const InputError& error) {
      std::tie(first_stream_, first_, first_order_) =
          before;  // what was seen of an unusable file does not count
      result.status = StreamStatus::kUnusable;
      result.problem = error.what();
    }
    return result;
  }

  void note(const Stream& stream, const Difference& difference) {
    const auto order = locator_.order_of(stream, difference);
    if (first_stream_ != nullptr && order >= first_order_) return;
    first_order_ = order;
    first_stream_ = &stream;
    first_ = difference;
  }

  const StreamResult& result_of(const Stream& stream) const {
    return *std::ranges::find_if(result_.streams,
                                 [&](const auto& result) { return result.stream == &stream; });
  }

  bool matched(Content content, std::int64_t pc) const {
    return std::ranges::any_of(result_.streams, [&](const StreamResult& result) {
      return result.status == StreamStatus::kMatch && result.stream->content == content &&
             std::ranges::any_of(result.stream->records,
                                 [&](const Record& record) { return record.pc == pc; });
    });
  }

  std::string unit_of(const Stream& stream, std::int64_t pc) const {
    switch (stream.content) {
      case Content::kWeights:
        return "DMA, load weights";
      case Content::kActivations:
        return "DMA, load activations";
      case Content::kStored:
        return "DMA, store";
      case Content::kAccumulators:
        return "PE array";
      case Content::kVectorOutput:
        return "vector unit";
      case Content::kVectorField:
        return result_.manifest.kind;
      case Content::kConvOutput:
        if (matched(Content::kAccumulators, pc)) return "compounding unit";
        break;
      default:
        break;
    }
    if (pc < 0) return "unknown";
    const auto& instruction = result_.program->instructions.at(static_cast<std::size_t>(pc));
    if (instruction.opcode == hw::Opcode::kVector) return "vector unit";
    return "PE array or compounding unit (dump the accumulators of level unit to tell)";
  }

  void diagnose_first() {
    const Stream& stream = *first_stream_;
    const StreamResult& result = result_of(stream);
    Location location = locator_.describe(stream, first_);
    location.file = result.file;
    location.unit = unit_of(stream, location.pc);
    const auto& record = stream.records[static_cast<std::size_t>(first_.record)];
    location.word = (record.word * stream.words.word_bytes + first_.element * stream.element_bytes) /
                    dump_words(stream, format()).word_bytes;
    if (!result_.program) location.inputs = vector_inputs(result_.manifest, result_.folder, first_.element);
    const Coordinates extents = locator_.extents_of(stream);
    result_.map.emplace(stream.name, extents.row, extents.column, extents.channel);
    std::vector<std::int64_t> starts;
    std::int64_t elements = 0;
    for (const auto& one : stream.records) {
      starts.push_back(elements);
      elements += one.elements;
    }
    compare_stream(
        stream, result_.folder, result.file, dump_words(stream, format()), options_.partial,
        [&](const Difference& difference) {
          const auto at = locator_.coordinates_of(stream, difference);
          result_.map->add(
              at ? *at
                 : Coordinates{0, starts[static_cast<std::size_t>(difference.record)] + difference.element,
                               0});
        });
    result_.guesses = diagnose(
        {result_, result, location, dump_words(stream, format()), locator_, options_.pattern_window_bytes});
    result_.first = location;
  }

  CheckResult& result_;
  fs::path dump_;
  const CheckOptions& options_;
  Locator locator_;
  const Stream* first_stream_ = nullptr;
  Difference first_;
  ExecutionOrder first_order_{};
};

}  // namespace

std::int64_t CheckResult::count(StreamStatus status) const {
  return std::ranges::count_if(streams, [&](const auto& stream) { return stream.status == status; });
}

WordFormat dump_words(const Stream& stream, const DumpFormat& format) {
  return format.same_words ? stream.words : format.words;
}

CheckResult check_dump(const fs::path& manifest_path, const fs::path& dump, const CheckOptions& options) {
  CheckResult result;
  result.manifest = read_manifest(manifest_path);
  result.folder = manifest_path.parent_path();
  result.program = read_program_copy(result.manifest, result.folder);
  if (result.program) check_records(result.manifest, *result.program, manifest_path);
  std::error_code code;
  if (!fs::is_directory(dump, code)) throw InputError(dump.string(), "is no folder of dumps");
  Checker(result, dump, options).run();
  if (result.count(StreamStatus::kNotDumped) == std::ssize(result.streams)) {
    throw InputError(dump.string(),
                     fmt::format("holds no dump of the manifest's {} expected streams, for example {}.bin",
                                 result.streams.size(),
                                 result.streams.empty() ? "" : result.streams.front().stream->name));
  }
  return result;
}

}  // namespace npu::sim::golden
