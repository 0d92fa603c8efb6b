// Searches the latent w whose picture is most like a target (Karras et al. 2020, appendix D), with the schedule of
// NVIDIA's projector: Adam over w and the noise maps, noise on w that fades, and a learning rate that rises and falls.
//
//   Projector projector = Projector::Start(model, generator, target, &features, label, params);
//   while (projector.step() < params.steps) projector.Step();
//   Tensor w = projector.W();   // [K,1,d]
//
// It can be stopped at any step. The search that continues from Save gives the same bits.
#ifndef GAN_EDIT_PROJECTOR_H_
#define GAN_EDIT_PROJECTOR_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "gan/config/config.h"
#include "gan/edit/image_loss.h"
#include "gan/metrics/features/efficientnet_lite0.h"
#include "gan/model/network.h"

namespace sg::gan {

struct ProjectorParams {
  int steps = 1000;
  bool w_plus = false;  // a latent of its own for every entry of w: closer to the target, and less like the model
  bool noise = true;    // search the noise maps, too; else they are the constant noise of Sampler for seed 0
  // Of Adam at its height. For w it is multiplied by the deviation of the elements of w, which NVIDIA's networks have
  // near 1 and others far below.
  double lr = 0.1;
  double w_noise = 0.05;        // of w's deviation, at the start
  double noise_weight = 1e5;    // of NoisePenalty
  double spread_weight = 0.01;  // with w_plus, of the mean squared distance of its latents from their mean
  uint64_t seed = 0;            // of the first noise maps and of the noise on w
  ImageLossParams loss;
};

// What step `step`, from 0 to steps - 1, uses.
struct ProjectorSchedule {
  double lr = 0;       // times ProjectorParams::lr
  double w_noise = 0;  // times ProjectorParams::w_noise
};
ProjectorSchedule ProjectorScheduleAt(int step, int steps);

// Says how much noise maps [1,r,r,1] carry a picture: the squared mean products of neighbors, horizontally and
// vertically with the edges joined, at every scale down to 8 pixels, added up. Zero for white noise of any size.
Tensor NoisePenalty(const std::vector<Tensor>& maps);

class Projector {
 public:
  // The target [1,H,W,C] in [0,1] has the size and the channels of the model, 1 or 3. `features` may be null, as in
  // ImageLoss, else it must outlive this object. `label` [1,label_dim] is undefined without labels; w starts at the
  // mean for this label.
  static Projector Start(const ModelConfig& model, std::shared_ptr<const GeneratorNetwork> generator,
                         const Tensor& target, const EfficientNetLite0* features, const Tensor& label,
                         const ProjectorParams& params);

  int step() const { return step_; }  // steps done
  // One step, of which there are params.steps. Returns the distance of the picture to the target, without penalties.
  // A step whose gradient is not finite changes nothing.
  double Step();

  Tensor W() const;        // [K,1,d]
  Tensor Picture() const;  // [1,H,W,C], nominally in [0,1], with the noise maps

  // Everything that the search has learned, with the target and the parameters, as .npz.
  absl::Status Save(const std::string& path) const;
  // Continues from such a file. Errors begin with the path: those of the file, and FailedPrecondition for one of
  // another network, target or other parameters.
  absl::Status Load(const std::string& path);

 private:
  // A tensor that is searched, and Adam's moments of it.
  struct Variable {
    Tensor value, m, v;
  };

  Projector(const ModelConfig& model, std::shared_ptr<const GeneratorNetwork> generator, const Tensor& target,
            const EfficientNetLite0* features, const ProjectorParams& params);
  void FindMeanOfW(const Tensor& label);
  void MakeVariables();
  Tensor PictureOf(const Tensor& w) const;
  void Update(Variable* variable, const Tensor& gradient, double lr) const;
  std::vector<float> Fingerprint() const;
  std::vector<std::pair<std::string, Tensor*>> State();

  ModelConfig model_;
  std::shared_ptr<const GeneratorNetwork> generator_;
  Tensor target_;
  ImageLoss loss_;
  ProjectorParams params_;
  Tensor mean_w_;                // [1,1,d]
  double deviation_ = 0;         // NVIDIA's w_std: the root of the mean squared distance of w from its mean
  Variable w_;                   // [1,1,d], or with w_plus [K,1,d]
  std::vector<Variable> noise_;  // in the order of the blocks, [1,r,r,1] each; empty if the model has none
  int step_ = 0;
};

}  // namespace sg::gan

#endif  // GAN_EDIT_PROJECTOR_H_
