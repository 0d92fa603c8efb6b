#include "gan/image/encode_webp.h"

#include <webp/encode.h>
#include <webp/mux.h>

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"

namespace sg::gan {
namespace {

constexpr int kLossless = 100;

absl::Status CheckSize(int width, int height) {
  if (width > 0 && height > 0 && width <= WEBP_MAX_DIMENSION && height <= WEBP_MAX_DIMENSION) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("a WebP cannot be ", width, "x", height, " pixels; a side has 1 to ", WEBP_MAX_DIMENSION));
}

absl::Status NoMemory() { return absl::UnavailableError("no memory to encode the WebP"); }

absl::StatusOr<WebPConfig> ConfigOf(int quality) {
  SG_CHECK(quality >= 0 && quality <= 100) << "[EncodeWebp] quality " << quality;
  WebPConfig config;
  if (WebPConfigInit(&config) == 0) return absl::InternalError("libwebp has another version than its header");
  config.quality = static_cast<float>(quality);
  if (quality == kLossless) {
    constexpr int kLosslessEffort = 6;  // libwebp's default, of 0 to 9
    if (WebPConfigLosslessPreset(&config, kLosslessEffort) == 0) return absl::InternalError("libwebp has no preset");
    config.exact = 1;  // also the colors behind transparent pixels
  }
  return config;
}

struct Picture {
  WebPPicture picture;
  ~Picture() { WebPPictureFree(&picture); }
};

// [height,width,1 or 2] -> [height,width,3 or 4].
std::vector<uint8_t> Colored(const Image& image) {
  const size_t step = image.channels;
  std::vector<uint8_t> colored;
  colored.reserve(image.pixels.size() / step * (step + 2));
  for (size_t i = 0; i < image.pixels.size(); i += step) {
    colored.insert(colored.end(), 3, image.pixels[i]);
    if (step == 2) colored.push_back(image.pixels[i + 1]);
  }
  return colored;
}

absl::Status Import(const Image& image, bool lossless, Picture* out) {
  SG_CHECK(image.channels >= 1 && image.channels <= 4 &&
           image.pixels.size() == static_cast<size_t>(image.width) * image.height * image.channels)
      << "[EncodeWebp] " << image.pixels.size() << " bytes for " << image.width << "x" << image.height << "x"
      << image.channels;
  WebPPicture& picture = out->picture;
  if (WebPPictureInit(&picture) == 0) return absl::InternalError("libwebp has another version than its header");
  picture.use_argb = lossless ? 1 : 0;
  picture.width = image.width;
  picture.height = image.height;
  const std::vector<uint8_t> colored = image.channels <= 2 ? Colored(image) : std::vector<uint8_t>();
  const uint8_t* const pixels = colored.empty() ? image.pixels.data() : colored.data();
  const bool alpha = image.channels % 2 == 0;
  const int stride = image.width * (alpha ? 4 : 3);
  const int imported =
      alpha ? WebPPictureImportRGBA(&picture, pixels, stride) : WebPPictureImportRGB(&picture, pixels, stride);
  return imported != 0 ? absl::OkStatus() : NoMemory();
}

}  // namespace

absl::StatusOr<std::string> EncodeWebp(const Image& image, int quality) {
  const absl::Status size = CheckSize(image.width, image.height);
  if (!size.ok()) return size;
  const absl::StatusOr<WebPConfig> config = ConfigOf(quality);
  if (!config.ok()) return config.status();
  Picture picture;
  const absl::Status imported = Import(image, quality == kLossless, &picture);
  if (!imported.ok()) return imported;
  std::string bytes;
  picture.picture.custom_ptr = &bytes;
  picture.picture.writer = [](const uint8_t* data, size_t size, const WebPPicture* p) {
    static_cast<std::string*>(p->custom_ptr)->append(reinterpret_cast<const char*>(data), size);
    return 1;
  };
  if (WebPEncode(&*config, &picture.picture) != 0) return bytes;
  const WebPEncodingError error = picture.picture.error_code;
  if (error == VP8_ENC_ERROR_OUT_OF_MEMORY || error == VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY) return NoMemory();
  return absl::InternalError(absl::StrCat("WebP cannot be encoded: error ", static_cast<int>(error)));
}

struct WebpAnimation::Encoder {
  WebPAnimEncoder* encoder = nullptr;
  WebPConfig config = {};
  int width = 0, height = 0, fps = 0, quality = 0;
  int64_t frames = 0;
  ~Encoder() { WebPAnimEncoderDelete(encoder); }

  int Milliseconds() const { return static_cast<int>(frames * 1000 / fps); }
  absl::Status Error(absl::string_view what) const {
    return absl::InternalError(
        absl::StrCat("the animated WebP cannot be ", what, ": ", WebPAnimEncoderGetError(encoder)));
  }
};

WebpAnimation::WebpAnimation(std::unique_ptr<Encoder> encoder) : encoder_(std::move(encoder)) {}
WebpAnimation::~WebpAnimation() = default;

absl::StatusOr<std::unique_ptr<WebpAnimation>> WebpAnimation::Start(int width, int height, int fps, int quality) {
  SG_CHECK(fps >= 1 && fps <= 1000) << "[WebpAnimation] " << fps << " frames per second";
  const absl::Status size = CheckSize(width, height);
  if (!size.ok()) return size;
  const absl::StatusOr<WebPConfig> config = ConfigOf(quality);
  if (!config.ok()) return config.status();
  WebPAnimEncoderOptions options;
  if (WebPAnimEncoderOptionsInit(&options) == 0) {
    return absl::InternalError("libwebpmux has another version than its header");
  }
  auto encoder = std::make_unique<Encoder>();
  encoder->config = *config;
  encoder->width = width;
  encoder->height = height;
  encoder->fps = fps;
  encoder->quality = quality;
  encoder->encoder = WebPAnimEncoderNew(width, height, &options);
  if (encoder->encoder == nullptr) return NoMemory();
  return std::unique_ptr<WebpAnimation>(new WebpAnimation(std::move(encoder)));
}

absl::Status WebpAnimation::Add(const Image& image) {
  Encoder& e = *encoder_;
  SG_CHECK(image.width == e.width && image.height == e.height)
      << "[WebpAnimation] a frame of " << image.width << "x" << image.height << " in " << e.width << "x" << e.height;
  Picture picture;
  const absl::Status imported = Import(image, /*lossless=*/true, &picture);  // the encoder compares pixels in ARGB
  if (!imported.ok()) return imported;
  if (WebPAnimEncoderAdd(e.encoder, &picture.picture, e.Milliseconds(), &e.config) == 0) return e.Error("encoded");
  ++e.frames;
  return absl::OkStatus();
}

absl::StatusOr<std::string> WebpAnimation::Finish() {
  Encoder& e = *encoder_;
  SG_CHECK(e.frames > 0) << "[WebpAnimation] no frames";
  if (WebPAnimEncoderAdd(e.encoder, nullptr, e.Milliseconds(), nullptr) == 0) return e.Error("encoded");
  WebPData data;
  WebPDataInit(&data);
  if (WebPAnimEncoderAssemble(e.encoder, &data) == 0) return e.Error("assembled");
  std::string bytes(reinterpret_cast<const char*>(data.bytes), data.size);
  WebPDataClear(&data);
  return bytes;
}

}  // namespace sg::gan
