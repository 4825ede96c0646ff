// Dispatch: one instruction to the code that executes it, into a waiting result or straight into the
// memories.
#include "hw/kernels/kernels.h"

#include <algorithm>
#include <optional>

#include "hw/common/error.h"
#include "hw/kernels/bounds.h"
#include "hw/kernels/conv_fast.h"
#include "hw/kernels/conv_operands.h"
#include "hw/kernels/conv_scalar.h"
#include "hw/kernels/transfer.h"
#include "hw/kernels/vector_fast.h"
#include "hw/kernels/vector_scalar.h"
#include "hw/kernels/wide_conv.h"

namespace npu::hw {
namespace {

struct TileShape {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t pixel_bytes = 0;

  std::int64_t bytes() const { return height * width * pixel_bytes; }
};

// Copies the dense tile `from` to where the instruction wants it.
void place_tile(const TileShape& shape, const std::uint8_t* from, const OutputTile& to) {
  const bool dense_rows = to.pixel_stride_bytes == shape.pixel_bytes;
  const std::int64_t runs = dense_rows ? 1 : shape.width;
  const std::int64_t run_bytes = shape.width * shape.pixel_bytes / runs;
  for (std::int64_t row = 0; row < shape.height; ++row) {
    for (std::int64_t run = 0; run < runs; ++run) {
      std::copy_n(from, run_bytes, to.pixel(row, run));
      from += run_bytes;
    }
  }
}

OutputTile output_tile(const Conv& conv, const MemoryView& memory) {
  return {memory.global_buffer.data() + conv.out_address, conv.out_row_stride, conv.out_pixel_stride};
}
OutputTile output_tile(const Vector& vector, const MemoryView& memory) {
  return {memory.global_buffer.data() + vector.out_address, vector.out_row_stride, vector.out_pixel_stride};
}

template <class Body>
TileShape output_shape(const Body& body, std::int64_t channels, const MachineFormat& format) {
  return {body.out_height, body.out_width, channels * format.activation_bytes()};
}

std::int64_t partial_sums(const Conv& conv) { return conv.out_height * conv.out_width * conv.out_channels; }

}  // namespace

struct Kernels::State {
  MachineFormat format;
  BoundsCheck bounds;
  ScalarScratch scalar;
  PendingResult pending;

  std::optional<FastConv> fast_conv;  ///< none on the scalar path
  std::optional<WideConv> wide_conv;
  std::optional<FastVector> fast_vector;
  std::int64_t vectorised = 0;

