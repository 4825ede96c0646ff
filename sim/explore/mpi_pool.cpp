// Messages are texts. To a rank: a request, or the end. From a rank: an answer, or why its worker process is
// gone; the rank has replaced it by then. Waiting looks for messages with pauses: MPI's own waiting would
// keep a core busy that a worker process can use.
#include "sim/explore/mpi_pool.h"

#include <boost/mpi.hpp>
#include <chrono>
#include <thread>

#include "hw/common/error.h"
#include "sim/explore/process_pool.h"

namespace npu::sim {
namespace {

namespace mpi = boost::mpi;

constexpr int kRequest = 1;
constexpr int kEnd = 2;
constexpr int kAnswer = 3;
constexpr int kGone = 4;
constexpr std::chrono::microseconds kPause{500};

std::string received(mpi::communicator& world, const mpi::status& status) {
  std::string text;
  world.recv(status.source(), status.tag(), text);
  return text;
}

mpi::status wait_for_message(mpi::communicator& world) {
  for (;;) {
    if (const auto status = world.iprobe(mpi::any_source, mpi::any_tag)) return *status;
    std::this_thread::sleep_for(kPause);
  }
}

class RankPool : public WorkerPool {
 public:
  RankPool(mpi::communicator& world, const std::vector<std::string>& command)
      : world_(world), own_(command, 1) {}

  int workers() const override { return world_.size(); }

  void send(int worker, const std::string& text) override {
    if (worker == 0) return own_.send(0, text);
    world_.send(worker, kRequest, text);
  }

  WorkerMessage receive() override {
    for (;;) {
      if (const auto status = world_.iprobe(mpi::any_source, mpi::any_tag)) {
        std::string text = received(world_, *status);
        if (status->tag() == kAnswer) return {status->source(), std::move(text), ""};
        return {status->source(), std::nullopt, "rank " + std::to_string(status->source()) + ": " + text};
      }
      if (auto message = own_.receive_within(kPause)) return std::move(*message);
    }
  }

  bool restart(int worker) override { return worker != 0 || own_.restart(0); }

 private:
  mpi::communicator& world_;
  ProcessPool own_;
};

}  // namespace

struct MpiSession::Implementation {
  // An error that leaves the session must end the job with our message, not with MPI's abort.
  mpi::environment environment{mpi::threading::single, false};
  mpi::communicator world;
};

bool has_mpi() { return true; }

MpiSession::MpiSession() : implementation_(std::make_unique<Implementation>()) {}

MpiSession::~MpiSession() {
  if (rank() != 0) return;
  for (int other = 1; other < ranks(); ++other) implementation_->world.send(other, kEnd, std::string());
}

int MpiSession::rank() const { return implementation_->world.rank(); }
int MpiSession::ranks() const { return implementation_->world.size(); }

void MpiSession::serve(const std::vector<std::string>& command) {
  NPU_CHECK(rank() != 0, "rank 0 coordinates");
  mpi::communicator& world = implementation_->world;
  ProcessPool own(command, 1);
  for (;;) {
    const mpi::status status = wait_for_message(world);
    const std::string text = received(world, status);
    if (status.tag() == kEnd) return;
    own.send(0, text);
    const WorkerMessage message = own.receive();
    if (!message.text) own.restart(0);
    world.send(0, message.text ? kAnswer : kGone, message.text.value_or(message.reason));
  }
}

std::unique_ptr<WorkerPool> MpiSession::pool(const std::vector<std::string>& command) {
  NPU_CHECK(rank() == 0, "only rank 0 has a pool");
  return std::make_unique<RankPool>(implementation_->world, command);
}

}  // namespace npu::sim
