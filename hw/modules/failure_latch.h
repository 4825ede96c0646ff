// Carries the first error out of SystemC processes: an exception that leaves a process would reach the caller
// of sc_start as a bare sc_report. A process runs its body through guard(); the error stops the simulation
// and is thrown again by whoever called sc_start.
#pragma once

#include <exception>
#include <systemc>

#include "hw/common/error.h"

namespace npu::hw {

class FailureLatch {
 public:
  template <class Body>
  void guard(Body&& body) {
    try {
      body();
    } catch (const Error&) {
      keep(std::current_exception());
    } catch (const InternalError&) {
      keep(std::current_exception());
    }
  }

  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void keep(std::exception_ptr failure) {
    if (!failure_) failure_ = std::move(failure);
    sc_core::sc_stop();
  }

  std::exception_ptr failure_;
};

}  // namespace npu::hw
