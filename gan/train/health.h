// Watches a training for the ways in which GANs go wrong, and says in words what it sees and what may help.
//
//   HealthMonitor health(config);
//   for (const std::string& warning : health.Tick(stats.Collect(), trainer.augment_at_limit())) std::cerr << warning;
//   for (const std::string& warning : health.Sheet(images)) std::cerr << warning;
//
// Each condition is told once, and again only if it had ended in between. Ticks in which a network had gradients that
// were not finite are judged by the values that were: divergence itself is the loop's matter.
#ifndef GAN_TRAIN_HEALTH_H_
#define GAN_TRAIN_HEALTH_H_

#include <map>
#include <string>
#include <vector>

#include "gan/config/config.h"
#include "gan/image/image.h"
#include "gan/train/stats.h"

namespace sg::gan {

class HealthMonitor {
 public:
  // A condition of the scores must hold for so many ticks in a row.
  static constexpr int kPatience = 10;
  // The loss of a discriminator that is sure of nearly every image. By guessing it would be 2 ("hinge"), 1.39
  // ("logistic") or 0.69.
  static constexpr double kSureLoss = 0.1;
  // It does not tell reals from fakes: the distance of their mean scores.
  static constexpr double kNoDifference = 0.01;
  // Both mean scores are as far from 0.
  static constexpr double kDrift = 100;
  // A mean gradient norm is this many times the median of the last kPatience ticks.
  static constexpr double kGrowth = 100;
  // The pictures of a sheet differ by this part of what the sheet with the largest differences had.
  static constexpr double kCollapse = 0.25;

  explicit HealthMonitor(const TrainConfig& config) : config_(config) {}

  // The statistics of a tick, and whether adaptive augmentation has reached its largest probability at its end.
  std::vector<std::string> Tick(const std::map<std::string, Summary>& scalars, bool augment_at_limit = false);
  // Pictures of the same latents every time, at least two.
  std::vector<std::string> Sheet(const std::vector<Image>& images);

 private:
  struct Condition {
    int ticks = 0;  // in a row
    bool told = false;
  };

  // Appends `warning` if `holds` has been true for `patience` calls in a row and was not told since it began.
  void Judge(const char* name, bool holds, int patience, const std::string& warning,
             std::vector<std::string>* warnings);

  const TrainConfig config_;
  std::map<std::string, Condition> conditions_;
  std::map<std::string, std::vector<double>> norms_;  // of the last ticks, by the name of the scalar
  double largest_difference_ = 0;
};

// How much the images differ: the root mean square difference of pixel values, from 0 to 255, over pairs of images that
// follow each other. All have one shape.
double MeanDifference(const std::vector<Image>& images);

}  // namespace sg::gan

#endif  // GAN_TRAIN_HEALTH_H_
