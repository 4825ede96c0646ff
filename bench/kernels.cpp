// Speed of each kernel path on typical tiles: multiply-accumulates and output elements per second on one
// core. The time includes everything an instruction does: padding copy, products, compounding, placing the
// output.
#include "hw/kernels/kernels.h"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <vector>

#include "hw/isa/regions.h"

namespace npu::hw {
namespace {

/// A tile of one layer: stride 1 or 2, "same" padding.
struct TileCase {
  const char* name;
  std::int64_t out_height;
  std::int64_t out_width;
  std::int64_t in_channels;
  std::int64_t out_channels;
  std::int64_t kernel;
  std::int64_t stride;
  bool depthwise;
};

constexpr TileCase kTiles[] = {
    {"stem 3x3/2 3->32, 14x112", 14, 112, 3, 32, 3, 2, false},
    {"1x1 16->96, 7x112", 7, 112, 16, 96, 1, 1, false},
    {"1x1 144->24, 14x56", 14, 56, 144, 24, 1, 1, false},
    {"1x1 64->128, 14x14", 14, 14, 64, 128, 1, 1, false},
    {"1x1 384->64, 14x14", 14, 14, 384, 64, 1, 1, false},
    {"1x1 512->128, 7x7", 7, 7, 512, 128, 1, 1, false},
    {"3x3 64->64, 14x28", 14, 28, 64, 64, 3, 1, false},
    {"3x3 16->64, 28x28", 28, 28, 16, 64, 3, 1, false},
    {"7x7/2 3->64, 14x56", 14, 56, 3, 64, 7, 2, false},
    {"fc 1024->48", 1, 1, 1024, 48, 1, 1, false},
    {"depthwise 3x3 96, 14x56", 14, 56, 96, 96, 3, 1, true},
    {"depthwise 3x3/2 144, 7x28", 7, 28, 144, 144, 3, 2, true},
    {"depthwise 3x3 384, 14x14", 14, 14, 384, 384, 3, 1, true},
};

struct Machine {
  MachineFormat format;
  std::vector<std::uint8_t> weight_sram;
  std::vector<std::uint8_t> global_buffer;
  std::vector<std::int64_t> accumulators;

