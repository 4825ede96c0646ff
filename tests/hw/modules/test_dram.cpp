// The DRAM's timing at its socket. SystemC elaborates once in a process, so this program has one test case.
#include <tlm_utils/simple_initiator_socket.h>

#include "hw/modules/burst.h"
#include "hw/modules/dram.h"
#include "hw/modules/sim_clock.h"
#include "tests/support.h"

namespace {

using namespace npu;

/// Sends one burst at a given cycle and remembers when it came back.
class Requester : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Requester> socket;

  Requester(sc_core::sc_module_name name, Cycles at, Bytes bytes, bool opens)
      : sc_module(name), socket("socket"), at_(at), data_(static_cast<std::size_t>(bytes)) {
    burst_.pieces = {{0, bytes}};
    burst_.opens_descriptor = opens;
    SC_HAS_PROCESS(Requester);
    SC_THREAD(run);
  }

  bool done() const { return done_; }

 private:
  void run() {
    sc_core::wait(hw::cycles_to_time(at_));
    tlm::tlm_generic_payload payload;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    payload.set_command(tlm::TLM_READ_COMMAND);
    payload.set_data_ptr(data_.data());
    payload.set_data_length(static_cast<unsigned>(data_.size()));
    payload.set_extension(&burst_);
    socket->b_transport(payload, delay);
    payload.clear_extension(&burst_);
    done_ = payload.is_response_ok();
  }

  Cycles at_;
  std::vector<std::uint8_t> data_;
  hw::BurstExtension burst_;
  bool done_ = false;
};

void run_to(Cycles cycle) {
  const auto target = hw::cycles_to_time(cycle);
  sc_core::sc_start(target - sc_core::sc_time_stamp());
}

}  // namespace

TEST_CASE("bursts are blocked at t - 1 and ready at t: latency, occupancy, and waiting for one another") {
  hw::DramConfig config;
  config.latency_cycles = 100;
  config.bytes_per_cycle = 16;
  config.access_bytes = 16;
  hw::Dram dram("dram", config, std::vector<std::uint8_t>(4096));
  Requester opening("opening", 0, 256, true);     // 100 latency + 16 on the bus: ready at 116
  Requester waiting("waiting", 105, 160, false);  // no latency, waits for the bus until 116: ready at 126
  Requester overlapping("overlapping", 20, 32,
                        true);               // its latency ends at 120, the bus is free at 126: ready at 128
  Requester alone("alone", 1000, 16, true);  // ready at 1101
  for (Requester* requester : {&opening, &waiting, &overlapping, &alone}) requester->socket.bind(dram.port);

  run_to(115);
  CHECK_FALSE(opening.done());
  run_to(116);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  CHECK(opening.done());
  run_to(125);
  CHECK_FALSE(waiting.done());
  run_to(126);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  CHECK(waiting.done());
  run_to(127);
  CHECK_FALSE(overlapping.done());
  run_to(128);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  CHECK(overlapping.done());
  run_to(1100);
  CHECK_FALSE(alone.done());
  run_to(1101);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  CHECK(alone.done());
  CHECK(dram.read_bytes() == 256 + 160 + 32 + 16);
  CHECK(dram.busy_cycles() == 16 + 10 + 2 + 1);
}
