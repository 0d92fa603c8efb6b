#include "gan/image/encode_jpeg.h"

#include <turbojpeg.h>

#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "gan/image/alpha.h"

namespace sg::gan {
namespace {

constexpr int kMaxSide = 65500;  // of the format, as libjpeg reads it
constexpr int kFullColorFromQuality = 90;

struct Compressor {
  tjhandle handle = tjInitCompress();
  unsigned char* bytes = nullptr;
  unsigned long size = 0;  // NOLINT(google-runtime-int): the library's type
  ~Compressor() {
    tjFree(bytes);
    if (handle != nullptr) tjDestroy(handle);
  }
};

// Without the alpha channel of 2 or 4.
std::vector<uint8_t> OnWhite(const Image& image) {
  const size_t count = static_cast<size_t>(image.width) * image.height;
  if (image.channels == 4) {
    std::vector<uint8_t> rgb(count * 3);
    CompositeOnWhite(image.pixels.data(), static_cast<int64_t>(count), rgb.data());
    return rgb;
  }
  std::vector<uint8_t> gray(count);
  for (size_t i = 0; i < count; ++i) {
    const int value = image.pixels[2 * i], alpha = image.pixels[2 * i + 1];
    gray[i] = static_cast<uint8_t>((value * alpha + 255 * (255 - alpha) + 127) / 255);
  }
  return gray;
}

}  // namespace

absl::StatusOr<std::string> EncodeJpeg(const Image& image, int quality) {
  SG_CHECK(quality >= 1 && quality <= 100) << "[EncodeJpeg] quality " << quality;
  if (image.width < 1 || image.height < 1 || image.width > kMaxSide || image.height > kMaxSide) {
    return absl::InvalidArgumentError(
        absl::StrCat("a JPEG cannot be ", image.width, "x", image.height, " pixels; a side has 1 to ", kMaxSide));
  }
  SG_CHECK(image.channels >= 1 && image.channels <= 4 &&
           image.pixels.size() == static_cast<size_t>(image.width) * image.height * image.channels)
      << "[EncodeJpeg] " << image.pixels.size() << " bytes for " << image.width << "x" << image.height << "x"
      << image.channels;
  const bool gray = image.channels <= 2;
  const std::vector<uint8_t> opaque = image.channels % 2 == 0 ? OnWhite(image) : std::vector<uint8_t>();
  Compressor compressor;
  if (compressor.handle == nullptr) return absl::UnavailableError("no memory to encode the JPEG");
  const int subsampling = gray ? TJSAMP_GRAY : quality >= kFullColorFromQuality ? TJSAMP_444 : TJSAMP_420;
  const uint8_t* const pixels = opaque.empty() ? image.pixels.data() : opaque.data();
  if (tjCompress2(compressor.handle, pixels, image.width, /*pitch=*/0, image.height, gray ? TJPF_GRAY : TJPF_RGB,
                  &compressor.bytes, &compressor.size, subsampling, quality, TJFLAG_ACCURATEDCT) != 0) {
    return absl::InternalError(absl::StrCat("JPEG cannot be encoded: ", tjGetErrorStr2(compressor.handle)));
  }
  return std::string(reinterpret_cast<const char*>(compressor.bytes), compressor.size);
}

}  // namespace sg::gan
