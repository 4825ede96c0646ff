#include "sim/golden/unit_vectors.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "hw/common/error.h"
#include "hw/common/file.h"
#include "sim/golden/layer_streams.h"
#include "sim/golden/vector_table.h"

namespace npu::sim::golden {

const std::vector<std::string>& unit_names() {
  static const std::vector<std::string> kNames{"compounding", "pe", "add", "pool", "table"};
  return kNames;
}

std::vector<VectorField> unit_vectors(const UnitVectorOptions& options) {
  Random random(options.seed);
  std::vector<VectorField> fields;
  if (options.unit == "compounding")
    fields = compounding_vectors(options, random);
  else if (options.unit == "pe")
    fields = pe_vectors(options, random);
  else if (options.unit == "add")
    fields = add_vectors(options, random);
  else if (options.unit == "pool")
    fields = pool_vectors(options, random);
  else if (options.unit == "table")
    fields = table_vectors(options, random);
  else
    throw InputError("--unit " + options.unit,
                     fmt::format("unknown unit; expected one of {}", fmt::join(unit_names(), ", ")));
  if (options.count < std::ssize(fields.back().values)) {
    throw InputError(
        fmt::format("--count {}", options.count),
        fmt::format("the corner cases of this unit are {} vectors already", fields.back().values.size()));
  }
  return fields;
}

Manifest export_unit_vectors(const UnitVectorOptions& options, const std::filesystem::path& folder) {
  const auto fields = unit_vectors(options);
  std::error_code code;
  std::filesystem::create_directories(folder, code);
  if (code) throw InputError(folder.string(), code.message());
  std::filesystem::remove(folder / kManifestFile, code);
  Manifest manifest;
  manifest.kind = options.unit;
  manifest.level = Level::kUnit;
  manifest.seed = static_cast<std::int64_t>(options.seed);
  manifest.numbers = {options.data_bits, options.data_bits, options.accumulator_bits, options.shift_bits,
                      options.rounding};
  for (const auto& field : fields) {
    Stream stream;
    stream.name = (field.expected ? "expected/" : "stimulus/") + field.name;
    stream.content = Content::kVectorField;
    stream.expected = field.expected;
    stream.element_bytes = field.element_bytes;
    stream.is_signed = field.is_signed;
    stream.words.word_bytes = field.element_bytes;
    StreamWriter writer(folder, stream, options.binary, options.hex);
    writer.append(-1, little_endian(field.values, field.element_bytes));
    manifest.streams.push_back(writer.finish());
  }
  write_file(folder / kManifestFile, manifest_json(manifest));
  return manifest;
}

}  // namespace npu::sim::golden
