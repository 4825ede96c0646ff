#include "tests/sim/report/sample_report.h"

#include "tests/support.h"

namespace npu::tests {
namespace {

constexpr std::int64_t kInputBytes = 8 * 8 * 4;
constexpr std::int64_t kFetchBytes = 6 * 64;
constexpr std::int64_t kOutputBytes = 16;

hw::TensorSymbol tensor(const std::string& name, std::int64_t address, std::int64_t size,
                        std::int64_t channels) {
  hw::TensorSymbol symbol;
  symbol.name = name;
  symbol.dram_address = address;
  symbol.height = symbol.width = size;
  symbol.channels = channels;
  symbol.pixel_stride_bytes = channels;
  symbol.row_stride_bytes = size * channels;
  return symbol;
}

hw::Instruction transfer(hw::Opcode opcode, std::int64_t dram_address, std::int64_t bytes) {
  hw::Instruction instruction;
  instruction.opcode = opcode;
  hw::Transfer body;
  body.dram_address = dram_address;
  body.run_bytes = bytes;
  instruction.body = body;
  return instruction;
}

hw::Instruction convolution() {
  hw::Conv conv;
  conv.in_height = conv.in_width = conv.out_height = conv.out_width = 8;
  conv.in_channels = 4;
  conv.out_channels = 16;
  conv.in_pixel_stride = 4;
  conv.in_row_stride = 32;
  conv.out_pixel_stride = 16;
  conv.out_row_stride = 128;
  hw::Instruction instruction;
  instruction.opcode = hw::Opcode::kConv;
  instruction.body = conv;
  return instruction;
}

hw::Instruction pool() {
  hw::Vector vector;
  vector.operation = static_cast<std::int64_t>(hw::VectorOp::kAveragePool);
  vector.in_height = vector.in_width = vector.kernel_height = vector.kernel_width = 8;
  vector.out_height = vector.out_width = 1;
  vector.channels = 16;
  hw::Instruction instruction;
  instruction.opcode = hw::Opcode::kVector;
  instruction.body = vector;
  return instruction;
}

hw::Program sample_program(const hw::ArchConfig& arch) {
  hw::Program program;
  program.network = "sample";
  program.format = hw::machine_format(arch);
  program.dram = {0, 1024, 2048, 4096};
  program.constants.resize(64 + 64 + 8);
  program.footprint.weight_bytes = 64;
  program.footprint.bias_bytes = 64;
  program.footprint.shift_bytes = 8;
  program.footprint.instruction_bytes = kFetchBytes;
  program.footprint.activation_bytes = 2048;
  program.tensors = {tensor("image", 2048, 8, 4), tensor("classes", 3072, 1, 16)};
  program.input = "image";
  program.output = "classes";
  program.instructions = {transfer(hw::Opcode::kLoadWeights, 1024, 136),
                          transfer(hw::Opcode::kLoadActivations, 2048, kInputBytes),
                          convolution(),
                          pool(),
                          transfer(hw::Opcode::kStore, 3072, kOutputBytes),
                          hw::Instruction{}};
  hw::LayerSymbol conv;
  conv.name = "a convolution with a long name/Conv2D";
  conv.op = "conv";
  conv.dataflow = "ws";
  conv.dataflow_reason = "ws 100 cycles, os 200 cycles";
  conv.shape = "4x8x8 -> 16x8x8 k1 s1";
  conv.tiling = "1 tile";
  conv.macs = 8 * 8 * 4 * 16;
  conv.parameters = 4 * 16 + 16;
  conv.weight_bytes = 64;
  conv.bias_bytes = 64;
  conv.shift_bytes = 8;
  conv.out_channels = 16;
  conv.first_pc = 0;
  conv.last_pc = 3;
  hw::LayerSymbol pool_layer;
  pool_layer.name = "pool";
  pool_layer.op = "average_pool";
  pool_layer.shape = "16x8x8 -> 16x1x1";
  pool_layer.out_channels = 16;
  pool_layer.first_pc = 3;
  pool_layer.last_pc = 5;
  program.layers = {conv, pool_layer};
  return program;
}

sim::RunResult sample_result() {
  sim::RunResult result;
  result.cycles = 1000;
  for (auto& unit : result.units) unit = {100, {{"load_weights", 150}, {"dispatch", 50}}, 700};
  result.dram_bus = {200, {}, 800};
  result.compounding_unit = {64, {}, 936};
  sim::LayerTime conv;
  conv.end = conv.cycles = 600;
  conv.stalls = {{"load_weights", 150}, {"dispatch", 50}};
  conv.compute_busy = 80;
  conv.counts[hw::Component::kDram] = 136 + kInputBytes;
  conv.counts[hw::Component::kMac] = 4096;
  conv.dram_read_bytes = 136 + kInputBytes;
  sim::LayerTime pool_time;
  pool_time.start = 600;
  pool_time.end = 1000;
  pool_time.cycles = 400;
  pool_time.counts[hw::Component::kDram] = kOutputBytes;
  pool_time.counts[hw::Component::kVector] = 1024;
  pool_time.dram_write_bytes = kOutputBytes;
  result.layers = {conv, pool_time};
  result.counts = conv.counts;
  result.counts += pool_time.counts;
  result.counts[hw::Component::kDram] += kFetchBytes;
  result.instruction_fetch_bytes = kFetchBytes;
  result.dram_read_bytes = conv.dram_read_bytes + kFetchBytes;
  result.dram_write_bytes = kOutputBytes;
  result.high_water_bytes = {{"weight_sram", 136}, {"global_buffer", 1280}, {"accumulator_store", 4096}};
  result.host_seconds = 0.5;
  return result;
}

}  // namespace

sim::RunReport sample_report() {
  sim::RunReport report;
  report.arch_source = (source_folder() / "configs/arch/shift_npu.json").string();
  report.arch = hw::load_arch(report.arch_source);
  report.program = sample_program(report.arch);
  report.network_source = "made by hand";
  report.engine = "systemc";
  report.calibration_source = "none";
  report.input_source = "none";
  report.output_sha256 = std::string(64, '0');
  report.saturated = {3, 0};
  hw::UnitEnergies energies;
  energies.table_name = "sample";
  energies.unit = "pJ";
  energies.per_count[static_cast<std::size_t>(hw::Component::kDram)] = 10.0;
  energies.per_count[static_cast<std::size_t>(hw::Component::kMac)] = 0.5;
  energies.per_count[static_cast<std::size_t>(hw::Component::kVector)] = 0.25;
  report.timed = sim::TimedRun{sample_result(), energies};
  return report;
}

}  // namespace npu::tests
