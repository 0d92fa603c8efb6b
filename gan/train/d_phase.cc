#include "gan/train/d_phase.h"

#include <cstdint>
#include <utility>

#include "absl/types/span.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/reduce.h"
#include "engine/runtime/step_scope.h"
#include "engine/tensor/op_observer.h"
#include "engine/tensor/record_scope.h"
#include "gan/loss/adversarial.h"
#include "gan/loss/r1_penalty.h"
#include "gan/train/critic.h"
#include "gan/train/fakes.h"
#include "gan/train/gradients.h"
#include "gan/train/labels.h"
#include "gan/train/schedule.h"

namespace sg::gan {
namespace {

using Images = Critic::Labeled;

// A part of the batch on the device.
struct Part {
  Tensor bytes;                     // [n,H,W,C]
  Tensor real_labels, fake_labels;  // [n,label_dim], undefined if the model has none
};

// One update of the discriminator, or two.
class Phase {
 public:
  Phase(const TrainConfig& config, TrainState* state, std::vector<StepScalar>* scalars)
      : config_(config),
        state_(*state),
        critic_(config, state),
        parameters_(nn::Tensors(state->trained_discriminator_parameters)),
        scalars_(*scalars) {}

  void Update(const std::vector<Part>& parts, bool r1_in_loss) {
    std::vector<Tensor> gradients;
    for (const Part& part : parts) {
      Images fake;
      {
        RecordScope no_record(false);
        fake = {GenerateFakes(config_, config_.MicroBatch(), part.fake_labels, &state_).pixels, part.fake_labels};
      }
      const Images real = {ToPixels(part.bytes), part.real_labels};
      AddPart(&gradients, r1_in_loss ? GradientsWithR1(fake, real) : Gradients(fake, real), config_.grad_accum);
    }
    scalars_.push_back({"Gradient/D/norm", state_.adam.Step(kDiscriminatorGroup, gradients)});
  }

  void UpdateWithR1Alone(const std::vector<Part>& parts) {
    const TraceScope trace("RegularizeDiscriminator");
    std::vector<Tensor> gradients;
    for (const Part& part : parts) {
      const Tensor real = ToPixels(part.bytes).Detach().Track();
      const Tensor scores = critic_.Scores(real, part.real_labels);
      ReportSigns(scores);
      const Tensor penalty = R1Penalty(real, scores);
      scalars_.push_back({"Loss/r1_penalty", penalty.Detach()});
      AddPart(&gradients, GradOnce({Scale(penalty, R1Weight(config_.loss))}, parameters_), config_.grad_accum);
    }
    scalars_.push_back({"Gradient/D/r1_norm", state_.adam.Step(kDiscriminatorGroup, gradients)});
  }

 private:
  // Bytes to the model's range.
  Tensor ToPixels(const Tensor& bytes) const {
    const Tensor pixels = Cast(bytes, DType::kF32);
    return config_.model.SignedImages() ? Affine(pixels, 2.0 / 255, -1) : Scale(pixels, 1.0 / 255);
  }

  std::vector<Tensor> Gradients(const Images& fake, const Images& real) {
    const Critic::Pair scores = critic_.Scores(fake, real);
    const Tensor fake_loss = FakeLoss(config_.loss.loss, scores.fake);
    const Tensor real_loss = RealLoss(config_.loss.loss, scores.real, config_.loss.label_smoothing);
    Report(real_loss, fake_loss, scores);
    return GradOnce({real_loss, fake_loss}, parameters_);
  }

  std::vector<Tensor> GradientsWithR1(const Images& fake, const Images& real) {
    // The fakes' graph is freed before the much larger graph of the penalty is built.
    Critic::Pair scores;
    scores.fake = critic_.Scores(fake.images, fake.labels);
    const Tensor fake_loss = FakeLoss(config_.loss.loss, scores.fake);
    std::vector<Tensor> gradients = GradOnce({fake_loss}, parameters_);

    const Tensor tracked = real.images.Detach().Track();
    scores.real = critic_.Scores(tracked, real.labels);
    const Tensor real_loss = RealLoss(config_.loss.loss, scores.real, config_.loss.label_smoothing);
    const Tensor penalty = R1Penalty(tracked, scores.real);
    Report(real_loss, fake_loss, scores);
    scalars_.push_back({"Loss/r1_penalty", penalty.Detach()});
    AddPart(&gradients, GradOnce({AddScaled(real_loss, 1, penalty, R1Weight(config_.loss))}, parameters_), 1);
    return gradients;
  }

  void Report(const Tensor& real_loss, const Tensor& fake_loss, const Critic::Pair& scores) {
    RecordScope no_record(false);
    scalars_.push_back({"Loss/D/loss", Add(real_loss, fake_loss)});
    scalars_.push_back({"Loss/scores/real", Mean(scores.real)});
    scalars_.push_back({"Loss/scores/fake", Mean(scores.fake)});
    ReportSigns(scores.real);
  }

  // Every evaluation of real images tells how far the discriminator overfits.
  void ReportSigns(const Tensor& real_scores) {
    if (config_.augment.aug == AugMode::kNone) return;
    RecordScope no_record(false);
    const Tensor mean_sign = Mean(Sign(real_scores));
    scalars_.push_back({"Loss/signs/real", mean_sign});
    if (config_.augment.aug == AugMode::kAda) state_.ada.Observe(mean_sign, real_scores.dim(0));
  }

  const TrainConfig& config_;
  TrainState& state_;
  const Critic critic_;
  const std::vector<Tensor> parameters_;
  std::vector<StepScalar>& scalars_;
};

}  // namespace

void UpdateDiscriminator(const TrainConfig& config, const Batch& real, bool r1, TrainState* state,
                         std::vector<StepScalar>* scalars) {
  const TraceScope trace("StepDiscriminator");
  const absl::Span<const uint8_t> images = real.pixels;
  const size_t part_bytes = images.size() / config.grad_accum;
  // Uploaded before the scope begins: a captured step would make the copies wait for their turn, while here they
  // overlap with the kernels of the previous phase.
  const std::vector<Tensor> real_labels = RealLabels(config, real, state->device());
  const std::vector<Tensor> fake_labels =
      FakeLabels(config, real, FakeSet::kDiscriminator, config.batch, state->device());
  std::vector<Part> parts;
  for (int part = 0; part < config.grad_accum; ++part) {
    parts.push_back({Tensor::FromHost<uint8_t>(config.model.image_spec().BatchShape(config.MicroBatch()),
                                               images.subspan(part * part_bytes, part_bytes), state->device()),
                     real_labels[part], fake_labels[part]});
  }
  const StepScope step(state->device(), PhaseKey(config, r1 ? "D+R1" : "D"));
  const bool separate = config.optimizer.separate_regularizers;
  Phase phase(config, state, scalars);
  phase.Update(parts, r1 && !separate);
  if (r1 && separate) phase.UpdateWithR1Alone(parts);
}

}  // namespace sg::gan
