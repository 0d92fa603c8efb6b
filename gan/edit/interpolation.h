// Paths between latents, for videos.
//
//   InterpolationParams params;
//   params.path = LatentPath::kCubic;
//   params.keyframes = 5;
//   Tensor w = InterpolateW(keys, params, /*begin=*/0, params.NumFrames());   // [K,5,d] -> [K,300,d]
//
// Keyframe k is frame k * frames_per_key. A loop returns to the first keyframe, and its last frame is the one before
// that.
#ifndef GAN_EDIT_INTERPOLATION_H_
#define GAN_EDIT_INTERPOLATION_H_

#include <cstdint>

#include "engine/tensor/tensor.h"

namespace sg::gan {

enum class LatentPath : uint8_t {
  kSlerp,   // between z: along the great circle (Shoemake 1985), as z is normally distributed
  kLinear,  // between w: straight
  kCubic,   // between w: the smoothest loop, the periodic cubic spline through the keyframes
};

struct InterpolationParams {
  LatentPath path = LatentPath::kCubic;
  int64_t keyframes = 2;
  int64_t frames_per_key = 60;
  bool loop = true;  // kCubic always is one

  int64_t NumFrames() const { return loop ? keyframes * frames_per_key : (keyframes - 1) * frames_per_key + 1; }
};

// w of the keyframes [K,keyframes,d] -> w of the frames [begin, begin + count), [K,count,d]. The path is
// kLinear or kCubic.
Tensor InterpolateW(const Tensor& keys, const InterpolationParams& params, int64_t begin, int64_t count);

// z of the keyframes [keyframes,d] -> z of the frames [begin, begin + count), [count,d]. The path is kSlerp: with the
// angle p between a and b, sin((1-t) p) / sin(p) a + sin(t p) / sin(p) b. If they lie on one line, it is the straight
// one.
Tensor InterpolateZ(const Tensor& keys, const InterpolationParams& params, int64_t begin, int64_t count);

}  // namespace sg::gan

#endif  // GAN_EDIT_INTERPOLATION_H_
