#include "gan/image/decode_webp.h"

#include <webp/decode.h>
#include <webp/demux.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gan/image/alpha.h"
#include "gan/image/center_shrink.h"
#include "gan/image/orientation.h"

namespace sg::gan {
namespace {

const uint8_t* Data(absl::string_view bytes) { return reinterpret_cast<const uint8_t*>(bytes.data()); }

absl::Status Failure(VP8StatusCode code) {
  switch (code) {
    case VP8_STATUS_OUT_OF_MEMORY: return absl::UnavailableError("no memory to decode the WebP");
    case VP8_STATUS_SUSPENDED:
    case VP8_STATUS_NOT_ENOUGH_DATA: return absl::DataLossError("WebP is truncated");
    default: return absl::DataLossError("WebP is damaged");
  }
}

struct DemuxerDeleter {
  void operator()(WebPDemuxer* demuxer) const { WebPDemuxDelete(demuxer); }
};
using Demuxer = std::unique_ptr<WebPDemuxer, DemuxerDeleter>;

// Reads as much as there is, since metadata at the end of a cut file affects no pixel. May be null.
Demuxer MakeDemuxer(absl::string_view bytes) {
  const WebPData data = {Data(bytes), bytes.size()};
  return Demuxer(WebPDemuxPartial(&data, nullptr));
}

std::optional<int> FromChunk(const WebPDemuxer* demuxer, const char* name,
                             std::optional<int> (*parse)(absl::string_view)) {
  WebPChunkIterator chunk;
  std::optional<int> orientation;
  if (WebPDemuxGetChunk(demuxer, name, 1, &chunk) != 0) {
    orientation = parse(absl::string_view(reinterpret_cast<const char*>(chunk.chunk.bytes), chunk.chunk.size));
  }
  WebPDemuxReleaseChunkIterator(&chunk);
  return orientation;
}

int Orientation(const WebPDemuxer* demuxer) {
  if (demuxer == nullptr) return 1;
  const std::optional<int> exif = FromChunk(demuxer, "EXIF", ExifOrientation);
  return exif.value_or(FromChunk(demuxer, "XMP ", XmpOrientation).value_or(1));
}

// Decodes a still image of features.width x features.height, or its center square scaled to side x side if side > 0.
absl::StatusOr<Image> DecodeStill(absl::string_view bytes, const WebPBitstreamFeatures& features, int side) {
  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0) return absl::InternalError("libwebp has another version than its headers");
  int width = features.width, height = features.height;
  if (side > 0) {
    const int square = std::min(width, height);
    config.options.use_cropping = 1;
    config.options.crop_left = (width - square) / 2;
    config.options.crop_top = (height - square) / 2;
    config.options.crop_width = config.options.crop_height = square;
    config.options.use_scaling = square > side ? 1 : 0;
    config.options.scaled_width = config.options.scaled_height = side;
    width = height = std::min(square, side);
  }
  const int channels = features.has_alpha != 0 ? 4 : 3;
  const int64_t pixels = int64_t{width} * height;
  Image image{width, height, 3, {}};
  image.pixels.resize(pixels * channels);
  config.output.colorspace = channels == 4 ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = image.pixels.data();
  config.output.u.RGBA.stride = width * channels;
  config.output.u.RGBA.size = image.pixels.size();
  const VP8StatusCode code = WebPDecode(Data(bytes), bytes.size(), &config);
  WebPFreeDecBuffer(&config.output);
  if (code != VP8_STATUS_OK) return Failure(code);
  if (channels == 4) {
    CompositeOnWhite(image.pixels.data(), pixels, image.pixels.data());
    image.pixels.resize(pixels * 3);
  }
  return image;
}

// The pixels of a still image, or of the first frame of an animation.
struct Frame {
  absl::string_view bytes;
  int x = 0, y = 0;  // on the canvas
};

// The whole file if it is so damaged that only the decoder can tell how.
Frame FindFrame(const WebPDemuxer* demuxer, absl::string_view file) {
  Frame frame;
  frame.bytes = file;
  WebPIterator found;
  if (demuxer != nullptr && WebPDemuxGetFrame(demuxer, 1, &found) != 0) {
    if (found.complete != 0) {
      frame.bytes = {reinterpret_cast<const char*>(found.fragment.bytes), found.fragment.size};
      frame.x = found.x_offset;
      frame.y = found.y_offset;
    }
    WebPDemuxReleaseIterator(&found);
  }
  return frame;
}

// The canvas is white where the frame does not cover it.
absl::StatusOr<Image> DecodeFirstFrame(const Frame& frame, const WebPBitstreamFeatures& canvas) {
  WebPBitstreamFeatures features;
  const VP8StatusCode code = WebPGetFeatures(Data(frame.bytes), frame.bytes.size(), &features);
  if (code != VP8_STATUS_OK) return Failure(code);
  if (features.has_animation != 0) return Failure(VP8_STATUS_NOT_ENOUGH_DATA);  // no frame was found in the file
  // Guards the copy below. libwebp checks it too.
  if (frame.x < 0 || frame.y < 0 || features.width > canvas.width - frame.x ||
      features.height > canvas.height - frame.y) {
    return Failure(VP8_STATUS_BITSTREAM_ERROR);
  }
  absl::StatusOr<Image> part = DecodeStill(frame.bytes, features, /*side=*/0);
  if (!part.ok()) return part.status();
  Image image{canvas.width, canvas.height, 3, {}};
  image.pixels.assign(size_t{3} * canvas.width * canvas.height, 255);
  for (int y = 0; y < part->height; ++y) {
    const size_t to = (static_cast<size_t>(frame.y + y) * canvas.width + frame.x) * 3;
    std::memcpy(&image.pixels[to], &part->pixels[static_cast<size_t>(y) * part->width * 3], size_t{3} * part->width);
  }
  return image;
}

}  // namespace

bool IsWebp(absl::string_view bytes) {
  return bytes.size() >= 12 && absl::StartsWith(bytes, "RIFF") && bytes.substr(8, 4) == "WEBP";
}

absl::StatusOr<Image> DecodeWebp(absl::string_view bytes, const DecodeLimits& limits) {
  WebPBitstreamFeatures features;
  const VP8StatusCode code = WebPGetFeatures(Data(bytes), bytes.size(), &features);
  if (code != VP8_STATUS_OK) return Failure(code);
  absl::Status size = CheckImageSize(features.width, features.height, limits);
  if (!size.ok()) return size;

  int side = 0;
  if (int64_t{features.width} * features.height > limits.max_whole_pixels) {
    const int64_t block = CenterShrinkBlock(features.width, features.height, limits.max_whole_pixels);
    side = static_cast<int>(std::min(features.width, features.height) / block);
  }
  const Demuxer demuxer = MakeDemuxer(bytes);
  const Frame frame = FindFrame(demuxer.get(), bytes);
  absl::StatusOr<Image> image;
  if (features.has_animation == 0) {
    image = DecodeStill(frame.bytes, features, side);
  } else if (side == 0) {
    image = DecodeFirstFrame(frame, features);
  } else {
    return absl::InvalidArgumentError(
        absl::StrCat("WebP is an animation of ", features.width, "x", features.height, ", which is too large"));
  }
  if (!image.ok()) return image;
  return ApplyOrientation(*std::move(image), Orientation(demuxer.get()));
}

}  // namespace sg::gan
