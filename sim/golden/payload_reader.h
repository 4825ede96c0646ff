// Reads the payload bytes of one stream, front to back, from a file of an export or of a dump: raw binary,
// hex text with x and z digits, or npy. Memory use does not depend on the file's length, but for addresses of
// hex files in disorder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "hw/common/hash.h"
#include "sim/golden/word_format.h"

namespace npu::sim::golden {

/// What is known of one payload byte.
enum ByteState : std::uint8_t {
  kKnown = 0,
  kUndefined = 1,  ///< an x or z digit
  kAbsent = 2,     ///< no @address of the dump reaches it
};

struct PayloadFormat {
  WordFormat words;
  int element_bytes = 1;
  bool is_signed = true;
  std::int64_t payload_bytes = 0;  ///< expected; addresses beyond it are refused
  /// For npy, which has no padding: payload bytes of each record with and without it. Empty: none has any.
  struct Extent {
    std::int64_t bytes = 0;
    std::int64_t padded_bytes = 0;
  };
  std::vector<Extent> records;
};

class PayloadReader {
 public:
  virtual ~PayloadReader() = default;
  /// Fills `bytes` as far as the file goes and returns how many; fewer only at the end. `states`, as long as
  /// `bytes`, is written only if may_have_unknown(). Throws InputError with the place in the file.
  virtual std::int64_t read(std::span<std::uint8_t> bytes, std::span<std::uint8_t> states) = 0;
  virtual bool may_have_unknown() const { return false; }
};

/// The reading loop of all readers that give bytes in another form than they lie in the file.
class BufferedReader : public PayloadReader {
 public:
  std::int64_t read(std::span<std::uint8_t> bytes, std::span<std::uint8_t> states) final;

 protected:
  /// Replaces payload_, and states_ if may_have_unknown(), by what follows; about `wanted` bytes are of use.
  /// False at the end.
  virtual bool refill(std::int64_t wanted) = 0;
  std::vector<std::uint8_t> payload_, states_;

 private:
  std::int64_t at_ = 0;
};

enum class Encoding { kBinary, kHex, kNpy };

/// By extension: .npy; .hex, .mem, .txt; anything else is binary.
Encoding encoding_of(const std::filesystem::path& path);

/// Opens a file. `hash`, if given, receives every byte of a binary file.
std::unique_ptr<PayloadReader> open_payload(const std::filesystem::path& path, const PayloadFormat& format,
                                            Sha256* hash = nullptr);

// The three kinds, one file each.
std::unique_ptr<PayloadReader> open_binary(const std::filesystem::path& path, const PayloadFormat& format,
                                           Sha256* hash);
std::unique_ptr<PayloadReader> open_hex(const std::filesystem::path& path, const PayloadFormat& format,
                                        Sha256* hash);
std::unique_ptr<PayloadReader> open_npy(const std::filesystem::path& path, const PayloadFormat& format);

}  // namespace npu::sim::golden
