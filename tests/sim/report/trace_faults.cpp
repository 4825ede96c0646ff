#include "tests/sim/report/trace_faults.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

namespace npu::tests {
namespace {

using nlohmann::json;
using Track = std::pair<int, int>;              // process, thread
using Slice = std::pair<double, double>;        // begin, end
constexpr double kRoundingMicroseconds = 1e-6;  // times are decimal fractions

class TraceCheck {
 public:
  void add(const json& event) {
    event_ = event.dump();
    if (!event.contains("pid") || !event["pid"].is_number_integer()) return fault("no process");
    if (!event.contains("name") || event["name"].get<std::string>().empty()) return fault("no name");
    const std::string phase = event.value("ph", "");
    if (phase == "M") return metadata(event);
    if (phase != "X" && phase != "C") return fault("unknown phase");
    if (!event.contains("ts") || !event["ts"].is_number() || event["ts"] < 0) return fault("no time");
    phase == "X" ? slice(event) : counter(event);
  }

  std::vector<std::string> finish() {
    for (auto& [track, list] : slices_) check_track(track, list);
    for (const auto& [track, list] : slices_) {
      if (!processes_.contains(track.first)) faults_.push_back("a process without a name");
    }
    return faults_;
  }

 private:
  void fault(const std::string& what) { faults_.push_back(what + ": " + event_); }

  void metadata(const json& event) {
    const std::string kind = event["name"];
    if (!kind.ends_with("_name")) return;
    if (event.at("args").value("name", "").empty()) return fault("no name in a name's event");
    if (event["name"] == "process_name") processes_.insert(event["pid"].get<int>());
    if (event["name"] != "thread_name") return;
    const Track track{event["pid"].get<int>(), event.at("tid").get<int>()};
    if (!tracks_.insert(track).second) fault("a track with two names");
  }

  void slice(const json& event) {
    if (!event.contains("tid") || !event["tid"].is_number_integer()) return fault("no thread");
    if (!event.contains("dur") || !event["dur"].is_number() || event["dur"] < 0) return fault("no duration");
    const double begin = event["ts"];
    const Track track{event["pid"].get<int>(), event["tid"].get<int>()};
    slices_[track].emplace_back(begin, begin + event["dur"].get<double>());
  }

  void counter(const json& event) {
    if (!event.contains("args") || event["args"].empty()) return fault("a counter without a value");
    for (const auto& [series, number] : event["args"].items()) {
      if (!number.is_number()) fault("a counter's value is no number");
    }
    const double now = event["ts"];
    const std::pair<int, std::string> name{event["pid"], event["name"]};
    const auto [last, first] = counters_.emplace(name, now);
    if (!first && now <= last->second) fault("a counter's sample not after the one before");
    last->second = now;
  }

  void check_track(const Track& track, std::vector<Slice>& list) {
    if (!tracks_.contains(track)) faults_.push_back("a track without a name");
    std::sort(list.begin(), list.end(), [](const Slice& a, const Slice& b) {
      return a.first != b.first ? a.first < b.first : a.second > b.second;
    });
    std::vector<double> open;  // ends of the slices around the next one
    for (const auto& [begin, end] : list) {
      while (!open.empty() && open.back() <= begin + kRoundingMicroseconds) open.pop_back();
      if (!open.empty() && end > open.back() + kRoundingMicroseconds) {
        faults_.push_back("track " + std::to_string(track.second) + ": slices overlap at " +
                          std::to_string(begin));
      }
      open.push_back(end);
    }
  }

  std::string event_;
  std::vector<std::string> faults_;
  std::set<int> processes_;
  std::set<Track> tracks_;
  std::map<Track, std::vector<Slice>> slices_;
  std::map<std::pair<int, std::string>, double> counters_;
};

}  // namespace

std::vector<std::string> trace_faults(const json& trace) {
  TraceCheck check;
  for (const json& event : trace.at("traceEvents")) check.add(event);
  return check.finish();
}

}  // namespace npu::tests
