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
#include "gan/image/exif_orientation.h"
#include "gan/image/longjmp_guard.h"

namespace sg::gan {
namespace {

constexpr absl::string_view kSignature("\x89PNG\r\n\x1a\n", 8);
constexpr size_t kIhdrEnd = 8 + 8 + 13;

// Chunks that do not affect the pixels and can contain a decompression bomb.
constexpr png_byte kSkippedChunks[] =
    "iCCP\0zTXt\0iTXt\0tEXt\0sPLT\0hIST\0pCAL\0sCAL\0cHRM\0gAMA\0sRGB\0bKGD\0oFFs\0pHYs\0tIME";
constexpr int kNumSkippedChunks = (sizeof(kSkippedChunks)) / 5;

constexpr int kMaxCachedChunks = 64;

// Errors end in a longjmp. Everything that a jump skips must be trivially destructible.
struct Reader {
  png_structp png = nullptr;
  png_infop info = nullptr;
  absl::string_view bytes;
  size_t offset = 0;
  bool truncated = false;
  char error[160] = "";
  std::jmp_buf jump;

  ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }

  absl::Status Failure() const {
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

void CompositeOnWhite(std::vector<uint8_t>* rgba) {
  const size_t pixels = rgba->size() / 4;
  const uint8_t* from = rgba->data();
  uint8_t* to = rgba->data();
  for (size_t i = 0; i < pixels; ++i, from += 4, to += 3) {
    const int alpha = from[3];
    for (int c = 0; c < 3; ++c) to[c] = static_cast<uint8_t>((from[c] * alpha + 255 * (255 - alpha) + 127) / 255);
  }
  rgba->resize(pixels * 3);
}

struct Header {
  png_uint_32 width = 0;
  png_uint_32 height = 0;
  int channels = 0;
  size_t row_bytes = 0;
  int passes = 1;
  int orientation = 1;
};

// Call inside RunGuarded.
void ReadHeader(Reader* reader, const DecodeLimits& limits, Header* header) {
  png_structp png = reader->png;
  png_infop info = reader->info;
  png_set_read_fn(png, reader, OnRead);
  const auto side = static_cast<png_uint_32>(std::min<int64_t>(limits.max_pixels, PNG_UINT_31_MAX));
  png_set_user_limits(png, side, side);
  png_set_chunk_cache_max(png, kMaxCachedChunks);
  png_set_chunk_malloc_max(png, limits.max_png_chunk_bytes);
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, kSkippedChunks, kNumSkippedChunks);
  png_read_info(png, info);
  png_set_expand(png);
  png_set_scale_16(png);
  png_set_gray_to_rgb(png);
  header->passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  header->width = png_get_image_width(png, info);
  header->height = png_get_image_height(png, info);
  header->channels = png_get_channels(png, info);
  header->row_bytes = png_get_rowbytes(png, info);
}

// Call inside RunGuarded.
void ReadPixels(Reader* reader, uint8_t* pixels, Header* header) {
  png_structp png = reader->png;
  for (int pass = 0; pass < header->passes; ++pass) {
    for (png_uint_32 y = 0; y < header->height; ++y) png_read_row(png, pixels + y * header->row_bytes, nullptr);
  }
  png_read_end(png, reader->info);
  png_bytep exif = nullptr;
  png_uint_32 exif_bytes = 0;
  if (png_get_eXIf_1(png, reader->info, &exif_bytes, &exif) != 0) {
    header->orientation = ExifOrientation(absl::string_view(reinterpret_cast<const char*>(exif), exif_bytes));
  }
}

}  // namespace

bool IsPng(absl::string_view bytes) { return absl::StartsWith(bytes, kSignature); }

absl::StatusOr<Image> DecodePng(absl::string_view bytes, const DecodeLimits& limits) {
  if (bytes.size() < kIhdrEnd) return absl::DataLossError("PNG is truncated");
  if (bytes.substr(12, 4) != "IHDR") return absl::DataLossError("PNG is damaged: it does not start with IHDR");
  // Checked here too, because libpng's own message does not state the size.
  absl::Status size = CheckImageSize(BigEndian32(&bytes[16]), BigEndian32(&bytes[20]), limits);
  if (!size.ok()) return size;

  Reader reader;
  reader.bytes = bytes;
  reader.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reader, OnError, OnWarning);
  if (reader.png == nullptr) return absl::ResourceExhaustedError("no memory to decode the PNG");
  reader.info = png_create_info_struct(reader.png);
  if (reader.info == nullptr) return absl::ResourceExhaustedError("no memory to decode the PNG");

  Header header;
  if (!RunGuarded(reader.jump, [&] { ReadHeader(&reader, limits, &header); })) return reader.Failure();

  Image image{static_cast<int>(header.width), static_cast<int>(header.height), 3, {}};
  image.pixels.resize(header.row_bytes * header.height);
  if (!RunGuarded(reader.jump, [&] { ReadPixels(&reader, image.pixels.data(), &header); })) return reader.Failure();
  if (header.channels == 4) CompositeOnWhite(&image.pixels);
  return ApplyOrientation(std::move(image), header.orientation);
}

}  // namespace sg::gan
