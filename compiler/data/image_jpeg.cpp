// JPEG by libjpeg. Its errors leave decode() by longjmp, so that function holds no object with a destructor;
// data that libjpeg would replace by grey (truncated or damaged files) is an error here.
#include <fmt/core.h>

#include <csetjmp>
#include <cstddef>
#include <cstdio>
// jpeglib.h needs the two headers above
#include <jerror.h>
#include <jpeglib.h>

#include "compiler/data/image_codecs.h"

namespace npu::compiler {
namespace {

struct ErrorManager {
  jpeg_error_mgr base;  // first: libjpeg sees only this part
  std::jmp_buf escape;
  char message[JMSG_LENGTH_MAX];
};

ErrorManager* manager_of(j_common_ptr info) { return reinterpret_cast<ErrorManager*>(info->err); }

[[noreturn]] void leave(j_common_ptr info) {
  ErrorManager* manager = manager_of(info);
  (*info->err->format_message)(info, manager->message);
  std::longjmp(manager->escape, 1);
}

// Harmless warnings (extra bytes before a marker, ...) pass; missing or undecodable pixels do not.
void on_message(j_common_ptr info, int level) {
  if (level >= 0) return;
  const int code = info->err->msg_code;
  if (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE ||
      code == JWRN_MUST_RESYNC) {
    leave(info);
  }
}

enum class Outcome { kDone, kFailed, kTooLarge };

struct Decoder {
  jpeg_decompress_struct info;
  ErrorManager errors;
  Image* image;
  std::vector<std::uint8_t>* cmyk_row;
};

bool is_cmyk(const jpeg_decompress_struct& info) {
  return info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK;
}

// Ink to light; files of Adobe's programs store the complement.
void cmyk_to_rgb(const std::uint8_t* cmyk, std::uint8_t* rgb, std::int64_t width, bool complemented) {
  for (std::int64_t x = 0; x < width; ++x) {
    for (int channel = 0; channel < 3; ++channel) {
      const int ink = cmyk[4 * x + channel];
      const int black = cmyk[4 * x + 3];
      const int light = complemented ? ink * black : (255 - ink) * (255 - black);
      rgb[3 * x + channel] = static_cast<std::uint8_t>((light + 127) / 255);
    }
  }
}

void allocate(Decoder& decoder) {
  Image& image = *decoder.image;
  image.height = decoder.info.output_height;
  image.width = decoder.info.output_width;
  image.pixels.resize(static_cast<std::size_t>(image.height * image.width * 3));
  decoder.cmyk_row->resize(static_cast<std::size_t>(image.width * 4));
}

Outcome decode(Decoder& decoder, const std::uint8_t* bytes, std::size_t count) {
  jpeg_decompress_struct& info = decoder.info;
  if (setjmp(decoder.errors.escape) != 0) return Outcome::kFailed;
  jpeg_mem_src(&info, bytes, count);
  jpeg_read_header(&info, TRUE);
  if (static_cast<std::int64_t>(info.image_height) * info.image_width > kLargestImagePixels)
    return Outcome::kTooLarge;
  const bool cmyk = is_cmyk(info);
  info.out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
  jpeg_start_decompress(&info);
  allocate(decoder);
  while (info.output_scanline < info.output_height) {
    std::uint8_t* row =
        decoder.image->pixels.data() + static_cast<std::size_t>(info.output_scanline) * info.output_width * 3;
    JSAMPROW target = cmyk ? decoder.cmyk_row->data() : row;
    jpeg_read_scanlines(&info, &target, 1);
    if (cmyk) cmyk_to_rgb(target, row, decoder.image->width, info.saw_Adobe_marker != 0);
  }
  jpeg_finish_decompress(&info);
  return Outcome::kDone;
}

}  // namespace

std::string decode_jpeg(std::span<const std::uint8_t> bytes, Image& image) {
  std::vector<std::uint8_t> cmyk_row;
  Decoder decoder{};
  decoder.image = &image;
  decoder.cmyk_row = &cmyk_row;
  decoder.info.err = jpeg_std_error(&decoder.errors.base);
  decoder.errors.base.error_exit = leave;
  decoder.errors.base.emit_message = on_message;
  jpeg_create_decompress(&decoder.info);
  const Outcome outcome = decode(decoder, bytes.data(), bytes.size());
  const std::string size = fmt::format("{} x {}", decoder.info.image_width, decoder.info.image_height);
  jpeg_destroy_decompress(&decoder.info);
  if (outcome == Outcome::kFailed)
    return fmt::format("truncated or damaged JPEG: {}", decoder.errors.message);
  if (outcome == Outcome::kTooLarge) {
    return fmt::format("JPEG of {} pixels, expected at most {} pixels", size, kLargestImagePixels);
  }
  return "";
}

}  // namespace npu::compiler
