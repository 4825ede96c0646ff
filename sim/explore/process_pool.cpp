#include "sim/explore/process_pool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>  // sigaction is POSIX, not in <csignal>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "hw/common/error.h"

namespace npu::sim {
namespace {

// A worker that died must not end us through SIGPIPE when we write to it.
void ignore_broken_pipes() {
  struct sigaction action = {};
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, nullptr);
}

class FileHandle {
 public:
  FileHandle() = default;
  explicit FileHandle(int handle) : handle_(handle) {}
  FileHandle(FileHandle&& other) noexcept : handle_(std::exchange(other.handle_, -1)) {}
  FileHandle& operator=(FileHandle&& other) noexcept {
    close();
    handle_ = std::exchange(other.handle_, -1);
    return *this;
  }
  ~FileHandle() { close(); }
  int get() const { return handle_; }
  void close() {
    if (handle_ >= 0) ::close(handle_);
    handle_ = -1;
  }

 private:
  int handle_ = -1;
};

// Not inherited by other workers: an end that somebody else holds open would hide the end of the file.
struct Pipe {
  FileHandle read_end;
  FileHandle write_end;

  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw InputError("pipe", std::strerror(errno));
    read_end = FileHandle(ends[0]);
    write_end = FileHandle(ends[1]);
  }
};

pid_t spawn(const std::vector<std::string>& command, int input, int output) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  pid_t process = 0;
  const int error = ::posix_spawn(&process, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error == 0) return process;
  throw InputError(command.front(), std::string("cannot start a worker process: ") + std::strerror(error));
}

}  // namespace

struct ProcessPool::Worker {
  FileHandle requests;
  FileHandle answers;
  pid_t process = 0;
  std::string received;  // the beginning of the next line
  bool gone = false;     // ended and waited for

  explicit Worker(const std::vector<std::string>& command) {
    Pipe down;
    Pipe up;
    process = spawn(command, down.read_end.get(), up.write_end.get());
    requests = std::move(down.write_end);
    answers = std::move(up.read_end);
  }

  ~Worker() {
    requests.close();
    constexpr int kPatience = 100;
    for (int tries = 0; !gone && tries < kPatience; ++tries) {
      gone = ::waitpid(process, nullptr, WNOHANG) != 0;
      if (!gone) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    if (gone) return;
    ::kill(process, SIGKILL);
    ::waitpid(process, nullptr, 0);
  }

  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  std::string how_it_ended() {
    int status = 0;
    while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
    }
    gone = true;
    if (WIFSIGNALED(status)) {
      return fmt::format("worker process killed by signal {} ({})", WTERMSIG(status),
                         strsignal(WTERMSIG(status)));
    }
    return fmt::format("worker process ended with exit code {}", WEXITSTATUS(status));
  }

  std::optional<std::string> take_line() {
    const std::size_t end = received.find('\n');
    if (end == std::string::npos) return std::nullopt;
    std::string line = received.substr(0, end);
    received.erase(0, end + 1);
    return line;
  }

  // One read; false at the end of the file.
  bool read_some() {
    std::array<char, 65536> buffer;
    const ssize_t count = ::read(answers.get(), buffer.data(), buffer.size());
    if (count > 0) received.append(buffer.data(), static_cast<std::size_t>(count));
    return count > 0 || (count < 0 && errno == EINTR);
  }
};

ProcessPool::ProcessPool(std::vector<std::string> command, int count) : command_(std::move(command)) {
  ignore_broken_pipes();
  for (int index = 0; index < count; ++index) workers_.push_back(std::make_unique<Worker>(command_));
}

ProcessPool::~ProcessPool() = default;

int ProcessPool::workers() const { return static_cast<int>(workers_.size()); }

void ProcessPool::send(int worker, const std::string& text) {
  NPU_CHECK(text.find('\n') == std::string::npos, "a request is one line");
  const std::string line = text + "\n";
  const int pipe = workers_[static_cast<std::size_t>(worker)]->requests.get();
  for (std::size_t sent = 0; sent < line.size();) {
    const ssize_t count = ::write(pipe, line.data() + sent, line.size() - sent);
    if (count < 0 && errno != EINTR) return;  // it is gone; receive() will say so
    if (count > 0) sent += static_cast<std::size_t>(count);
  }
}

WorkerMessage ProcessPool::receive() {
  for (;;) {
    if (auto message = look(-1)) return std::move(*message);
  }
}

std::optional<WorkerMessage> ProcessPool::receive_within(std::chrono::microseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  do {
    if (auto message = look(1)) return message;
  } while (std::chrono::steady_clock::now() < end);
  return std::nullopt;
}

// One wait for something to read, and what it brings if that completes a message.
std::optional<WorkerMessage> ProcessPool::look(int timeout_milliseconds) {
  std::vector<pollfd> pipes;
  std::vector<int> owners;
  for (int index = 0; index < workers(); ++index) {
    Worker& worker = *workers_[static_cast<std::size_t>(index)];
    if (auto line = worker.take_line()) return WorkerMessage{index, std::move(line), ""};
    if (worker.gone) continue;
    pipes.push_back({worker.answers.get(), POLLIN, 0});
    owners.push_back(index);
  }
  NPU_CHECK(!pipes.empty() || timeout_milliseconds >= 0, "some worker is there to wait for");
  if (::poll(pipes.data(), pipes.size(), timeout_milliseconds) < 0) return std::nullopt;
  for (std::size_t index = 0; index < pipes.size(); ++index) {
    if (pipes[index].revents == 0) continue;
    Worker& worker = *workers_[static_cast<std::size_t>(owners[index])];
    if (worker.read_some()) continue;
    return WorkerMessage{owners[index], std::nullopt, worker.how_it_ended()};
  }
  return std::nullopt;
}

bool ProcessPool::restart(int worker) {
  auto& place = workers_[static_cast<std::size_t>(worker)];
  place.reset();
  place = std::make_unique<Worker>(command_);
  return true;
}

}  // namespace npu::sim
