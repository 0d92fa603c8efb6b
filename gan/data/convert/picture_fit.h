// Brings pictures to the size and the channels of a data set.
//
//   const PictureFit fit = {FitMode::kCenterCrop, {256, 256, 3}};
//   absl::StatusOr<FittedPicture> fitted = FitPicture(fit, picture, DecodeLimits());
#ifndef GAN_DATA_CONVERT_PICTURE_FIT_H_
#define GAN_DATA_CONVERT_PICTURE_FIT_H_

#include "absl/status/statusor.h"
#include "gan/data/streams/picture_stream.h"
#include "gan/image/decode_limits.h"
#include "gan/image/image.h"
#include "gan/image/image_spec.h"

namespace sg::gan {

enum class FitMode {
  kKeep,            // the size of the picture
  kCenterCrop,      // the largest center part of the wanted aspect, resized: what `train` does
  kCenterCropWide,  // the same, with black bars that make it a square
  kStretch,         // the whole picture, resized
};

struct PictureFit {
  FitMode mode = FitMode::kKeep;
  ImageSpec spec;  // of the result, for kCenterCropWide without the bars; kKeep takes only its channels
};

struct FittedPicture {
  Image image;
  bool enlarged = false;  // a side had fewer pixels than the result
};

// Errors, without the picture's name: picture.status, and those of DecodeImage. For kKeep and kStretch, a picture of
// more than limits.max_whole_pixels is too large.
absl::StatusOr<FittedPicture> FitPicture(const PictureFit& fit, const Picture& picture, const DecodeLimits& limits);

}  // namespace sg::gan

#endif  // GAN_DATA_CONVERT_PICTURE_FIT_H_
