// The error types of the whole project. A user's fault throws a type derived from npu::Error whose message
// says where, what was found and what was expected; our own fault fails NPU_CHECK and throws
// npu::InternalError. Only sim/cli's main turns them into exit codes.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace npu {

/// Base of every error a user can cause.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A file or folder cannot be read, written or understood (image, tensor, label file, calibration file, ...).
class InputError : public Error {
 public:
  InputError(const std::string& where, const std::string& problem);
};

/// A configuration file is wrong. `pointer` is the JSON pointer of the offending value.
class ConfigError : public Error {
 public:
  ConfigError(std::string file, std::string pointer, const std::string& found, const std::string& expected);
  const std::string& file() const { return file_; }
  const std::string& pointer() const { return pointer_; }

 private:
  std::string file_;
  std::string pointer_;
};

/// A network cannot be imported or compiled. `node` names the operator (or tensor) at fault.
class GraphError : public Error {
 public:
  GraphError(std::string node, const std::string& problem);
  const std::string& node() const { return node_; }

 private:
  std::string node_;
};

/// A program file or one of its instructions is wrong. `pc` is the instruction index, or -1 for the whole
/// file.
class ProgramError : public Error {
 public:
  ProgramError(std::int64_t pc, const std::string& problem);
  std::int64_t pc() const { return pc_; }

 private:
  std::int64_t pc_;
};

/// Something does not fit into a memory of the machine.
class CapacityError : public Error {
 public:
  CapacityError(const std::string& what, std::int64_t needed_bytes, std::int64_t available_bytes);
  std::int64_t needed_bytes() const { return needed_bytes_; }
  std::int64_t available_bytes() const { return available_bytes_; }

 private:
  std::int64_t needed_bytes_;
  std::int64_t available_bytes_;
};

/// The simulated machine met a hazard, a deadlock or an illegal state.
class SimulationError : public Error {
 public:
  SimulationError(std::string module, std::int64_t cycle, const std::string& problem);
  const std::string& module() const { return module_; }
  std::int64_t cycle() const { return cycle_; }

 private:
  std::string module_;
  std::int64_t cycle_;
};

/// A defect of this program, not of its input.
class InternalError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] void fail_check(const char* condition, const char* file, int line, const std::string& message);

}  // namespace npu

/// Always-on check of our own invariants; `message` may be any expression convertible to std::string.
#define NPU_CHECK(condition, message)                               \
  do {                                                              \
    if (!(condition)) {                                             \
      ::npu::fail_check(#condition, __FILE__, __LINE__, (message)); \
    }                                                               \
  } while (false)
