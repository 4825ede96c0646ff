#include "hw/isa/access_history.h"

#include <algorithm>
#include <iterator>

namespace npu::hw {

AccessHistory::Interval AccessHistory::untouched(std::int64_t end) {
  Interval interval;
  interval.end = end;
  interval.readers.fill(kNobody);
  return interval;
}

// The first interval at or behind `position`, after cutting one that straddles it.
AccessHistory::Map::iterator AccessHistory::cut_at(std::int64_t position) {
  auto next = intervals_.lower_bound(position);
  if (next == intervals_.begin()) return next;
  auto previous = std::prev(next);
  if (previous->second.end <= position) return next;
  const Interval right = previous->second;
  previous->second.end = position;
  return intervals_.emplace_hint(next, position, right);
}

void AccessHistory::fill_gaps(std::int64_t begin, std::int64_t end) {
  auto next = intervals_.lower_bound(begin);
  while (begin < end) {
    if (next == intervals_.end() || next->first >= end) {
      intervals_.emplace_hint(next, begin, untouched(end));
      return;
    }
    if (next->first > begin) intervals_.emplace_hint(next, begin, untouched(next->first));
    begin = next->second.end;
    ++next;
  }
}

void AccessHistory::join_equal_neighbours(std::int64_t begin, std::int64_t end) {
  auto current = intervals_.lower_bound(begin);
  if (current != intervals_.begin()) --current;
  while (current != intervals_.end() && current->first < end) {
    const auto next = std::next(current);
    if (next == intervals_.end()) return;
    if (current->second.end == next->first && current->second.same_history(next->second)) {
      current->second.end = next->second.end;
      intervals_.erase(next);
    } else {
      current = next;
    }
  }
}

bool AccessHistory::read(std::int64_t begin, std::int64_t end, std::int64_t pc, Unit unit,
                         const Visitor& visit) {
  if (begin >= end) return true;
  cut_at(end);
  auto current = cut_at(begin);
  fill_gaps(begin, end);
  bool written = false;
  for (current = intervals_.lower_bound(begin); current != intervals_.end() && current->first < end;
       ++current) {
    Interval& interval = current->second;
    written = written || interval.writer != kNobody;
    if (interval.writer >= 0) visit({interval.writer, true, current->first, interval.end});
    interval.readers[static_cast<std::size_t>(unit)] = pc;
  }
  join_equal_neighbours(begin, end);
  return written;
}

void AccessHistory::write(std::int64_t begin, std::int64_t end, std::int64_t pc, const Visitor& visit) {
  if (begin >= end) return;
  cut_at(end);
  auto current = cut_at(begin);
  while (current != intervals_.end() && current->first < end) {
    const Interval& interval = current->second;
    if (interval.writer >= 0) visit({interval.writer, true, current->first, interval.end});
    for (const std::int64_t reader : interval.readers) {
      if (reader >= 0) visit({reader, false, current->first, interval.end});
    }
    current = intervals_.erase(current);
  }
  Interval interval = untouched(end);
  interval.writer = pc;
  intervals_.emplace_hint(current, begin, interval);
}

}  // namespace npu::hw
