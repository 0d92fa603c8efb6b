#include "gan/image/decode_png.h"

#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gan/image/alpha.h"
#include "gan/image/bounded_memory.h"
#include "gan/image/center_shrink.h"
#include "gan/image/longjmp_guard.h"
#include "gan/image/orientation.h"
#include "gan/image/png_orientation.h"

namespace sg::gan {
namespace {

constexpr absl::string_view kSignature("\x89PNG\r\n\x1a\n", 8);
constexpr size_t kIhdrEnd = 8 + 8 + 13;

// Chunks that do not affect the pixels and can contain a decompression bomb.
constexpr png_byte kSkippedChunks[] =
    "iCCP\0zTXt\0iTXt\0tEXt\0eXIf\0sPLT\0hIST\0pCAL\0sCAL\0cHRM\0gAMA\0sRGB\0bKGD\0oFFs\0pHYs\0tIME";
constexpr int kNumSkippedChunks = (sizeof(kSkippedChunks)) / 5;

constexpr int kMaxCachedChunks = 64;
constexpr uint64_t kMaxDeflateRatio = 1032;

// What libpng takes besides rows and chunks: its own structures and those of zlib, less than 100 KiB.
constexpr size_t kLibraryBytes = size_t{1} << 20;
constexpr size_t kMaxPixelBytes = 8;  // RGBA of 16 bits
constexpr size_t kRowPadding = 256;

// Errors end in a longjmp. Everything that a jump skips must be trivially destructible.
struct Reader {
  png_structp png = nullptr;
  png_infop info = nullptr;
  absl::string_view bytes;
  size_t offset = 0;
  bool truncated = false;
  bool after_rows = false;
  BoundedMemory memory;
  char error[160] = "";
  std::jmp_buf jump;

  ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }

  absl::Status Failure() const {
    if (memory.exhausted()) return absl::UnavailableError("no memory to decode the PNG");
    if (memory.refused()) {
      return absl::ResourceExhaustedError(
          absl::StrCat("PNG needs more than ", memory.max_bytes() >> 20, " MiB of memory besides its pixels"));
    }
    if (truncated) return absl::DataLossError("PNG is truncated");
    return absl::DataLossError(absl::StrCat("PNG is damaged: ", error));
  }
};

[[noreturn]] void OnError(png_structp png, png_const_charp message) {
  auto* reader = static_cast<Reader*>(png_get_error_ptr(png));
  std::snprintf(reader->error, sizeof(reader->error), "%s", message);
  std::longjmp(reader->jump, 1);
}

void OnWarning(png_structp, png_const_charp) {}

png_voidp OnAllocate(png_structp png, png_alloc_size_t size) {
  return static_cast<Reader*>(png_get_mem_ptr(png))->memory.Allocate(size);
}

void OnFree(png_structp png, png_voidp memory) { static_cast<Reader*>(png_get_mem_ptr(png))->memory.Free(memory); }

void OnRead(png_structp png, png_bytep out, size_t count) {
  auto* reader = static_cast<Reader*>(png_get_io_ptr(png));
  if (count > reader->bytes.size() - reader->offset) {
    reader->truncated = true;
    png_error(png, "truncated");
  }
  std::memcpy(out, reader->bytes.data() + reader->offset, count);
  reader->offset += count;
}

uint32_t BigEndian32(const char* p) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(p[i]);
  return value;
}

struct Header {
  png_uint_32 width = 0;
  png_uint_32 height = 0;
  int channels = 0;
  size_t row_bytes = 0;
  uint64_t file_bytes = 0;  // of all rows as in the file, before deflate
  int passes = 1;
  bool interlaced = false;
  bool alpha = false;  // is kept
};

// Call inside RunGuarded.
void ReadHeader(Reader* reader, const DecodeLimits& limits, bool whole, bool alpha, Header* header) {
  png_structp png = reader->png;
  png_infop info = reader->info;
  png_set_read_fn(png, reader, OnRead);
  const auto side = static_cast<png_uint_32>(std::min<int64_t>(limits.max_pixels, PNG_UINT_31_MAX));
  png_set_user_limits(png, side, side);
  png_set_chunk_cache_max(png, kMaxCachedChunks);
  png_set_chunk_malloc_max(png, limits.max_png_chunk_bytes);
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, kSkippedChunks, kNumSkippedChunks);
  png_read_info(png, info);
  header->file_bytes = static_cast<uint64_t>(png_get_rowbytes(png, info)) * png_get_image_height(png, info);
  // Before libpng takes memory for rows: prevents a short file from claiming a lot of memory.
  if (header->file_bytes / kMaxDeflateRatio > reader->bytes.size()) {
    reader->truncated = true;
    png_error(png, "truncated");
  }
  png_set_expand(png);
  png_set_scale_16(png);
  png_set_gray_to_rgb(png);
  if (alpha) png_set_add_alpha(png, 0xff, PNG_FILLER_AFTER);
  header->alpha = alpha;
  header->interlaced = png_get_interlace_type(png, info) != PNG_INTERLACE_NONE;
  if (whole) header->passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  header->width = png_get_image_width(png, info);
  header->height = png_get_image_height(png, info);
  header->channels = png_get_channels(png, info);
  header->row_bytes = png_get_rowbytes(png, info);
}

