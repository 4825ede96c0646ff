#include "sim/cli/progress.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "sim/cli/terminal.h"

namespace npu::sim {
namespace {

constexpr std::chrono::seconds kPatience{2};
constexpr std::chrono::milliseconds kRedraw{200};
constexpr int kBarLength = 30;
constexpr const char* kClearLine = "\r\x1b[K";

}  // namespace

std::string progress_line(const std::string& label, std::int64_t done, std::int64_t total,
                          double elapsed_seconds) {
  if (total <= 0) return fmt::format("{} ... {:.0f} s", label, elapsed_seconds);
  const double share = std::clamp(static_cast<double>(done) / static_cast<double>(total), 0.0, 1.0);
  const auto filled = static_cast<std::size_t>(share * kBarLength);
  const std::string bar = std::string(filled, '#') + std::string(kBarLength - filled, '.');
  std::string text = fmt::format("{} [{}] {}/{}", label, bar, done, total);
  if (done > 0 && elapsed_seconds > 0) {
    const double rate = static_cast<double>(done) / elapsed_seconds;
    text += fmt::format("  {:.1f}/s  {:.0f} s left", rate, static_cast<double>(total - done) / rate);
  }
  return text;
}

Progress::Progress(std::string label, std::int64_t total, bool enabled)
    : label_(std::move(label)), total_(total) {
  if (enabled && stderr_is_terminal()) drawer_ = std::thread([this] { draw_until_stopped(); });
}

Progress::~Progress() {
  if (!drawer_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stop_changed_.notify_one();
  drawer_.join();
}

void Progress::draw_until_stopped() {
  const auto start = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  if (stop_changed_.wait_for(lock, kPatience, [this] { return stop_; })) return;
  do {
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    fmt::print(stderr, "{}{}", kClearLine, progress_line(label_, done_.load(), total_, elapsed.count()));
    std::fflush(stderr);
  } while (!stop_changed_.wait_for(lock, kRedraw, [this] { return stop_; }));
  fmt::print(stderr, "{}", kClearLine);
  std::fflush(stderr);
}

}  // namespace npu::sim
