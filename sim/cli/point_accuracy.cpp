#include "sim/cli/point_accuracy.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "compiler/codegen/compile.h"
#include "compiler/data/data_set.h"
#include "compiler/passes/pipeline.h"
#include "hw/common/error.h"
#include "hw/common/file.h"
#include "hw/common/hash.h"
#include "sim/cli/accuracy.h"
#include "sim/cli/accuracy_schemes.h"
#include "sim/cli/network_source.h"

namespace npu::sim {
namespace {

namespace fs = std::filesystem;

// Content of a file, or names and contents of all files below a folder.
std::string content_hash(const fs::path& path) {
  if (!fs::is_directory(path)) return fs::exists(path) ? sha256_hex(read_file(path)) : std::string();
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::string list;
  for (const fs::path& file : files) {
    list += fs::relative(file, path).string() + "\n" + sha256_hex(read_file(file)) + "\n";
  }
  return sha256_hex(list);
}

compiler::DataSet open_data(const AccuracySettings& settings, const std::string& network,
                            const compiler::Graph& canonical,
                            const std::optional<compiler::InputNormalisation>& normalisation) {
  const auto classes = compiler::infer_shapes(canonical).at(canonical.output).elements();
  compiler::DataSet data(settings.images, settings.labels, classes,
                         {network, canonical.input_shape, normalisation});
  if (settings.limit > 0) data.keep_first(settings.limit);
  return data;
}

void check_scheme(const SweepSpec& spec) {
  if (spec.accuracy->scheme.empty()) return;
  std::vector<AccuracyScheme> schemes;
  try {
    schemes = parse_schemes(spec.accuracy->scheme, 0);
  } catch (const InputError& error) {
    throw ConfigError(spec.file, "/accuracy/scheme", "'" + spec.accuracy->scheme + "'",
                      fmt::format("a scheme of npusim accuracy ({})", error.what()));
  }
  if (schemes.size() == 1) return;
  throw ConfigError(spec.file, "/accuracy/scheme", fmt::format("{} schemes", schemes.size()), "one");
}

// The faults that would otherwise be found by a worker, for every point again.
void check_network(const SweepSpec& spec, const std::string& network) {
  const AccuracySettings& settings = *spec.accuracy;
  if (is_built_in(network)) {
    throw ConfigError(spec.file, "/accuracy",
                      "the built-in network '" + network + "', whose weights are random",
                      "trained networks (.onnx files) where accuracy is measured");
  }
  const LoadedNetwork loaded = load_network(network, 0);
  const compiler::Graph canonical = compiler::canonicalise(loaded.graph);
  if (settings.calibration.empty() && (canonical.given.empty() || !settings.scheme.empty())) {
    throw ConfigError(spec.file, "/accuracy", "no 'calibration'",
                      "a folder or .npy of images like those that '" + network + "' is for");
  }
  if (!open_data(settings, network, canonical, loaded.normalisation).labelled()) {
    throw ConfigError(spec.file, "/accuracy", "images without labels",
                      "'labels' (a CSV with columns file,label), or a folder for each class");
  }
}

}  // namespace

std::map<std::string, std::string> accuracy_hashes(const SweepSpec& spec, const std::string& tool_version) {
  std::map<std::string, std::string> hashes;
  if (!spec.accuracy) return hashes;
  const AccuracySettings& settings = *spec.accuracy;
  const bool synthetic = settings.calibration == kSyntheticCalibration;
  check_scheme(spec);
  for (const std::string& network : spec.networks) check_network(spec, network);
  if (!settings.calibration.empty() && !synthetic && !fs::exists(settings.calibration)) {
    throw ConfigError(spec.file, "/accuracy/calibration",
                      "'" + settings.calibration + "', which is not there",
                      "a folder or .npy of images, or a saved calibration");
  }
  // Where the files lie does not change what is in them.
  nlohmann::json numbers = to_json(settings);
  for (const char* path : {"images", "labels", "calibration"}) numbers.erase(path);
  numbers["synthetic_calibration"] = synthetic;
  const std::string data = numbers.dump() + "\n" + content_hash(settings.images) + "\n" +
                           content_hash(settings.labels) + "\n" + content_hash(settings.calibration) + "\n" +
                           tool_version;
  for (const std::string& network : spec.networks) {
    const fs::path description = fs::path(network).replace_extension(".json");
    hashes[network] = sha256_hex(content_hash(network) + "\n" + content_hash(description) + "\n" + data);
  }
  return hashes;
}

const PreparedProgram& AccuracyEvaluator::calibrated(const std::string& network,
                                                     const AccuracySettings& settings) {
  const std::string name = network + "\n" + to_json(settings).dump();
  const auto known = calibrated_.find(name);
  if (known != calibrated_.end()) return known->second;
  NetworkOptions options;
  options.network = network;
  options.calibration = settings.calibration;
  options.calibration_images = settings.calibration_images;
  return calibrated_.emplace(name, calibrate_network(options, false)).first->second;
}

PointAnswer AccuracyEvaluator::evaluate(const PointRequest& request) {
  const AccuracySettings settings = accuracy_settings_from_json(request.accuracy, "request", "");
  const hw::ArchConfig arch = hw::arch_from_json(request.arch, "machine");
  PreparedProgram prepared = calibrated(request.network, settings);
  const compiler::DataSet data =
      open_data(settings, request.network, *prepared.float_graph, prepared.normalisation);
  if (settings.scheme.empty()) {
    NetworkOptions options;
    options.network = request.network;
    compile_network(options, arch, prepared, request.threads);
  } else {
    const AccuracyScheme scheme = parse_schemes(settings.scheme, arch.compounding.shift_bits).front();
    const hw::ArchConfig machine = machine_for(scheme, arch);
    prepared.float_graph->given = {};  // a QDQ model's own scales are no scheme
    const auto quantised =
        compiler::quantize_by_recipe(*prepared.float_graph, *prepared.calibration, prepared.inputs, machine,
                                     scheme.recipe, request.threads);
    prepared.program = compiler::compile(quantised.quantized, machine);
  }
  const Accuracy accuracy =
      measure_accuracy({prepared.program, nullptr, data, request.threads, nullptr}, [] {});
  PointAnswer answer;
  value_of(answer.values, Metric::kAccuracy) = *accuracy.top1;
  answer.details = {
      {"images", accuracy.images}, {"top1_percent", *accuracy.top1}, {"top5_percent", *accuracy.top5}};
  return answer;
}

}  // namespace npu::sim