  MemoryView view() { return {{}, weight_sram, global_buffer, accumulators}; }
};

// Bytes of a fixed linear congruential sequence.
void fill(std::vector<std::uint8_t>& memory) {
  std::uint32_t state = 1;
  for (auto& byte : memory) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<std::uint8_t>(state >> 24);
  }
}

Conv conv_of(const TileCase& tile, Machine& machine) {
  Conv conv;
  conv.depthwise = tile.depthwise ? 1 : 0;
  conv.in_channels = tile.in_channels;
  conv.out_channels = tile.out_channels;
  conv.kernel_height = conv.kernel_width = tile.kernel;
  conv.stride_height = conv.stride_width = tile.stride;
  conv.pad_top = conv.pad_left = tile.kernel / 2;
  conv.in_height = tile.out_height * tile.stride;
  conv.in_width = tile.out_width * tile.stride;
  const int bytes = machine.format.activation_bytes();
  conv.in_pixel_stride = tile.in_channels * bytes;
  conv.in_row_stride = conv.in_width * conv.in_pixel_stride;
  conv.out_height = tile.out_height;
  conv.out_width = tile.out_width;
  conv.out_pixel_stride = tile.out_channels * bytes;
  conv.out_row_stride = conv.out_width * conv.out_pixel_stride;
  conv.out_address = conv.in_height * conv.in_row_stride;
  conv.parameter_address = weight_block_bytes(conv, machine.format);
  conv.multiplier = 40000;
  conv.shift = 30;
  machine.global_buffer.resize(
      static_cast<std::size_t>(conv.out_address + conv.out_height * conv.out_row_stride));
  machine.weight_sram.resize(static_cast<std::size_t>(
      conv.parameter_address + parameter_block_bytes(conv.out_channels, machine.format, false)));
  fill(machine.global_buffer);
  fill(machine.weight_sram);
  return conv;
}

/// Element width of activations and weights, with the accumulator that goes with it.
void set_width(MachineFormat& format, int bits) {
  format.weight_bits = bits;
  format.activation_bits = bits;
  format.accumulator_bits = bits == 8 ? 32 : 48;
}

void run_conv(benchmark::State& state, const TileCase& tile, KernelPath path, int bits) {
  Machine machine;
  set_width(machine.format, bits);
  const Instruction instruction{Opcode::kConv, {}, conv_of(tile, machine)};
  Kernels kernels(machine.format, path);
  for (auto _ : state) kernels.execute(instruction, 0, machine.view());
  const double outputs = static_cast<double>(tile.out_height * tile.out_width * tile.out_channels);
  const double macs =
      outputs * static_cast<double>(tile.kernel * tile.kernel * (tile.depthwise ? 1 : tile.in_channels));
  const auto rate = [&](double count) {
    return benchmark::Counter(count, benchmark::Counter::kIsIterationInvariantRate);
  };
  state.counters["MAC/s"] = rate(macs);
  state.counters["out/s"] = rate(outputs);
}

void run_vector(benchmark::State& state, VectorOp operation, std::int64_t kernel, KernelPath path) {
  Machine machine;
  Vector vector;
  vector.operation = static_cast<std::int64_t>(operation);
  vector.in_height = vector.in_width = vector.out_height = vector.out_width = 28;
  vector.channels = 64;
  vector.kernel_height = vector.kernel_width = kernel;
  vector.a_pixel_stride = vector.b_pixel_stride = vector.out_pixel_stride = vector.channels;
  vector.a_row_stride = vector.b_row_stride = vector.out_row_stride = vector.channels * vector.in_width;
  vector.b_address = vector.a_row_stride * vector.in_height;
  vector.out_address = 2 * vector.b_address;
  vector.a_multiplier = 40000;
  vector.b_multiplier = 50000;
  vector.shift = 17;
  machine.global_buffer.resize(static_cast<std::size_t>(3 * vector.b_address));
  machine.weight_sram.resize(256);
  fill(machine.global_buffer);
  fill(machine.weight_sram);
  const Instruction instruction{Opcode::kVector, {}, vector};
  Kernels kernels(machine.format, path);
  for (auto _ : state) kernels.execute(instruction, 0, machine.view());
  state.counters["out/s"] = benchmark::Counter(static_cast<double>(vector.b_address),
                                               benchmark::Counter::kIsIterationInvariantRate);
}

void register_path(KernelPath path) {
  const std::string prefix = std::string(kernel_path_name(path)) + ": ";
  for (const int bits : {8, 16}) {
    for (const TileCase& tile : kTiles) {
      const std::string name = prefix + std::to_string(bits) + " bits: " + tile.name;
      benchmark::RegisterBenchmark(
          name.c_str(), [&tile, path, bits](benchmark::State& state) { run_conv(state, tile, path, bits); });
    }
  }
  const auto vector = [&](const char* name, VectorOp operation, std::int64_t kernel) {
    benchmark::RegisterBenchmark((prefix + name).c_str(), [=](benchmark::State& state) {
      run_vector(state, operation, kernel, path);
    });
  };
  vector("add 64, 28x28", VectorOp::kAdd, 1);
  vector("max pool 3x3 64, 28x28", VectorOp::kMaxPool, 3);
  vector("average pool 3x3 64, 28x28", VectorOp::kAveragePool, 3);
  vector("table 64, 28x28", VectorOp::kTable, 1);
}

}  // namespace
}  // namespace npu::hw

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  for (const auto path :
       {npu::hw::KernelPath::kScalar, npu::hw::KernelPath::kAvx2, npu::hw::KernelPath::kAvx512Vnni}) {
    if (npu::hw::supports_kernel_path(path)) npu::hw::register_path(path);
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
