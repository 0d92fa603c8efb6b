#include "gan/image/encode_png.h"

#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "gan/image/longjmp_guard.h"

namespace sg::gan {
namespace {

constexpr size_t kMaxKeyword = 79;
constexpr int kMaxTextChunks = 64;
constexpr size_t kMaxTextBytes = size_t{1} << 20;

// Errors end in a longjmp, both when reading and when writing.
struct Failure {
  char message[160] = "";
  std::jmp_buf jump;
};

[[noreturn]] void OnError(png_structp png, png_const_charp message) {
  auto* failure = static_cast<Failure*>(png_get_error_ptr(png));
  std::snprintf(failure->message, sizeof(failure->message), "%s", message);
  std::longjmp(failure->jump, 1);
}

void OnWarning(png_structp, png_const_charp) {}

void OnWrite(png_structp png, png_bytep bytes, size_t count) {
  static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<const char*>(bytes), count);
}

void OnFlush(png_structp) {}

void OnRead(png_structp png, png_bytep out, size_t count) {
  auto* rest = static_cast<absl::string_view*>(png_get_io_ptr(png));
  if (count > rest->size()) png_error(png, "truncated");
  std::memcpy(out, rest->data(), count);
  rest->remove_prefix(count);
}

struct Reader {
  png_structp png = nullptr;
  png_infop info = nullptr;
  ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }
};

bool IsAscii(absl::string_view s) { return std::all_of(s.begin(), s.end(), absl::ascii_isascii); }

absl::Status CheckText(const PngText& text) {
  const std::string& keyword = text.first;
  const bool good = !keyword.empty() && keyword.size() <= kMaxKeyword && keyword.front() != ' ' &&
                    keyword.back() != ' ' && !absl::StrContains(keyword, "  ") &&
                    std::all_of(keyword.begin(), keyword.end(), absl::ascii_isprint);
  if (!good) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", absl::CHexEscape(keyword), "\" cannot be a keyword of a PNG text"));
  }
  if (absl::StrContains(text.second, absl::string_view("\0", 1))) {
    return absl::InvalidArgumentError(absl::StrCat("the PNG text \"", keyword, "\" contains a NUL"));
  }
  return absl::OkStatus();
}

png_text ToChunk(const PngText& text) {
  static char empty[] = "";
  png_text chunk = {};
  chunk.compression = IsAscii(text.second) ? PNG_TEXT_COMPRESSION_NONE : PNG_ITXT_COMPRESSION_NONE;
  chunk.key = const_cast<char*>(text.first.c_str());
  chunk.text = const_cast<char*>(text.second.c_str());
  chunk.lang = empty;
  chunk.lang_key = empty;
  return chunk;
}

int ColorType(int channels) {
  if (channels <= 2) return channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_GRAY_ALPHA;
  return channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_RGB_ALPHA;
}

}  // namespace

// libpng's structures point to this object, so it does not move.
struct PngEncoder::Writer {
  png_structp png = nullptr;
  png_infop info = nullptr;
  Failure failure;
  std::string bytes;  // encoded, and not returned yet
  size_t row_bytes = 0;
  int64_t missing_rows = 0;

  Writer() = default;
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer() { png_destroy_write_struct(&png, &info); }

  // Runs `body`, which calls libpng, and returns the bytes that it has encoded.
  template <class Body>
  absl::StatusOr<std::string> Encode(Body&& body) {
    if (!RunGuarded(failure.jump, body)) {
      return absl::InternalError(absl::StrCat("PNG cannot be encoded: ", failure.message));
    }
    return std::exchange(bytes, std::string());
  }
};

PngEncoder::PngEncoder(std::unique_ptr<Writer> writer) : writer_(std::move(writer)) {}
PngEncoder::~PngEncoder() = default;

