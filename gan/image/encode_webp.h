// Encodes images as WebP, single or animated.
//
//   absl::StatusOr<std::string> bytes = EncodeWebp(image, /*quality=*/90);
//
//   absl::StatusOr<std::unique_ptr<WebpAnimation>> animation = WebpAnimation::Start(width, height, /*fps=*/30, 90);
//   if (absl::Status s = (*animation)->Add(image); !s.ok()) return s;   // for every frame
//   bytes = (*animation)->Finish();
//
// An image has 1 (gray), 2 (gray and alpha), 3 (RGB) or 4 (RGBA) channels. The quality is from 0 to 100, and 100 stores
// every pixel exactly. InvalidArgument for an empty image or a side above 16383 pixels, which the format does not have;
// Unavailable if there is no memory.
#ifndef GAN_IMAGE_ENCODE_WEBP_H_
#define GAN_IMAGE_ENCODE_WEBP_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gan/image/image.h"

namespace sg::gan {

absl::StatusOr<std::string> EncodeWebp(const Image& image, int quality);

// An animation that repeats for ever. It holds its compressed frames in memory.
class WebpAnimation {
 public:
  static absl::StatusOr<std::unique_ptr<WebpAnimation>> Start(int width, int height, int fps, int quality);
  ~WebpAnimation();

  // The next frame, of the size given to Start.
  absl::Status Add(const Image& image);
  // The bytes of the file. To be called once, after one frame or more.
  absl::StatusOr<std::string> Finish();

 private:
  struct Encoder;
  explicit WebpAnimation(std::unique_ptr<Encoder> encoder);

  const std::unique_ptr<Encoder> encoder_;
};

}  // namespace sg::gan

#endif  // GAN_IMAGE_ENCODE_WEBP_H_
