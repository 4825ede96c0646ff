// SHA-256 (OpenSSL) as lower-case hexadecimal, for hashes of configs, programs and golden files.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace npu {

std::string sha256_hex(std::span<const std::uint8_t> bytes);
std::string sha256_hex(std::string_view text);

/// SHA-256 of bytes that come piece by piece.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(std::span<const std::uint8_t> bytes);
  std::string finish_hex();  ///< once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace npu