  std::int64_t conv(const Conv& conv, std::int64_t pc, const ConvOperands& operands) {
    if (fast_conv) {
      if (const auto saturated = fast_conv->run(conv, pc, operands)) {
        ++vectorised;
        return *saturated;
      }
    }
    if (wide_conv) {
      if (const auto saturated = wide_conv->run(conv, pc, operands)) {
        ++vectorised;
        return *saturated;
      }
    }
    return conv_scalar(conv, pc, format, operands, scalar);
  }
  std::int64_t vector(const Vector& vector, const MemoryView& memory, const OutputTile& output) {
    if (fast_vector) {
      if (const auto saturated = fast_vector->run(vector, memory, output)) {
        ++vectorised;
        return *saturated;
      }
    }
    return vector_scalar(vector, format, memory, output);
  }
};

Kernels::Kernels(const MachineFormat& format, KernelPath path) : state_(std::make_unique<State>()) {
  if (!supports_kernel_path(path)) {
    throw InputError("kernel path",
                     std::string("this processor has no ") + kernel_path_name(path) + " instructions");
  }
  state_->format = format;
  if (const FastPath* pieces = fast_path(path)) {
    state_->fast_conv.emplace(format, *pieces);
    state_->wide_conv.emplace(format);
    state_->fast_vector.emplace(format, *pieces);
  }
}
Kernels::~Kernels() = default;

std::int64_t Kernels::vectorised() const { return state_->vectorised; }

void Kernels::compute(const Instruction& instruction, std::int64_t pc, const MemoryView& memory,
                      PendingResult& result) {
  State& state = *state_;
  state.bounds.require_inside(instruction, pc, state.format, memory);
  result.bytes.clear();
  result.accumulators.clear();
  result.saturated = 0;
  switch (instruction.opcode) {
    case Opcode::kHalt:
    case Opcode::kSync:
      return;
    case Opcode::kLoadWeights:
    case Opcode::kLoadActivations:
    case Opcode::kStore: {
      const Transfer& transfer = instruction.transfer();
      result.bytes.resize(static_cast<std::size_t>(transfer_bytes(transfer)));
      copy_runs(transfer, transfer_source(instruction, memory), dense_runs(transfer, result.bytes.data()));
      return;
    }
    case Opcode::kConv: {
      const Conv& conv = instruction.conv();
      ConvOperands operands = conv_inputs(conv, memory);
      if (conv.last != 0) {
        const TileShape shape = output_shape(conv, conv.out_channels, state.format);
        result.bytes.resize(static_cast<std::size_t>(shape.bytes()));
        operands.output = dense_tile(result.bytes.data(), shape.width, shape.pixel_bytes);
      } else {
        result.accumulators.resize(static_cast<std::size_t>(partial_sums(conv)));
        operands.accumulators_out = result.accumulators.data();
      }
      result.saturated = state.conv(conv, pc, operands);
      return;
    }
    case Opcode::kVector: {
      const Vector& vector = instruction.vector();
      const TileShape shape = output_shape(vector, vector.channels, state.format);
      result.bytes.resize(static_cast<std::size_t>(shape.bytes()));
      result.saturated =
          state.vector(vector, memory, dense_tile(result.bytes.data(), shape.width, shape.pixel_bytes));
      return;
    }
  }
  fail_check("Opcode", __FILE__, __LINE__, "unknown opcode");
}

void Kernels::commit(const Instruction& instruction, const PendingResult& result,
                     const MemoryView& memory) const {
  const MachineFormat& format = state_->format;
  switch (instruction.opcode) {
    case Opcode::kHalt:
    case Opcode::kSync:
      return;
    case Opcode::kLoadWeights:
    case Opcode::kLoadActivations:
    case Opcode::kStore: {
      const Transfer& transfer = instruction.transfer();
      copy_runs(transfer, dense_runs(transfer, result.bytes.data()), transfer_target(instruction, memory));
      return;
    }
    case Opcode::kConv: {
      const Conv& conv = instruction.conv();
      if (conv.last != 0) {
        place_tile(output_shape(conv, conv.out_channels, format), result.bytes.data(),
                   output_tile(conv, memory));
      } else {
        std::copy(result.accumulators.begin(), result.accumulators.end(),
                  memory.accumulators.begin() + conv.acc_address);
      }
      return;
    }
    case Opcode::kVector: {
      const Vector& vector = instruction.vector();
      place_tile(output_shape(vector, vector.channels, format), result.bytes.data(),
                 output_tile(vector, memory));
      return;
    }
  }
  fail_check("Opcode", __FILE__, __LINE__, "unknown opcode");
}

std::int64_t Kernels::execute(const Instruction& instruction, std::int64_t pc, const MemoryView& memory) {
  State& state = *state_;
  switch (instruction.opcode) {
    case Opcode::kHalt:
    case Opcode::kSync:
      return 0;
    case Opcode::kLoadWeights:
    case Opcode::kLoadActivations:
    case Opcode::kStore:
      state.bounds.require_inside(instruction, pc, state.format, memory);
      copy_runs(instruction.transfer(), transfer_source(instruction, memory),
                transfer_target(instruction, memory));
      return 0;
    case Opcode::kConv:
    case Opcode::kVector:
      break;
  }
  if (state.bounds.require_inside(instruction, pc, state.format, memory).overwrites_operands) {
    compute(instruction, pc, memory, state.pending);
    commit(instruction, state.pending, memory);
    return state.pending.saturated;
  }
  if (instruction.opcode == Opcode::kVector) {
    return state.vector(instruction.vector(), memory, output_tile(instruction.vector(), memory));
  }
  const Conv& conv = instruction.conv();
  ConvOperands operands = conv_inputs(conv, memory);
  operands.output = output_tile(conv, memory);
  operands.accumulators_out = memory.accumulators.data() + conv.acc_address;
  return state.conv(conv, pc, operands);
}

}  // namespace npu::hw
