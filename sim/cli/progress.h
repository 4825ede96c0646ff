// A progress line on standard error for work of more than two seconds, on a terminal only.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

namespace npu::sim {

/// Drawn by a thread of its own, so that work without steps shows its elapsed time too. Removed with the
/// object.
class Progress {
 public:
  /// `total` steps, or 0 if the work has none. Draws nothing unless `enabled` and standard error is a
  /// terminal.
  Progress(std::string label, std::int64_t total, bool enabled);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void update(std::int64_t done) { done_.store(done); }  ///< any thread
  void advance() { done_.fetch_add(1); }                 ///< any thread

 private:
  void draw_until_stopped();

  const std::string label_;
  const std::int64_t total_;
  std::atomic<std::int64_t> done_{0};
  std::mutex mutex_;
  std::condition_variable stop_changed_;
  bool stop_ = false;
  std::thread drawer_;
};

/// The text of one progress line: bar, share, rate and time left; elapsed time where `total` is 0.
std::string progress_line(const std::string& label, std::int64_t done, std::int64_t total,
                          double elapsed_seconds);

}  // namespace npu::sim
