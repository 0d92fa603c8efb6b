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
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gan/image/alpha.h"
#include "gan/image/center_shrink.h"
#include "gan/image/longjmp_guard.h"
#include "gan/image/orientation.h"

namespace sg::gan {
namespace {

constexpr int kApp1 = JPEG_APP0 + 1;
constexpr unsigned kMaxMarkerBytes = 65533;

constexpr absl::string_view kExifPrefix("Exif\0\0", 6);
constexpr absl::string_view kXmpNamespace("http://ns.adobe.com/xap/1.0/\0", 29);

enum class Problem { kDamaged, kTruncated, kTooManyScans, kTooLarge, kNoMemory };

// Errors end in a longjmp. Everything that a jump skips must be trivially destructible.
struct Reader {
  jpeg_decompress_struct jpeg = {};
  jpeg_error_mgr errors = {};
  jpeg_progress_mgr progress = {};
  int max_scans = 0;
  bool ended = false;         // the file ends before its end marker
  bool out_of_order = false;  // a scan of AC coefficients precedes that of the DC coefficients
  unsigned components = 0;    // bit i: a scan has component i
  Problem problem = Problem::kDamaged;
  char error[JMSG_LENGTH_MAX] = "";
  std::jmp_buf jump;

  ~Reader() { jpeg_destroy_decompress(&jpeg); }