// True if a failure affects no pixel: it happened after the rows, or the file ends in the checksums that follow the
// last row, which libpng reads together with it.
bool HasAllRows(const Reader& reader, const Header& header) {
  if (reader.after_rows) return true;
  if (!reader.truncated) return false;
  return header.interlaced ? png_get_current_pass_number(reader.png) >= PNG_INTERLACE_ADAM7_PASSES
                           : png_get_current_row_number(reader.png) >= header.height;
}

// Call inside RunGuarded.
void ReadPixels(Reader* reader, const Header& header, uint8_t* pixels) {
  png_structp png = reader->png;
  for (int pass = 0; pass < header.passes; ++pass) {
    for (png_uint_32 y = 0; y < header.height; ++y) png_read_row(png, pixels + y * header.row_bytes, nullptr);
  }
  reader->after_rows = true;
  png_read_end(png, nullptr);
}

// Call inside RunGuarded. `row` has room for one row of the widest pass.
void ReadShrunk(Reader* reader, const Header& header, uint8_t* row, CenterShrink* shrink) {
  png_structp png = reader->png;
  for (int pass = 0; pass < (header.interlaced ? PNG_INTERLACE_ADAM7_PASSES : 1); ++pass) {
    const bool all = !header.interlaced;
    const int64_t x = all ? 0 : PNG_PASS_START_COL(pass), x_step = all ? 1 : PNG_PASS_COL_OFFSET(pass);
    const int64_t y = all ? 0 : PNG_PASS_START_ROW(pass), y_step = all ? 1 : PNG_PASS_ROW_OFFSET(pass);
    const int64_t columns = all ? header.width : PNG_PASS_COLS(header.width, pass);
    const int64_t rows = all ? header.height : PNG_PASS_ROWS(header.height, pass);
    if (columns == 0) continue;  // libpng skips such a pass
    for (int64_t i = 0; i < rows; ++i) {
      png_read_row(png, row, nullptr);
      if (header.alpha) {
        PremultiplyAlpha(header.channels, columns, row);
      } else if (header.channels == 4) {
        CompositeOnWhite(row, columns, row);
      }
      shrink->AddPixels(y + i * y_step, x, x_step, columns, row);
    }
  }
  reader->after_rows = true;
  png_read_end(png, nullptr);
}

}  // namespace

bool IsPng(absl::string_view bytes) { return absl::StartsWith(bytes, kSignature); }

absl::StatusOr<Image> DecodePng(absl::string_view bytes, const DecodeLimits& limits, const DecodedForm& form) {
  if (bytes.size() < kIhdrEnd) return absl::DataLossError("PNG is truncated");
  if (bytes.substr(12, 4) != "IHDR") return absl::DataLossError("PNG is damaged: it does not start with IHDR");
  // Checked here too, because libpng's own message does not state the size.
  const int64_t ihdr_width = BigEndian32(&bytes[16]), ihdr_height = BigEndian32(&bytes[20]);
  absl::Status size = CheckImageSize(ihdr_width, ihdr_height, limits);
  if (!size.ok()) return size;

  Reader reader;
  reader.bytes = bytes;
  // Two rows, and a chunk as it is in the file and unpacked.
  reader.memory = BoundedMemory(2 * (static_cast<size_t>(ihdr_width) * kMaxPixelBytes + kRowPadding) +
                                2 * limits.max_png_chunk_bytes + kLibraryBytes);
  reader.png =
      png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &reader, OnError, OnWarning, &reader, OnAllocate, OnFree);
  if (reader.png == nullptr) return absl::UnavailableError("no memory to decode the PNG");
  reader.info = png_create_info_struct(reader.png);
  if (reader.info == nullptr) return absl::UnavailableError("no memory to decode the PNG");

  const bool whole = ihdr_width * ihdr_height <= limits.max_whole_pixels;
  Header header;
  if (!RunGuarded(reader.jump, [&] { ReadHeader(&reader, limits, whole, form.alpha, &header); })) {
    return reader.Failure();
  }

  const int orientation = PngOrientation(bytes);
  const int width = static_cast<int>(header.width), height = static_cast<int>(header.height);
  Image image;
  if (whole) {
    image = Image{width, height, form.channels(), {}};
    image.pixels.resize(header.row_bytes * header.height);
    const bool read = RunGuarded(reader.jump, [&] { ReadPixels(&reader, header, image.pixels.data()); });
    if (!read && !HasAllRows(reader, header)) return reader.Failure();
    if (header.channels == 4 && !form.alpha) {
      CompositeOnWhite(image.pixels.data(), int64_t{width} * height, image.pixels.data());
      image.pixels.resize(size_t{3} * width * height);
    }
  } else {
    CenterShrink shrink(width, height, BeforeOrientation(form, orientation), limits.max_whole_pixels,
                        /*rows_in_order=*/!header.interlaced);
    std::vector<uint8_t> row(header.row_bytes);
    const bool read = RunGuarded(reader.jump, [&] { ReadShrunk(&reader, header, row.data(), &shrink); });
    if (!read && !HasAllRows(reader, header)) return reader.Failure();
    image = shrink.Finish();
    if (form.alpha) UnpremultiplyAlpha(image.channels, int64_t{image.width} * image.height, image.pixels.data());
  }
  return ApplyOrientation(std::move(image), orientation);
}

}  // namespace sg::gan
