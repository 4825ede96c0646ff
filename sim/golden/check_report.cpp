#include "sim/golden/check_report.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "sim/golden/xml_text.h"

namespace npu::sim::golden {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kShownStreams = 12;

const char* status_name(StreamStatus status) {
  switch (status) {
    case StreamStatus::kMatch:
      return "match";
    case StreamStatus::kMismatch:
      return "mismatch";
    case StreamStatus::kNotDumped:
      return "not_dumped";
    case StreamStatus::kUnusable:
      break;
  }
  return "unusable";
}

std::string number(std::int64_t value, int element_bytes) {
  const std::uint64_t mask =
      element_bytes >= 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * element_bytes)) - 1;
  return fmt::format("0x{:0{}x} ({})", static_cast<std::uint64_t>(value) & mask, 2 * element_bytes, value);
}

std::string found_text(const Location& first) {
  switch (first.difference.state) {
    case kUndefined:
      return "undefined (x or z)";
    case kAbsent:
      return "nothing: the dump has no such word";
    case kKnown:
      break;
  }
  return number(first.difference.found, first.stream->element_bytes);
}

std::string counts_text(const StreamResult& stream) {
  const auto& counts = stream.counts;
  std::string text = fmt::format("{} of {} elements differ", counts.different, counts.compared);
  if (counts.undefined > 0) text += fmt::format(", {} of them undefined (x or z)", counts.undefined);
  if (counts.absent > 0) text += fmt::format(", {} missing", counts.absent);
  if (counts.extra_bytes > 0) text += fmt::format(", {} bytes too many at the end", counts.extra_bytes);
  return text;
}

std::string first_text(const CheckResult& result) {
  const Location& first = *result.first;
  std::string text = "first mismatch in execution order\n";
  const auto line = [&](const char* name, const std::string& value) {
    if (!value.empty()) text += fmt::format("  {:<12} {}\n", name, value);
  };
  line("layer", first.layer);
  line("place", first.place);
  line("unit", first.unit);
  if (first.pc >= 0) line("instruction", fmt::format("{}: {}", first.pc, first.instruction));
  if (first.cycles)
    line("cycles",
         fmt::format("{} to {} (of this model, for information)", first.cycles->first, first.cycles->second));
  line("inputs", first.inputs);
  line("expected", number(first.difference.expected, first.stream->element_bytes));
  line("found", found_text(first));
  line("file", fmt::format("{}, word {:#x}", first.file.string(), first.word));
  for (const auto& guess : result.guesses) line("looks like", guess);
  if (result.map) text += "\n" + result.map->text();
  return text;
}

}  // namespace

std::string check_text(const CheckResult& result) {
  const auto& manifest = result.manifest;
  std::string text =
      fmt::format("golden check of {} '{}', rounding {}\n", manifest.kind == "program" ? "network" : "unit",
                  manifest.kind == "program" ? manifest.network : manifest.kind,
                  hw::rounding_name(manifest.numbers.rounding));
  text += fmt::format(
      "  {} streams: {} match, {} differ, {} unusable, {} not dumped; {:.1f} MB in {:.3f} s\n",
      result.streams.size(), result.count(StreamStatus::kMatch), result.count(StreamStatus::kMismatch),
      result.count(StreamStatus::kUnusable), result.count(StreamStatus::kNotDumped),
      static_cast<double>(result.bytes) / 1e6, result.seconds);
  std::size_t shown = 0;
  for (const auto& stream : result.streams) {
    if (stream.status == StreamStatus::kMatch || stream.status == StreamStatus::kNotDumped) continue;
    if (++shown > kShownStreams) continue;
    text += fmt::format("  {:<10} {}: {}\n", status_name(stream.status), stream.stream->name,
                        stream.status == StreamStatus::kUnusable ? stream.problem : counts_text(stream));
  }
  if (shown > kShownStreams) text += fmt::format("  and {} more\n", shown - kShownStreams);
  if (result.first) text += "\n" + first_text(result);
  return text;
}

std::string check_json(const CheckResult& result) {
  ordered_json json{{"schema_version", 1},
                    {"kind", result.manifest.kind},
                    {"network", result.manifest.network},
                    {"match", result.count(StreamStatus::kMatch)},
                    {"mismatch", result.count(StreamStatus::kMismatch)},
                    {"unusable", result.count(StreamStatus::kUnusable)},
                    {"not_dumped", result.count(StreamStatus::kNotDumped)},
                    {"bytes", result.bytes},
                    {"seconds", result.seconds}};
  if (result.first) {
    const Location& first = *result.first;
    json["first_mismatch"] = {{"stream", first.stream->name},
                              {"content", content_name(first.stream->content)},
                              {"file", first.file.string()},
                              {"word", first.word},
                              {"record", first.difference.record},
                              {"element", first.difference.element},
                              {"layer", first.layer},
                              {"place", first.place},
                              {"unit", first.unit},
                              {"pc", first.pc},
                              {"instruction", first.instruction},
                              {"inputs", first.inputs},
                              {"expected", first.difference.expected}};
    auto& json_first = json["first_mismatch"];
    if (first.difference.state == kKnown)
      json_first["found"] = first.difference.found;
    else
      json_first["found"] = first.difference.state == kUndefined ? "undefined" : "missing";
    if (first.cycles) json_first["cycles"] = {first.cycles->first, first.cycles->second};
    json_first["guesses"] = result.guesses;
  }
  json["streams"] = ordered_json::array();
  for (const auto& stream : result.streams) {
    ordered_json entry{{"name", stream.stream->name}, {"status", status_name(stream.status)}};
    if (stream.status == StreamStatus::kUnusable) entry["problem"] = stream.problem;
    if (stream.status == StreamStatus::kMatch || stream.status == StreamStatus::kMismatch) {
      const auto& counts = stream.counts;
      entry.update({{"file", stream.file.string()},
                    {"elements", counts.elements},
                    {"compared", counts.compared},
                    {"different", counts.different},
                    {"undefined", counts.undefined},
                    {"missing", counts.absent},
                    {"extra_bytes", counts.extra_bytes}});
    }
    json["streams"].push_back(entry);
  }
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string check_junit(const CheckResult& result) {
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  text += fmt::format(
      "<testsuite name=\"golden check {}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" "
      "time=\"{:.3f}\">\n",
      xml_escaped(result.manifest.network), result.streams.size(), result.count(StreamStatus::kMismatch),
      result.count(StreamStatus::kUnusable), result.count(StreamStatus::kNotDumped), result.seconds);
  for (const auto& stream : result.streams) {
    text += fmt::format("  <testcase classname=\"golden\" name=\"{}\">", xml_escaped(stream.stream->name));
    const bool holds_first = result.first && result.first->stream == stream.stream;
    switch (stream.status) {
      case StreamStatus::kMatch:
        break;
      case StreamStatus::kMismatch:
        text += fmt::format("<failure message=\"{}\">{}</failure>", xml_escaped(counts_text(stream)),
                            holds_first ? xml_escaped(first_text(result)) : "");
        break;
      case StreamStatus::kUnusable:
        text += fmt::format("<error message=\"{}\"/>", xml_escaped(stream.problem));
        break;
      case StreamStatus::kNotDumped:
        text += "<skipped/>";
        break;
    }
    text += "</testcase>\n";
  }
  return text + "</testsuite>\n";
}

}  // namespace npu::sim::golden
