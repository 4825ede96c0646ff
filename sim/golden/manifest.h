// The manifest of a golden export: what every file is, how its bytes are read, where its elements belong.
// JSON, schema configs/schema/golden_manifest.schema.json; the same export gives the same bytes on every
// system.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "hw/numerics/rounding.h"
#include "sim/golden/word_format.h"

namespace npu::sim::golden {

inline constexpr const char* kManifestFile = "manifest.json";
inline constexpr const char* kProgramFile = "program.npu";
inline constexpr const char* kArchFile = "arch.json";
inline constexpr const char* kCyclesFile = "cycles.csv";
inline constexpr const char* kBinaryExtension = ".bin";
inline constexpr const char* kHexExtension = ".hex";

/// How much is exported; each level contains the ones before it.
enum class Level : std::uint8_t { kNetwork = 0, kLayer, kTile, kUnit };
const char* level_name(Level level);

/// What a stream holds. The order is that of one instruction's work: a fault shows first in the smallest.
enum class Content : std::uint8_t {
  kMemory = 0,    ///< an image of a memory, for loading
  kOperand,       ///< what a unit reads
  kWeights,       ///< written into the weight SRAM by each LOADW
  kActivations,   ///< written into the global buffer by each LOADA
  kAccumulators,  ///< partial sums of each CONV, before the compounding unit or parked in the store
  kConvOutput,    ///< written by the compounding unit for each CONV
  kVectorOutput,  ///< written by the vector unit for each VECTOR
  kStored,        ///< written into DRAM by each STORE
  kLayerOutput,   ///< a layer's whole output tensor
  kNetworkOutput,
  kVectorField,  ///< one field of unit vectors, element by element
};
const char* content_name(Content content);

/// Consecutive elements of a stream: the work of one instruction, or (pc -1) the whole.
struct Record {
  std::int64_t pc = -1;
  std::int64_t word = 0;  ///< first word
  std::int64_t elements = 0;

  friend bool operator==(const Record&, const Record&) = default;
};

struct ExportedFile {
  std::string path;  ///< relative to the manifest
  std::int64_t bytes = 0;
  std::string sha256;

  friend bool operator==(const ExportedFile&, const ExportedFile&) = default;
};

struct Stream {
  std::string name;  ///< path without extension, the same in export and dump
  Content content = Content::kMemory;
  bool expected = false;  ///< compared by check; the others are stimuli
  std::int64_t layer = -1;
  std::string tensor;  ///< whose elements these are, where it is one whole tensor [row][column][channel]
  int element_bytes = 1;
  bool is_signed = true;
  WordFormat words;
  std::int64_t payload_bytes = 0;
  std::vector<Record> records;
  std::vector<ExportedFile> files;

  friend bool operator==(const Stream&, const Stream&) = default;
};

/// How the dumps to be checked are written, where that differs from the export.
struct DumpFormat {
  bool same_words = true;  ///< each dump has its stream's own word format
  WordFormat words;        ///< else this one for all

  friend bool operator==(const DumpFormat&, const DumpFormat&) = default;
};

/// Number formats for whoever reads the files without the program.
struct NumberFormats {
  int activation_bits = 8;
  int weight_bits = 8;
  int accumulator_bits = 32;
  int shift_bits = 4;
  hw::Rounding rounding = hw::Rounding::kHalfUp;

  friend bool operator==(const NumberFormats&, const NumberFormats&) = default;
};

struct Manifest {
  std::string kind;  ///< "program", or the unit of unit vectors: "compounding", "pe", "add", "pool", "table"
  std::string network;
  Level level = Level::kNetwork;
  NumberFormats numbers;
  std::vector<ExportedFile> attachments;  ///< program.npu, arch.json, cycles.csv
  std::string program_sha256;
  std::string compatibility_hash;
  std::string arch_hash;
  std::int64_t seed = 0;  ///< of unit vectors
  DumpFormat dump;
  std::vector<Stream> streams;
  std::string address_map_json;  ///< DRAM areas, tensors and layers of the program, informative

  const Stream* find(const std::string& name) const;
  friend bool operator==(const Manifest&, const Manifest&) = default;
};

std::string manifest_json(const Manifest& manifest);
/// Throws InputError or ConfigError (file, JSON pointer, found, expected).
Manifest read_manifest(const std::filesystem::path& path);

}  // namespace npu::sim::golden
