#include "gan/image/encode_apng.h"

#include <zlib.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "engine/base/check.h"

namespace sg::gan {
namespace {

constexpr size_t kSignatureBytes = 8;
constexpr size_t kLengthBytes = 4, kTypeBytes = 4, kCrcBytes = 4;
constexpr int64_t kMaxFrames = 0x7fffffff;

std::string BigEndian(uint32_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<char>(value >> (8 * i)));
  return out;
}

uint32_t ReadBigEndian(absl::string_view bytes) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(bytes[i]);
  return value;
}

// `type` and `data` in a row, as their CRC covers both.
std::string Chunk(const std::string& type_and_data) {
  const uLong crc =
      crc32(0, reinterpret_cast<const Bytef*>(type_and_data.data()), static_cast<uInt>(type_and_data.size()));
  return absl::StrCat(BigEndian(static_cast<uint32_t>(type_and_data.size() - kTypeBytes), 4), type_and_data,
                      BigEndian(static_cast<uint32_t>(crc), 4));
}

}  // namespace

absl::StatusOr<ApngEncoder> ApngEncoder::Start(const AnimationParams& params, absl::Span<const PngText> text) {
  SG_CHECK(params.fps >= 1 && params.fps <= 1000) << "[ApngEncoder] " << params.fps << " frames per second";
  if (params.frames < 1 || params.frames > kMaxFrames) {
    return absl::InvalidArgumentError(absl::StrCat("an animated PNG cannot have ", params.frames, " frames"));
  }
  return ApngEncoder(params, text);
}

absl::StatusOr<std::string> ApngEncoder::Add(const Image& image) {
  SG_CHECK(added_ < params_.frames) << "[ApngEncoder] more than " << params_.frames << " frames";
  const bool first = added_++ == 0;
  if (first) {
    width_ = image.width;
    height_ = image.height;
    channels_ = image.channels;
  }
  SG_CHECK(image.width == width_ && image.height == height_ && image.channels == channels_)
      << "[ApngEncoder] a frame of " << image.width << "x" << image.height << "x" << image.channels << " after one of "
      << width_ << "x" << height_ << "x" << channels_;
  const absl::StatusOr<std::string> png = EncodePng(image, first ? text_ : std::vector<PngText>());
  if (!png.ok()) return png.status();

  std::string out = first ? png->substr(0, kSignatureBytes) : "";
  bool has_control = false;
  for (size_t at = kSignatureBytes; at < png->size();) {
    const size_t length = ReadBigEndian(absl::string_view(*png).substr(at));
    const absl::string_view whole = absl::string_view(*png).substr(at, kLengthBytes + kTypeBytes + length + kCrcBytes);
    const absl::string_view type = whole.substr(kLengthBytes, kTypeBytes);
    const absl::string_view data = whole.substr(kLengthBytes + kTypeBytes, length);
    at += whole.size();
    if (type == "IEND") break;
    if (type != "IDAT") {  // the header and the texts, once
      if (first) absl::StrAppend(&out, whole);
      if (first && type == "IHDR") {
        out += Chunk(absl::StrCat("acTL", BigEndian(static_cast<uint32_t>(params_.frames), 4), BigEndian(0, 4)));
      }
      continue;
    }
    if (!has_control) {
      has_control = true;
      // Sequence number, size, place, duration 1/fps, and two zeros: neither disposed of nor blended.
      out += Chunk(absl::StrCat("fcTL", BigEndian(sequence_++, 4), BigEndian(static_cast<uint32_t>(width_), 4),
                                BigEndian(static_cast<uint32_t>(height_), 4), BigEndian(0, 4), BigEndian(0, 4),
                                BigEndian(1, 2), BigEndian(static_cast<uint32_t>(params_.fps), 2), BigEndian(0, 2)));
    }
    out += first ? std::string(whole) : Chunk(absl::StrCat("fdAT", BigEndian(sequence_++, 4), data));
  }
  return out;
}

std::string ApngEncoder::Finish() const {
  SG_CHECK(added_ == params_.frames) << "[ApngEncoder] " << added_ << " of " << params_.frames << " frames";
  return Chunk("IEND");
}

}  // namespace sg::gan
