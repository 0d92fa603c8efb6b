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

// Decodes a still image of features.width x features.height, or with `block` > 0 its center part of form.aspect,
// reduced to a block-th.
absl::StatusOr<Image> DecodeStill(absl::string_view bytes, const WebPBitstreamFeatures& features,
                                  const DecodedForm& form, int64_t block) {
  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0) return absl::InternalError("libwebp has another version than its headers");
  int width = features.width, height = features.height;
  if (block > 0) {
    const PartSize part = LargestPart(width, height, form.aspect);
    config.options.use_cropping = 1;
    config.options.crop_left = (width - part.width) / 2;
    config.options.crop_top = (height - part.height) / 2;
    config.options.crop_width = part.width;
    config.options.crop_height = part.height;
    config.options.use_scaling = block > 1 ? 1 : 0;
    width = config.options.scaled_width = static_cast<int>(part.width / block);
    height = config.options.scaled_height = static_cast<int>(part.height / block);
  }
  const int channels = form.alpha || features.has_alpha != 0 ? 4 : 3;
  const int64_t pixels = int64_t{width} * height;
  Image image{width, height, form.channels(), {}};
  image.pixels.resize(pixels * channels);
  config.output.colorspace = channels == 4 ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = image.pixels.data();
  config.output.u.RGBA.stride = width * channels;
  config.output.u.RGBA.size = image.pixels.size();
  const VP8StatusCode code = WebPDecode(Data(bytes), bytes.size(), &config);
  WebPFreeDecBuffer(&config.output);
  if (code != VP8_STATUS_OK) return Failure(code);
  if (channels == 4 && !form.alpha) {
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

// The canvas is white where the frame does not cover it, or transparent.
absl::StatusOr<Image> DecodeFirstFrame(const Frame& frame, const WebPBitstreamFeatures& canvas,
                                       const DecodedForm& form) {
  WebPBitstreamFeatures features;
  const VP8StatusCode code = WebPGetFeatures(Data(frame.bytes), frame.bytes.size(), &features);
  if (code != VP8_STATUS_OK) return Failure(code);
  if (features.has_animation != 0) return Failure(VP8_STATUS_NOT_ENOUGH_DATA);  // no frame was found in the file
  // Guards the copy below. libwebp checks it too.
  if (frame.x < 0 || frame.y < 0 || features.width > canvas.width - frame.x ||
      features.height > canvas.height - frame.y) {
    return Failure(VP8_STATUS_BITSTREAM_ERROR);
  }
  absl::StatusOr<Image> part = DecodeStill(frame.bytes, features, form, /*block=*/0);
  if (!part.ok()) return part.status();
  const size_t channels = form.channels();
  Image image{canvas.width, canvas.height, form.channels(), {}};
  image.pixels.assign(channels * canvas.width * canvas.height, form.alpha ? 0 : 255);
  for (int y = 0; y < part->height; ++y) {
    const size_t to = (static_cast<size_t>(frame.y + y) * canvas.width + frame.x) * channels;
    std::memcpy(&image.pixels[to], &part->pixels[channels * part->width * y], channels * part->width);
  }
  return image;
}

}  // namespace

bool IsWebp(absl::string_view bytes) {
  return bytes.size() >= 12 && absl::StartsWith(bytes, "RIFF") && bytes.substr(8, 4) == "WEBP";
}

absl::StatusOr<Image> DecodeWebp(absl::string_view bytes, const DecodeLimits& limits, const DecodedForm& form) {
  WebPBitstreamFeatures features;
  const VP8StatusCode code = WebPGetFeatures(Data(bytes), bytes.size(), &features);
  if (code != VP8_STATUS_OK) return Failure(code);
  absl::Status size = CheckImageSize(features.width, features.height, limits);
  if (!size.ok()) return size;

  const Demuxer demuxer = MakeDemuxer(bytes);
  const int orientation = Orientation(demuxer.get());
  const DecodedForm in_file = BeforeOrientation(form, orientation);
  int64_t block = 0;
  if (int64_t{features.width} * features.height > limits.max_whole_pixels) {
    block = CenterShrinkBlock(LargestPart(features.width, features.height, in_file.aspect), limits.max_whole_pixels);
  }
  const Frame frame = FindFrame(demuxer.get(), bytes);
  absl::StatusOr<Image> image;
  if (features.has_animation == 0) {
    image = DecodeStill(frame.bytes, features, in_file, block);
  } else if (block == 0) {
    image = DecodeFirstFrame(frame, features, in_file);
  } else {
    return absl::InvalidArgumentError(
        absl::StrCat("WebP is an animation of ", features.width, "x", features.height, ", which is too large"));
  }
  if (!image.ok()) return image;
  return ApplyOrientation(*std::move(image), orientation);
}

}  // namespace sg::gan
