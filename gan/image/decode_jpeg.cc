#include "gan/image/decode_jpeg.h"

// jpeglib.h uses FILE and size_t without including them.
// clang-format off
#include <cstddef>
#include <cstdio>
#include <jpeglib.h>
#include <jerror.h>
// clang-format on

#include <csetjmp>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gan/image/exif_orientation.h"
#include "gan/image/longjmp_guard.h"

namespace sg::gan {
namespace {

constexpr int kApp1 = JPEG_APP0 + 1;
constexpr unsigned kMaxMarkerBytes = 65533;

enum class Problem { kDamaged, kTruncated, kTooManyScans };

// Errors end in a longjmp. Everything that a jump skips must be trivially destructible.
struct Reader {
  jpeg_decompress_struct jpeg = {};
  jpeg_error_mgr errors = {};
  jpeg_progress_mgr progress = {};
  int max_scans = 0;
  Problem problem = Problem::kDamaged;
  char error[JMSG_LENGTH_MAX] = "";
  std::jmp_buf jump;

  ~Reader() { jpeg_destroy_decompress(&jpeg); }

  absl::Status Failure() const {
    switch (problem) {
      case Problem::kDamaged: return absl::DataLossError(absl::StrCat("JPEG is damaged: ", error));
      case Problem::kTruncated: return absl::DataLossError("JPEG is truncated");
      case Problem::kTooManyScans: return absl::DataLossError(absl::StrCat("JPEG has more than ", max_scans, " scans"));
    }
    return absl::InternalError("JPEG");
  }
};

[[noreturn]] void Fail(j_common_ptr jpeg, Problem problem) {
  auto* reader = static_cast<Reader*>(jpeg->client_data);
  reader->problem = problem;
  jpeg->err->format_message(jpeg, reader->error);
  std::longjmp(reader->jump, 1);
}

[[noreturn]] void OnError(j_common_ptr jpeg) { Fail(jpeg, Problem::kDamaged); }

// After a warning, libjpeg continues and fills missing pixels with gray, so most warnings are treated as errors. Stray
// bytes between segments and odd marker versions, which real cameras write, affect no pixel and are accepted.
void OnMessage(j_common_ptr jpeg, int level) {
  if (level >= 0) return;
  switch (jpeg->err->msg_code) {
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_ADOBE_XFORM:
    case JWRN_JFIF_MAJOR: return;
    case JWRN_JPEG_EOF: Fail(jpeg, Problem::kTruncated);
    default: Fail(jpeg, Problem::kDamaged);
  }
}

void OnProgress(j_common_ptr jpeg) {
  const auto* reader = static_cast<const Reader*>(jpeg->client_data);
  if (reader->jpeg.input_scan_number > reader->max_scans) Fail(jpeg, Problem::kTooManyScans);
}

// Call inside RunGuarded.
void ReadHeader(Reader* reader, absl::string_view bytes, int* orientation) {
  jpeg_decompress_struct* jpeg = &reader->jpeg;
  jpeg_create_decompress(jpeg);
  jpeg->progress = &reader->progress;
  jpeg_mem_src(jpeg, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_save_markers(jpeg, kApp1, kMaxMarkerBytes);
  jpeg_read_header(jpeg, TRUE);
  for (jpeg_saved_marker_ptr marker = jpeg->marker_list; marker != nullptr; marker = marker->next) {
    absl::string_view data(reinterpret_cast<const char*>(marker->data), marker->data_length);
    if (!absl::ConsumePrefix(&data, absl::string_view("Exif\0\0", 6))) continue;
    *orientation = ExifOrientation(data);
    break;
  }
}

// CMYK is inverted as Adobe stores it: 255 is no ink. Files without the Adobe marker are read the same way, as in other
// readers.
void InvertedCmykToRgb(const uint8_t* cmyk, int width, uint8_t* rgb) {
  for (int x = 0; x < width; ++x, cmyk += 4, rgb += 3) {
    for (int c = 0; c < 3; ++c) rgb[c] = static_cast<uint8_t>((cmyk[c] * cmyk[3] + 127) / 255);
  }
}

// Call inside RunGuarded. `cmyk_row` is null unless the file has four channels.
void ReadPixels(Reader* reader, uint8_t* pixels, uint8_t* cmyk_row) {
  jpeg_decompress_struct* jpeg = &reader->jpeg;
  jpeg->out_color_space = cmyk_row != nullptr ? JCS_CMYK : JCS_RGB;
  jpeg_start_decompress(jpeg);
  while (jpeg->output_scanline < jpeg->output_height) {
    uint8_t* out = pixels + static_cast<size_t>(jpeg->output_scanline) * jpeg->output_width * 3;
    JSAMPROW row = cmyk_row != nullptr ? cmyk_row : out;
    if (jpeg_read_scanlines(jpeg, &row, 1) == 1 && cmyk_row != nullptr) {
      InvertedCmykToRgb(cmyk_row, static_cast<int>(jpeg->output_width), out);
    }
  }
  jpeg_finish_decompress(jpeg);
}

}  // namespace

bool IsJpeg(absl::string_view bytes) { return absl::StartsWith(bytes, "\xff\xd8\xff"); }

absl::StatusOr<Image> DecodeJpeg(absl::string_view bytes, const DecodeLimits& limits) {
  Reader reader;
  reader.jpeg.err = jpeg_std_error(&reader.errors);
  reader.errors.error_exit = OnError;
  reader.errors.emit_message = OnMessage;
  reader.jpeg.client_data = &reader;
  reader.progress.progress_monitor = OnProgress;
  reader.max_scans = limits.max_jpeg_scans;

  int orientation = 1;
  if (!RunGuarded(reader.jump, [&] { ReadHeader(&reader, bytes, &orientation); })) return reader.Failure();
  absl::Status size = CheckImageSize(reader.jpeg.image_width, reader.jpeg.image_height, limits);
  if (!size.ok()) return size;

  Image image{static_cast<int>(reader.jpeg.image_width), static_cast<int>(reader.jpeg.image_height), 3, {}};
  image.pixels.resize(static_cast<size_t>(image.width) * image.height * 3);
  std::vector<uint8_t> cmyk_row(reader.jpeg.num_components == 4 ? static_cast<size_t>(image.width) * 4 : 0);
  uint8_t* cmyk = cmyk_row.empty() ? nullptr : cmyk_row.data();
  if (!RunGuarded(reader.jump, [&] { ReadPixels(&reader, image.pixels.data(), cmyk); })) return reader.Failure();
  return ApplyOrientation(std::move(image), orientation);
}

}  // namespace sg::gan
