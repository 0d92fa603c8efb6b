// Encodes an animated PNG (PNG specification, third edition, section 11.3.6), frame by frame. Programs that know no
// animations show its first frame.
//
//   absl::StatusOr<ApngEncoder> apng = ApngEncoder::Start({/*frames=*/60, /*fps=*/30}, text);
//   absl::StatusOr<std::string> bytes = apng->Add(image);   // for every frame
//   *bytes += apng->Finish();
#ifndef GAN_IMAGE_ENCODE_APNG_H_
#define GAN_IMAGE_ENCODE_APNG_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "gan/image/encode_png.h"
#include "gan/image/image.h"

namespace sg::gan {

// An animation that repeats for ever.
struct AnimationParams {
  int64_t frames = 1;
  int fps = 30;  // frames per second, from 1 to 1000
};

class ApngEncoder {
 public:
  // InvalidArgument for no frame or more than 2^31 - 1.
  static absl::StatusOr<ApngEncoder> Start(const AnimationParams& params, absl::Span<const PngText> text = {});

  // The bytes of the next frame. All frames have the size of the first. Errors are those of EncodePng.
  absl::StatusOr<std::string> Add(const Image& image);
  // The last bytes, after all frames.
  std::string Finish() const;

 private:
  ApngEncoder(const AnimationParams& params, absl::Span<const PngText> text)
      : params_(params), text_(text.begin(), text.end()) {}

  AnimationParams params_;
  std::vector<PngText> text_;
  int64_t added_ = 0;
  uint32_t sequence_ = 0;  // of the next chunk of the animation
  int width_ = 0, height_ = 0, channels_ = 0;
};

}  // namespace sg::gan

#endif  // GAN_IMAGE_ENCODE_APNG_H_
