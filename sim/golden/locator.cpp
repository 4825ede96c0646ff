#include "sim/golden/locator.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <sstream>

#include "hw/common/error.h"
#include "hw/common/file.h"
#include "hw/isa/disassembler.h"

namespace npu::sim::golden {
namespace {

bool is_tensor(const Stream& stream) {
  return stream.content == Content::kLayerOutput || stream.content == Content::kNetworkOutput;
}

bool is_transfer(const Stream& stream) {
  return stream.content == Content::kWeights || stream.content == Content::kActivations ||
         stream.content == Content::kStored;
}

}  // namespace

Locator::Locator(const Manifest& manifest, const hw::Program* program, const std::filesystem::path& folder)
    : manifest_(manifest), program_(program) {
  if (program == nullptr) return;
  tiles_.emplace(*program);
  const bool timed =
      std::ranges::any_of(manifest.attachments, [](const auto& file) { return file.path == kCyclesFile; });
  if (timed) read_cycles(folder / kCyclesFile);
}

// Informative: lines that are no "pc,unit,start,end,..." are passed over.
void Locator::read_cycles(const std::filesystem::path& path) {
  std::istringstream text(read_text_file(path));
  for (std::string line; std::getline(text, line);) {
    long long pc = 0, start = 0, end = 0;
    if (std::sscanf(line.c_str(), "%lld,%*[^,],%lld,%lld", &pc, &start, &end) == 3)
      cycles_[pc] = {start, end};
  }
}

std::int64_t Locator::layer_of(const Stream& stream) const {
  if (stream.layer >= 0 || program_ == nullptr) return stream.layer;
  for (auto layer = std::ssize(program_->layers) - 1; layer >= 0; --layer) {
    if (program_->layers[static_cast<std::size_t>(layer)].output == stream.tensor) return layer;
  }
  return -1;
}

Coordinates Locator::extents_of(const Stream& stream) const {
  std::int64_t elements = 0;
  for (const auto& record : stream.records) elements += record.elements;
  const std::int64_t layer = layer_of(stream);
  const bool in_tensor = is_tensor(stream) || stream.content == Content::kAccumulators ||
                         stream.content == Content::kConvOutput || stream.content == Content::kVectorOutput;
  if (program_ == nullptr || layer < 0 || !in_tensor) return {1, std::max<std::int64_t>(elements, 1), 1};
  const auto& tensor = program_->tensor(program_->layers.at(static_cast<std::size_t>(layer)).output);
  return {tensor.height, tensor.width, tensor.channels};
}

std::optional<Coordinates> Locator::coordinates_of(const Stream& stream, const Difference& difference) const {
  if (program_ == nullptr || layer_of(stream) < 0) return std::nullopt;
  if (is_tensor(stream)) {
    const auto extents = extents_of(stream);
    return Coordinates{difference.element / (extents.column * extents.channel),
                       difference.element / extents.channel % extents.column,
                       difference.element % extents.channel};
  }
  if (is_transfer(stream)) return std::nullopt;
  const auto box = tiles_->box_of(stream.records.at(static_cast<std::size_t>(difference.record)).pc);
  if (!box) return std::nullopt;
  return box->at(difference.element);
}

std::int64_t Locator::pc_of(const Stream& stream, const Difference& difference) const {
  if (!is_tensor(stream)) return stream.records.at(static_cast<std::size_t>(difference.record)).pc;
  const auto place = coordinates_of(stream, difference);
  const auto* box = place ? tiles_->find(layer_of(stream), *place) : nullptr;
  return box == nullptr ? -1 : box->pc;
}

ExecutionOrder Locator::order_of(const Stream& stream, const Difference& difference) const {
  std::int64_t pc = pc_of(stream, difference);
  std::int64_t element = difference.element;
  if (is_tensor(stream)) {
    const auto place = coordinates_of(stream, difference);
    if (const auto* box = place ? tiles_->find(layer_of(stream), *place) : nullptr) {
      element = ((place->row - box->origin.row) * box->columns + place->column - box->origin.column) *
                    box->channels +
                place->channel - box->origin.channel;
    } else {
      const auto layer = layer_of(stream);
      pc = layer < 0 ? INT64_MAX : program_->layers.at(static_cast<std::size_t>(layer)).last_pc;
    }
  }
  return {pc, static_cast<int>(stream.content), element};
}

std::string Locator::transfer_place(const Stream& stream, const Difference& difference,
                                    std::int64_t pc) const {
  const auto& transfer = program_->instructions.at(static_cast<std::size_t>(pc)).transfer();
  const std::int64_t byte = difference.element * stream.element_bytes;
  const std::int64_t dram = dram_address_of(transfer, byte);
  const char* sram = stream.content == Content::kWeights ? "weight SRAM" : "global buffer";
  std::string place =
      fmt::format("DRAM byte {:#x}, {} byte {:#x}", dram, sram, sram_address_of(transfer, byte));
  if (stream.content != Content::kStored) return place;
  const auto& layer = program_->layers.at(static_cast<std::size_t>(stream.layer));
  if (const auto at = coordinates_in(program_->tensor(layer.output), stream.element_bytes, dram)) {
    place = fmt::format("tensor '{}', {}; {}", layer.output, to_text(*at), place);
  }
  return place;
}

std::string Locator::place_of(const Stream& stream, const Difference& difference, std::int64_t pc) const {
  if (program_ == nullptr) return fmt::format("vector {}", difference.element);
  if (is_transfer(stream)) return transfer_place(stream, difference, pc);
  const auto layer = layer_of(stream);
  const auto at = coordinates_of(stream, difference);
  if (!at || layer < 0) return fmt::format("element {} of the instruction's result", difference.element);
  return fmt::format("tensor '{}', {}", program_->layers.at(static_cast<std::size_t>(layer)).output,
                     to_text(*at));
}

Location Locator::describe(const Stream& stream, const Difference& difference) const {
  Location location;
  location.stream = &stream;
  location.difference = difference;
  location.pc = pc_of(stream, difference);
  location.place = place_of(stream, difference, location.pc);
  if (program_ == nullptr) return location;
  const auto layer = layer_of(stream);
  if (layer >= 0) location.layer = program_->layers.at(static_cast<std::size_t>(layer)).name;
  if (location.pc < 0) return location;
  location.instruction = hw::disassemble(program_->instructions.at(static_cast<std::size_t>(location.pc)));
  if (const auto found = cycles_.find(location.pc); found != cycles_.end()) location.cycles = found->second;
  return location;
}

}  // namespace npu::sim::golden
