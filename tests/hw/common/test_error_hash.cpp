#include <string>

#include "hw/common/error.h"
#include "hw/common/hash.h"
#include "hw/common/units.h"
#include "tests/support.h"

namespace npu {
namespace {

TEST_CASE("SHA-256 gives the digests of the standard's examples") {
  CHECK(sha256_hex(std::string_view("")) ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_hex(std::string_view("abc")) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_hex(std::string_view("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(sha256_hex(std::string(1'000'000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  const std::vector<std::uint8_t> bytes{'a', 'b', 'c'};
  CHECK(sha256_hex(bytes) == sha256_hex(std::string_view("abc")));
}

TEST_CASE("errors say where, what was found and what was expected") {
  CHECK(std::string(InputError("a.png", "is empty").what()) == "a.png: is empty");
  const ConfigError config("c.json", "/dram", "5", "an object");
  CHECK(std::string(config.what()) == "c.json: at /dram: found 5, expected an object");
  CHECK(config.file() == "c.json");
  CHECK(config.pointer() == "/dram");
  CHECK(std::string(ConfigError("c.json", "", "5", "an object").what()) ==
        "c.json: at /: found 5, expected an object");
  const GraphError graph("conv1", "has no weights");
  CHECK(std::string(graph.what()) == "node 'conv1': has no weights");
  CHECK(graph.node() == "conv1");
  const ProgramError program(12, "bad opcode");
  CHECK(std::string(program.what()) == "program, instruction 12: bad opcode");
  CHECK(program.pc() == 12);
  CHECK(std::string(ProgramError(-1, "bad magic").what()) == "program: bad magic");
  const CapacityError capacity("layer 'x': weights", 100, 50);
  CHECK(std::string(capacity.what()) == "layer 'x': weights: needs 100 bytes, 50 bytes are available");
  CHECK(capacity.needed_bytes() == 100);
  CHECK(capacity.available_bytes() == 50);
  const SimulationError simulation("dma", 77, "hazard");
  CHECK(std::string(simulation.what()) == "simulation, cycle 77, dma: hazard");
  CHECK(simulation.module() == "dma");
  CHECK(simulation.cycle() == 77);
}

TEST_CASE("users' faults share a base class that our own faults do not") {
  CHECK_THROWS_AS(throw InputError("", ""), Error);
  CHECK_THROWS_AS(throw ConfigError("", "", "", ""), Error);
  CHECK_THROWS_AS(throw GraphError("", ""), Error);
  CHECK_THROWS_AS(throw ProgramError(0, ""), Error);
  CHECK_THROWS_AS(throw CapacityError("", 1, 0), Error);
  CHECK_THROWS_AS(throw SimulationError("", 0, ""), Error);
  CHECK_FALSE(std::is_base_of_v<Error, InternalError>);
}

TEST_CASE("a failed check is an internal error with condition, message and place") {
  const int value = 3;
  CHECK_NOTHROW([&] { NPU_CHECK(value == 3, "never seen"); }());
  try {
    NPU_CHECK(value == 4, "value is " + std::to_string(value));
    FAIL("nothing thrown");
  } catch (const InternalError& error) {
    const std::string text = error.what();
    CHECK(text.find("value is 3") != std::string::npos);
    CHECK(text.find("value == 4") != std::string::npos);
    CHECK(text.find("test_error_hash.cpp") != std::string::npos);
  }
}

TEST_CASE("divisions that round up do so at every edge") {
  CHECK(ceil_div(0, 4) == 0);
  CHECK(ceil_div(1, 4) == 1);
  CHECK(ceil_div(4, 4) == 1);
  CHECK(ceil_div(5, 4) == 2);
  CHECK(round_up(0, 64) == 0);
  CHECK(round_up(1, 64) == 64);
  CHECK(round_up(64, 64) == 64);
  CHECK(round_up(65, 64) == 128);
}

}  // namespace
}  // namespace npu
