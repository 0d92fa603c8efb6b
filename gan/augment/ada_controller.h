// The feedback loop of adaptive discriminator augmentation: it raises p, the probability of each transform, while the
// discriminator overfits, and lowers it otherwise. The measure of overfitting is r_t, the mean sign of the scores of
// all real images since the last update: 0 for a discriminator that guesses, 1 for one that knows every image.
//
//   AdaController controller;                    // p = 0
//   controller.Observe(Mean(Sign(scores)), 32);  // for every evaluation of real images
//   controller.EndStep(rule, ++steps);           // p moves after every kAdaInterval steps
#ifndef GAN_AUGMENT_ADA_CONTROLLER_H_
#define GAN_AUGMENT_ADA_CONTROLLER_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "engine/tensor/tensor.h"

namespace sg::gan {

inline constexpr int kAdaInterval = 4;  // steps between two updates of p
// The largest p, as a count of AdaController. Above some 0.85 the generator begins to show the transforms in its own
// pictures. NVIDIA has no limit; a p that gets here would run away.
inline constexpr int64_t kAdaUnits = 1'000'000'000'000;
inline constexpr int64_t kAdaMost = 850'000'000'000;

struct AdaRule {
  double target = 0.6;  // of r_t
  double kimg = 500;    // thousand images in which p can go from 0 to 1
  int batch = 32;
};

class AdaController {
 public:
  double p() const { return static_cast<double>(units_) / static_cast<double>(kAdaUnits); }
  bool at_limit() const { return units_ == kAdaMost; }

  // The mean sign of the scores of so many real images. The tensor is not read before p is due.
  void Observe(const Tensor& mean_sign, int64_t images) { pending_.push_back({mean_sign, images}); }

  // Starts at this p, as far as the limit allows.
  void Start(double p);

  // After each step, the number `steps` from 1 on. When p is due, this waits for the device.
  void EndStep(const AdaRule& rule, int64_t steps);

  // Calls f(name, max, value) for the counts that a checkpoint holds. Waits for the device, since they include what was
  // observed.
  template <typename F>
  void Visit(F&& f) {
    constexpr int64_t kMany = int64_t{1} << 60;
    Read();
    f("augment.p", kAdaMost, units_);
    f("augment.images", kMany, images_);
    f("augment.signs", kMany, signs_);
  }

 private:
  struct Pending {
    Tensor mean_sign;
    int64_t images;
  };

  // Adds what is pending to the counts. A sign that is not a number does not count.
  void Read();

  std::vector<Pending> pending_;
  int64_t units_ = 0;   // p
  int64_t images_ = 0;  // real images since the last update
  int64_t signs_ = 0;   // the sum over them of 1 + the sign of the score, which is never negative
};

}  // namespace sg::gan

#endif  // GAN_AUGMENT_ADA_CONTROLLER_H_
