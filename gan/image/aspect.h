// The proportion of a picture's sides.
//
//   const Aspect wide = {16, 9};
//   LargestPart(1000, 1000, wide);  // {1000, 563}
#ifndef GAN_IMAGE_ASPECT_H_
#define GAN_IMAGE_ASPECT_H_

#include <algorithm>
#include <cstdint>

namespace sg::gan {

struct Aspect {
  int64_t width = 1, height = 1;

  Aspect Transposed() const { return {height, width}; }
};

struct PartSize {
  int width, height;
};

// The largest part of a width x height picture with such sides, rounded to the nearest pixel, at least 1x1.
inline PartSize LargestPart(int width, int height, const Aspect& aspect) {
  const auto side = [](int64_t other, int64_t of, int64_t to, int most) {
    return static_cast<int>(std::clamp<int64_t>((2 * other * to + of) / (2 * of), 1, most));
  };
  if (width * aspect.height > height * aspect.width) return {side(height, aspect.height, aspect.width, width), height};
  return {width, side(width, aspect.width, aspect.height, height)};
}

}  // namespace sg::gan

#endif  // GAN_IMAGE_ASPECT_H_