  absl::Status Failure() const {
    switch (problem) {
      case Problem::kDamaged: return absl::DataLossError(absl::StrCat("JPEG is damaged: ", error));
      case Problem::kTruncated: return absl::DataLossError("JPEG is truncated");
      case Problem::kTooLarge:
        return absl::ResourceExhaustedError(
            absl::StrCat("JPEG is progressive and needs more than ", jpeg.mem->max_memory_to_use >> 20, " MiB"));
      case Problem::kNoMemory: return absl::UnavailableError("no memory to decode the JPEG");
      case Problem::kTooManyScans: return absl::DataLossError(absl::StrCat("JPEG has more than ", max_scans, " scans"));
    }
    return absl::InternalError("JPEG");
  }
};

[[noreturn]] void Fail(j_common_ptr jpeg, Problem problem) {
  auto* reader = static_cast<Reader*>(jpeg->client_data);
  reader->problem = reader->ended && problem != Problem::kNoMemory ? Problem::kTruncated : problem;
  jpeg->err->format_message(jpeg, reader->error);
  std::longjmp(reader->jump, 1);
}

[[noreturn]] void OnError(j_common_ptr jpeg) {
  switch (jpeg->err->msg_code) {
    case JERR_NO_BACKING_STORE: Fail(jpeg, Problem::kTooLarge);
    case JERR_OUT_OF_MEMORY: Fail(jpeg, Problem::kNoMemory);
    default: Fail(jpeg, Problem::kDamaged);
  }
}

// After a warning, libjpeg continues and fills missing pixels with gray, so most warnings are treated as errors. Stray
// bytes between segments, odd marker versions and meaningless parameters of a sequential scan, which real cameras
// write, affect no pixel and are accepted. The end of the file is too, until a pixel is missing: CheckComplete looks
// for that.
void OnMessage(j_common_ptr jpeg, int level) {
  if (level >= 0) return;
  auto* reader = static_cast<Reader*>(jpeg->client_data);
  switch (jpeg->err->msg_code) {
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_ADOBE_XFORM:
    case JWRN_NOT_SEQUENTIAL:
    case JWRN_JFIF_MAJOR: return;
    case JWRN_JPEG_EOF: reader->ended = true; return;
    case JWRN_BOGUS_PROGRESSION:
      // The parameters are a component and a coefficient. Coefficient 0 in a scan without it means that its scan has
      // not come yet. Any other warning means that bits are missing.
      if (reader->jpeg.Ss == 0 || jpeg->err->msg_parm.i[1] != 0) Fail(jpeg, Problem::kDamaged);
      reader->out_of_order = true;
      return;
    default: Fail(jpeg, Problem::kDamaged);
  }
}

void OnProgress(j_common_ptr jpeg) {
  auto* reader = static_cast<Reader*>(jpeg->client_data);
  if (reader->jpeg.input_scan_number > reader->max_scans) Fail(jpeg, Problem::kTooManyScans);
  for (int i = 0; i < reader->jpeg.comps_in_scan; ++i) {
    reader->components |= 1u << reader->jpeg.cur_comp_info[i]->component_index;
  }
}

// Fails if a whole scan is missing, for which libjpeg gives no warning. Call after the scans have been read, inside
// RunGuarded.
void CheckComplete(Reader* reader) {
  jpeg_decompress_struct* jpeg = &reader->jpeg;
  const auto common = reinterpret_cast<j_common_ptr>(jpeg);
  // An arithmetic decoder reads zeros beyond the end, as encoders may leave them out.
  if (reader->ended && jpeg->arith_code) Fail(common, Problem::kTruncated);
  if (!jpeg_has_multiple_scans(jpeg) || (!reader->ended && !reader->out_of_order)) return;
  for (int c = 0; c < jpeg->num_components; ++c) {
    if (jpeg->coef_bits == nullptr) {
      if ((reader->components >> c & 1) == 0) Fail(common, Problem::kTruncated);
      continue;
    }
    for (int i = 0; i < (reader->ended ? DCTSIZE2 : 1); ++i) {
      if (jpeg->coef_bits[c][i] != 0) Fail(common, Problem::kTruncated);
    }
  }
}

// Call inside RunGuarded.
void ReadHeader(Reader* reader, absl::string_view bytes, const DecodeLimits& limits, int* orientation) {
  jpeg_decompress_struct* jpeg = &reader->jpeg;
  jpeg_create_decompress(jpeg);
  jpeg->mem->max_memory_to_use = limits.max_jpeg_bytes;
  jpeg->progress = &reader->progress;
  jpeg_mem_src(jpeg, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_save_markers(jpeg, kApp1, kMaxMarkerBytes);
  jpeg_read_header(jpeg, TRUE);
  std::optional<int> exif, xmp;
  for (jpeg_saved_marker_ptr marker = jpeg->marker_list; marker != nullptr; marker = marker->next) {
    absl::string_view data(reinterpret_cast<const char*>(marker->data), marker->data_length);
    if (!exif.has_value() && absl::StartsWith(data, kExifPrefix)) exif = ExifOrientation(data);
    if (!xmp.has_value() && absl::StartsWith(data, kXmpNamespace)) xmp = XmpOrientation(data);
  }
  *orientation = exif.value_or(xmp.value_or(1));
}

// CMYK is inverted as Adobe stores it: 255 is no ink. Files without the Adobe marker are read the same way, as in other
// readers.
void InvertedCmykToRgb(const uint8_t* cmyk, int width, uint8_t* rgb) {
  for (int x = 0; x < width; ++x, cmyk += 4, rgb += 3) {
    for (int c = 0; c < 3; ++c) rgb[c] = static_cast<uint8_t>((cmyk[c] * cmyk[3] + 127) / 255);
  }
}

// Where decoded rows go: into `pixels`, or through `row` into `shrink`.
struct Target {
  uint8_t* pixels = nullptr;
  uint8_t* row = nullptr;
  CenterShrink* shrink = nullptr;
};

// Call inside RunGuarded. `cmyk_row` is null unless the file has four channels.
void ReadPixels(Reader* reader, const Target& target, uint8_t* cmyk_row) {
  jpeg_decompress_struct* jpeg = &reader->jpeg;
  jpeg->out_color_space = cmyk_row != nullptr ? JCS_CMYK : JCS_RGB;
  jpeg_start_decompress(jpeg);
  while (jpeg->output_scanline < jpeg->output_height) {
    const int64_t y = jpeg->output_scanline;
    uint8_t* out = target.shrink != nullptr ? target.row : target.pixels + y * jpeg->output_width * 3;
    JSAMPROW row = cmyk_row != nullptr ? cmyk_row : out;
    if (jpeg_read_scanlines(jpeg, &row, 1) != 1) continue;
    if (cmyk_row != nullptr) InvertedCmykToRgb(cmyk_row, static_cast<int>(jpeg->output_width), out);
    if (target.shrink != nullptr) target.shrink->AddRow(y, out);
  }
  CheckComplete(reader);
  jpeg_finish_decompress(jpeg);
}

}  // namespace

bool IsJpeg(absl::string_view bytes) { return absl::StartsWith(bytes, "\xff\xd8\xff"); }

absl::StatusOr<Image> DecodeJpeg(absl::string_view bytes, const DecodeLimits& limits, const DecodedForm& form) {
  Reader reader;
  reader.jpeg.err = jpeg_std_error(&reader.errors);
  reader.errors.error_exit = OnError;
  reader.errors.emit_message = OnMessage;
  reader.jpeg.client_data = &reader;
  reader.progress.progress_monitor = OnProgress;
  reader.max_scans = limits.max_jpeg_scans;

  int orientation = 1;
  if (!RunGuarded(reader.jump, [&] { ReadHeader(&reader, bytes, limits, &orientation); })) return reader.Failure();
  const int64_t width = reader.jpeg.image_width, height = reader.jpeg.image_height;
  absl::Status size = CheckImageSize(width, height, limits);
  if (!size.ok()) return size;

  Image image{static_cast<int>(width), static_cast<int>(height), 3, {}};
  std::vector<uint8_t> row, cmyk_row(reader.jpeg.num_components == 4 ? width * 4 : 0);
  std::optional<CenterShrink> shrink;
  Target target;
  if (width * height <= limits.max_whole_pixels) {
    image.pixels.resize(width * height * 3);
    target.pixels = image.pixels.data();
  } else {
    // A Huffman code has at least one bit per unit. Prevents a short file from claiming a lot of memory.
    const int64_t units = width * height / (DCTSIZE2 * reader.jpeg.max_h_samp_factor * reader.jpeg.max_v_samp_factor);
    if (!reader.jpeg.arith_code && units / 8 > static_cast<int64_t>(bytes.size())) {
      return absl::DataLossError("JPEG is truncated");
    }
    row.resize(width * 3);
    target.row = row.data();
    DecodedForm colors = BeforeOrientation(form, orientation);
    colors.alpha = false;
    target.shrink = &shrink.emplace(image.width, image.height, colors, limits.max_whole_pixels, /*rows_in_order=*/true);
  }
  uint8_t* cmyk = cmyk_row.empty() ? nullptr : cmyk_row.data();
  if (!RunGuarded(reader.jump, [&] { ReadPixels(&reader, target, cmyk); })) return reader.Failure();
  if (shrink.has_value()) image = shrink->Finish();
  image = ApplyOrientation(std::move(image), orientation);
  return form.alpha ? AddOpaqueAlpha(image) : image;
}

}  // namespace sg::gan