absl::StatusOr<std::unique_ptr<PngEncoder>> PngEncoder::Start(int width, int height, int channels,
                                                              absl::Span<const PngText> text, PngPacking packing) {
  SG_CHECK(channels >= 1 && channels <= 4) << "[EncodePng] " << channels << " channels";
  if (width <= 0 || height <= 0) {
    return absl::InvalidArgumentError(absl::StrCat("a PNG cannot be ", width, "x", height));
  }
  std::vector<png_text> chunks;
  for (const PngText& t : text) {
    absl::Status status = CheckText(t);
    if (!status.ok()) return status;
    chunks.push_back(ToChunk(t));
  }
  auto writer = std::make_unique<Writer>();
  writer->png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &writer->failure, OnError, OnWarning);
  if (writer->png != nullptr) writer->info = png_create_info_struct(writer->png);
  if (writer->info == nullptr) return absl::UnavailableError("no memory to encode the PNG");
  writer->row_bytes = static_cast<size_t>(width) * channels;
  writer->missing_rows = height;
  const bool started = RunGuarded(writer->failure.jump, [&] {
    png_structp png = writer->png;
    png_set_write_fn(png, &writer->bytes, OnWrite, OnFlush);
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_IHDR(png, writer->info, width, height, 8, ColorType(channels), PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (packing == PngPacking::kStored) {
      png_set_compression_level(png, 0);
      png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE);
    }
    if (!chunks.empty()) png_set_text(png, writer->info, chunks.data(), static_cast<int>(chunks.size()));
    png_write_info(png, writer->info);
  });
  if (!started) return absl::InternalError(absl::StrCat("PNG cannot be encoded: ", writer->failure.message));
  return std::unique_ptr<PngEncoder>(new PngEncoder(std::move(writer)));
}

absl::StatusOr<std::string> PngEncoder::Add(absl::Span<const uint8_t> rows) {
  Writer& w = *writer_;
  const auto count = static_cast<int64_t>(rows.size() / w.row_bytes);
  SG_CHECK(rows.size() % w.row_bytes == 0 && count <= w.missing_rows)
      << "[EncodePng] " << rows.size() << " bytes for " << w.missing_rows << " rows of " << w.row_bytes;
  w.missing_rows -= count;
  return w.Encode([&] {
    for (int64_t y = 0; y < count; ++y) png_write_row(w.png, rows.data() + y * w.row_bytes);
  });
}

absl::StatusOr<std::string> PngEncoder::Finish() {
  Writer& w = *writer_;
  SG_CHECK(w.missing_rows == 0) << "[EncodePng] " << w.missing_rows << " rows are missing";
  return w.Encode([&] { png_write_end(w.png, nullptr); });
}

absl::StatusOr<std::string> EncodePng(const Image& image, absl::Span<const PngText> text, PngPacking packing) {
  absl::StatusOr<std::unique_ptr<PngEncoder>> encoder =
      PngEncoder::Start(image.width, image.height, image.channels, text, packing);
  if (!encoder.ok()) return encoder.status();
  SG_CHECK(image.pixels.size() == static_cast<size_t>(image.width) * image.channels * image.height)
      << "[EncodePng] " << image.pixels.size() << " bytes for " << image.width << "x" << image.height << "x"
      << image.channels;
  absl::StatusOr<std::string> bytes = (*encoder)->Add(image.pixels);
  if (!bytes.ok()) return bytes;
  const absl::StatusOr<std::string> end = (*encoder)->Finish();
  if (!end.ok()) return end;
  *bytes += *end;
  return bytes;
}

absl::StatusOr<std::vector<PngText>> ReadPngText(absl::string_view bytes) {
  Failure failure;
  Reader reader;
  reader.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &failure, OnError, OnWarning);
  if (reader.png != nullptr) reader.info = png_create_info_struct(reader.png);
  if (reader.info == nullptr) return absl::UnavailableError("no memory to read the PNG");
  png_textp chunks = nullptr;
  int count = 0;
  const bool read = RunGuarded(failure.jump, [&] {
    png_set_read_fn(reader.png, &bytes, OnRead);
    png_set_chunk_cache_max(reader.png, kMaxTextChunks);
    png_set_chunk_malloc_max(reader.png, kMaxTextBytes);
    png_read_info(reader.png, reader.info);
    png_get_text(reader.png, reader.info, &chunks, &count);
  });
  if (!read) return absl::DataLossError(absl::StrCat("PNG is damaged: ", failure.message));
  std::vector<PngText> text;
  for (int i = 0; i < count; ++i) {
    text.emplace_back(chunks[i].key, chunks[i].text != nullptr ? chunks[i].text : "");
  }
  return text;
}

}  // namespace sg::gan
