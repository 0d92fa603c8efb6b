// The sliced Wasserstein distance SWD (Karras et al. 2018, "Progressive Growing"), which needs no feature network. It
// compares small patches of the reals and the fakes at each level of their Laplacian pyramids.
//
//   PatchCollector reals(spec, /*seed=*/1), fakes(spec, /*seed=*/2);
//   reals.Add(image);  // as often as needed; as many fakes
//   for (const Estimate& level : EstimateSlicedWasserstein(reals, fakes, /*replicates=*/20, /*seed=*/0)) ...
#ifndef GAN_METRICS_SLICED_WASSERSTEIN_H_
#define GAN_METRICS_SLICED_WASSERSTEIN_H_

#include <cstdint>
#include <random>
#include <vector>

#include "absl/types/span.h"
#include "gan/image/image.h"
#include "gan/image/image_spec.h"
#include "gan/metrics/estimate.h"
#include "gan/sample/numpy_random.h"

namespace sg::gan {

constexpr int kPatchSide = 7, kPatchesPerImage = 128;

// A square image of floats [side,side,channels].
struct PyramidLevel {
  int64_t side = 0, channels = 0;
  std::vector<float> values;
};

// The Laplacian pyramid from the full size down to 16: each level less its own next level enlarged, and the last as it
// is. The filter is the binomial (1 4 6 4 1)^2 / 256 with mirrored borders. The image is square, with a side that is a
// power of two and at least 16.
std::vector<PyramidLevel> LaplacianPyramid(const Image& image);

// The mean distance of the sorted projections of two sets [n,dim] on random unit vectors: `repeats` times `directions`
// of them, from the normal numbers of `random`.
double SlicedWassersteinDistance(absl::Span<const float> a, absl::Span<const float> b, int64_t dim, int repeats,
                                 int directions, NumpyRandomState* random);

// The patches of a set of images: 128 of 7x7 pixels at random places of each level of each image.
class PatchCollector {
 public:
  // The side of the images is a power of two and at least 16. 75 KB of memory per image and level.
  PatchCollector(const ImageSpec& spec, uint64_t seed);

  void Add(const Image& image);

  int64_t images() const { return images_; }
  int levels() const { return static_cast<int>(levels_.size()); }
  // [images * 128, 147] of a level, each channel with mean 0 and deviation 1 over all patches.
  std::vector<float> Normalized(int level) const;
  int64_t dim() const { return int64_t{kPatchSide} * kPatchSide * spec_.channels; }

 private:
  const ImageSpec spec_;
  std::mt19937_64 random_;
  int64_t images_ = 0;
  std::vector<std::vector<float>> levels_;
};

// The distances of all levels, from the full size to 16, and then their mean, each times 1000. Both sets have the same
// number of images, at least two. The interval is by replicates that draw images of both sets with replacement, along
// one repeat of the directions.
std::vector<Estimate> EstimateSlicedWasserstein(const PatchCollector& reals, const PatchCollector& fakes,
                                                int replicates, uint32_t seed);

}  // namespace sg::gan

#endif  // GAN_METRICS_SLICED_WASSERSTEIN_H_
