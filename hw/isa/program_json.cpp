// Reading and writing of the symbol table as JSON, one function for each struct and direction.
#include "hw/isa/program_json.h"

#include <cfloat>

#include "hw/common/json_reader.h"

namespace npu::hw {
namespace {

constexpr std::int64_t kMaxBytes = std::int64_t{1} << 40;   // of DRAM, and of anything in it
constexpr std::int64_t kMaxCount = std::int64_t{1} << 52;   // of operations
constexpr std::int64_t kMaxExtent = std::int64_t{1} << 20;  // of one tensor axis

nlohmann::json format_to_json(const MachineFormat& format) {
  return {{"array_rows", format.array_rows},
          {"array_columns", format.array_columns},
          {"weight_bits", format.weight_bits},
          {"activation_bits", format.activation_bits},
          {"accumulator_bits", format.accumulator_bits},
          {"shift_bits", format.shift_bits},
          {"rounding", rounding_name(format.rounding)},
          {"weight_sram_bytes", format.weight_sram_bytes},
          {"global_buffer_bytes", format.global_buffer_bytes},
          {"accumulator_entries", format.accumulator_entries},
          {"dram_bytes", format.dram_bytes}};
}

int whole_bytes(JsonReader& reader, const char* key, int minimum, int maximum) {
  const auto bits = static_cast<int>(reader.integer(key, minimum, maximum));
  if (bits % 8 != 0) reader.fail(key, std::to_string(bits), "a multiple of 8");
  return bits;
}

MachineFormat format_from_json(JsonReader reader) {
  MachineFormat format;
  format.array_rows = static_cast<int>(reader.integer("array_rows", 1, 256));
  format.array_columns = static_cast<int>(reader.integer("array_columns", 1, 256));
  format.weight_bits = whole_bytes(reader, "weight_bits", 8, 16);
  format.activation_bits = whole_bytes(reader, "activation_bits", 8, 16);
  format.accumulator_bits = whole_bytes(reader, "accumulator_bits", 24, 56);
  format.shift_bits = static_cast<int>(reader.integer("shift_bits", 0, 5));
  format.rounding = reader.choice<Rounding>("rounding", kRoundings);
  constexpr Bytes kMaxSram = Bytes{1} << 22;
  format.weight_sram_bytes = reader.integer("weight_sram_bytes", 0, kMaxSram);
  format.global_buffer_bytes = reader.integer("global_buffer_bytes", 0, kMaxSram);
  format.accumulator_entries = reader.integer("accumulator_entries", 0, kMaxSram);
  format.dram_bytes = reader.integer("dram_bytes", 0, kMaxBytes);
  reader.finish();
  return format;
}

nlohmann::json dram_to_json(const DramMap& dram) {
  return {{"instruction_base", dram.instruction_base},
          {"constant_base", dram.constant_base},
          {"activation_base", dram.activation_base},
          {"end", dram.end}};
}

DramMap dram_from_json(JsonReader reader) {
  DramMap dram;
  dram.instruction_base = reader.integer("instruction_base", 0, kMaxBytes);
  dram.constant_base = reader.integer("constant_base", 0, kMaxBytes);
  dram.activation_base = reader.integer("activation_base", 0, kMaxBytes);
  dram.end = reader.integer("end", 0, kMaxBytes);
  reader.finish();
  return dram;
}

nlohmann::json footprint_to_json(const Footprint& footprint) {
  return {{"weight_bytes", footprint.weight_bytes},
          {"bias_bytes", footprint.bias_bytes},
          {"shift_bytes", footprint.shift_bytes},
          {"table_bytes", footprint.table_bytes},
          {"instruction_bytes", footprint.instruction_bytes},
          {"activation_bytes", footprint.activation_bytes},
          {"peak_live_activation_bytes", footprint.peak_live_activation_bytes},
          {"peak_layer", footprint.peak_layer},
          {"peak_tensors", footprint.peak_tensors}};
}

Footprint footprint_from_json(JsonReader reader) {
  Footprint footprint;
  footprint.weight_bytes = reader.integer("weight_bytes", 0, kMaxBytes);
  footprint.bias_bytes = reader.integer("bias_bytes", 0, kMaxBytes);
  footprint.shift_bytes = reader.integer("shift_bytes", 0, kMaxBytes);
  footprint.table_bytes = reader.integer("table_bytes", 0, kMaxBytes);
  footprint.instruction_bytes = reader.integer("instruction_bytes", 0, kMaxBytes);
  footprint.activation_bytes = reader.integer("activation_bytes", 0, kMaxBytes);
  footprint.peak_live_activation_bytes = reader.integer("peak_live_activation_bytes", 0, kMaxBytes);
  footprint.peak_layer = reader.string("peak_layer");
  footprint.peak_tensors = reader.strings("peak_tensors");
  reader.finish();
  return footprint;
}

nlohmann::json layer_to_json(const LayerSymbol& layer) {
  return {{"name", layer.name},
          {"op", layer.op},
          {"dataflow", layer.dataflow},
          {"dataflow_reason", layer.dataflow_reason},
          {"shape", layer.shape},
          {"tiling", layer.tiling},
          {"macs", layer.macs},
          {"parameters", layer.parameters},
          {"weight_bytes", layer.weight_bytes},
          {"bias_bytes", layer.bias_bytes},
          {"shift_bytes", layer.shift_bytes},
          {"reloaded_weight_bytes", layer.reloaded_weight_bytes},
          {"reloaded_input_bytes", layer.reloaded_input_bytes},
          {"out_channels", layer.out_channels},
          {"first_pc", layer.first_pc},
          {"last_pc", layer.last_pc},
          {"output", layer.output}};
}

LayerSymbol layer_from_json(JsonReader& reader) {
  LayerSymbol layer;
  layer.name = reader.string("name");
  layer.op = reader.string("op");
  layer.dataflow = reader.string("dataflow");
  layer.dataflow_reason = reader.string("dataflow_reason");
  layer.shape = reader.string("shape");
  layer.tiling = reader.string("tiling");
  layer.macs = reader.integer("macs", 0, kMaxCount);
  layer.parameters = reader.integer("parameters", 0, kMaxCount);
  layer.weight_bytes = reader.integer("weight_bytes", 0, kMaxBytes);
  layer.bias_bytes = reader.integer("bias_bytes", 0, kMaxBytes);
  layer.shift_bytes = reader.integer("shift_bytes", 0, kMaxBytes);
  layer.reloaded_weight_bytes = reader.integer("reloaded_weight_bytes", 0, kMaxBytes);
  layer.reloaded_input_bytes = reader.integer("reloaded_input_bytes", 0, kMaxBytes);
  layer.out_channels = reader.integer("out_channels", 0, kMaxExtent);
  layer.first_pc = reader.integer("first_pc", 0, kMaxBytes);
  layer.last_pc = reader.integer("last_pc", 0, kMaxBytes);
  layer.output = reader.string("output");
  reader.finish();
  return layer;
}

nlohmann::json tensor_to_json(const TensorSymbol& tensor) {
  return {{"name", tensor.name},
          {"dram_address", tensor.dram_address},
          {"images", tensor.images},
          {"height", tensor.height},
          {"width", tensor.width},
          {"channels", tensor.channels},
          {"row_stride_bytes", tensor.row_stride_bytes},
          {"pixel_stride_bytes", tensor.pixel_stride_bytes},
          {"scale", static_cast<double>(tensor.scale)},
          {"zero_point", tensor.zero_point}};
}

TensorSymbol tensor_from_json(JsonReader& reader) {
  TensorSymbol tensor;
  tensor.name = reader.string("name");
  tensor.dram_address = reader.integer("dram_address", 0, kMaxBytes);
  tensor.images = reader.integer("images", 1, kMaxExtent);
  tensor.height = reader.integer("height", 1, kMaxExtent);
  tensor.width = reader.integer("width", 1, kMaxExtent);
  tensor.channels = reader.integer("channels", 1, kMaxExtent);
  tensor.row_stride_bytes = reader.integer("row_stride_bytes", 0, kMaxBytes);
  tensor.pixel_stride_bytes = reader.integer("pixel_stride_bytes", 0, kMaxBytes);
  tensor.scale = static_cast<float>(reader.number("scale", FLT_TRUE_MIN, FLT_MAX));
  tensor.zero_point = static_cast<std::int32_t>(reader.integer("zero_point", INT16_MIN, INT16_MAX));
  reader.finish();
  return tensor;
}

}  // namespace

nlohmann::json program_header_to_json(const Program& program) {
  nlohmann::json layers = nlohmann::json::array();
  for (const auto& layer : program.layers) layers.push_back(layer_to_json(layer));
  nlohmann::json tensors = nlohmann::json::array();
  for (const auto& tensor : program.tensors) tensors.push_back(tensor_to_json(tensor));
  return {{"network", program.network},
          {"compatibility_hash", program.compatibility_hash},
          {"arch_hash", program.arch_hash},
          {"format", format_to_json(program.format)},
          {"dram", dram_to_json(program.dram)},
          {"footprint", footprint_to_json(program.footprint)},
          {"layers", layers},
          {"tensors", tensors},
          {"input", program.input},
          {"output", program.output},
          {"host_softmax", program.host_softmax},
          {"preprocessing_json", program.preprocessing_json}};
}

void program_header_from_json(const nlohmann::json& json, const std::string& file, Program& program) {
  JsonReader reader(file, json);
  program.network = reader.string("network");
  program.compatibility_hash = reader.string("compatibility_hash");
  program.arch_hash = reader.string("arch_hash");
  program.format = format_from_json(reader.child("format"));
  program.dram = dram_from_json(reader.child("dram"));
  program.footprint = footprint_from_json(reader.child("footprint"));
  for (auto& layer : reader.children("layers")) program.layers.push_back(layer_from_json(layer));
  for (auto& tensor : reader.children("tensors")) program.tensors.push_back(tensor_from_json(tensor));
  program.input = reader.string("input");
  program.output = reader.string("output");
  program.host_softmax = reader.boolean("host_softmax");
  program.preprocessing_json = reader.string("preprocessing_json");
  reader.finish();
}

}  // namespace npu::hw
