#include "gan/train/d_phase.h"

#include <cstdint>
#include <utility>

#include "engine/ops/broadcast.h"
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
#include "gan/train/reals.h"
#include "gan/train/schedule.h"

namespace sg::gan {
namespace {

using Images = Critic::Labeled;

// A part of the batch on the device.
struct Part {
  Reals real;
  Tensor fake_labels;  // [n,label_dim], undefined if the model has none
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

  void Update(const std::vector<Part>& parts, bool penalties_in_loss) {
    std::vector<Tensor> gradients;
    for (const Part& part : parts) {
      const Images fake = MakeFakes(part);
      const Images real = {ToPixels(config_, part.real.bytes), part.real.labels};
      AddPart(&gradients, penalties_in_loss ? GradientsWithPenalties(fake, real) : Gradients(fake, real),
              config_.grad_accum);
    }
    scalars_.push_back({"Gradient/D/norm", state_.adam.Step(kDiscriminatorGroup, gradients)});
  }

  void UpdateWithPenaltiesAlone(const std::vector<Part>& parts) {
    const TraceScope trace("RegularizeDiscriminator");
    std::vector<Tensor> gradients;
    const auto add = [&](const Tensor& penalty, double weight) {
      AddPart(&gradients, GradOnce({Scale(penalty, weight)}, parameters_), config_.grad_accum);
    };
    for (const Part& part : parts) {
      if (config_.loss.HasR1()) {
        const Tensor real = ToPixels(config_, part.real.bytes).Detach().Track();
        const Tensor scores = critic_.Scores(real, part.real.labels);
        ReportSigns(scores);
        add(Penalty(kR1Name, real, scores), R1Weight(config_, images_seen()));
      }
      if (config_.loss.HasR2()) {
        const Images fake = MakeFakes(part);
        const Tensor images = fake.images.Detach().Track();
        add(Penalty(kR2Name, images, critic_.Scores(images, fake.labels)), R2Weight(config_, images_seen()));
      }
    }
    scalars_.push_back({"Gradient/D/r1_norm", state_.adam.Step(kDiscriminatorGroup, gradients)});
  }

 private:
  static constexpr char kR1Name[] = "Loss/r1_penalty", kR2Name[] = "Loss/r2_penalty";

  int64_t images_seen() const { return state_.steps * config_.batch; }

  Images MakeFakes(const Part& part) {
    RecordScope no_record(false);
    return {GenerateFakes(config_, config_.MicroBatch(), part.fake_labels, &state_).pixels, part.fake_labels};
  }

  // R1 of real images or R2 of fakes, a recorded scalar.
  Tensor Penalty(const char* name, const Tensor& images, const Tensor& scores) {
    const Tensor penalty = R1Penalty(images, scores);
    scalars_.push_back({name, penalty.Detach()});
    return penalty;
  }

  std::vector<Tensor> Gradients(const Images& fake, const Images& real) {
    const Critic::Pair scores = critic_.Scores(fake, real);
    if (config_.loss.IsRelativistic()) {
      const Tensor loss = RelativisticLoss(scores.real, scores.fake);
      Report(loss.Detach(), scores);
      return GradOnce({loss}, parameters_);
    }
    const Tensor fake_loss = FakeLoss(config_.loss.loss, scores.fake);
    const Tensor real_loss = RealLoss(config_.loss.loss, scores.real, config_.loss.label_smoothing);
    Report(Unrecorded(real_loss, fake_loss), scores);
    return GradOnce({real_loss, fake_loss}, parameters_);
  }

  std::vector<Tensor> GradientsWithPenalties(const Images& fake, const Images& real) {
    const auto tracked = [](const Tensor& images, bool is_penalized) {
      return is_penalized ? images.Detach().Track() : images;
    };
    const Tensor fakes = tracked(fake.images, config_.loss.HasR2()), reals = tracked(real.images, config_.loss.HasR1());
    if (config_.loss.IsRelativistic()) return GradientsOfPairsWithPenalties({fakes, fake.labels}, {reals, real.labels});
    // The fakes' graph is freed before the graph of the real images is built.
    Critic::Pair scores;
    scores.fake = critic_.Scores(fakes, fake.labels);
    const Tensor fake_loss = FakeLoss(config_.loss.loss, scores.fake);
    std::vector<Tensor> gradients = GradOnce({WithR2(fake_loss, fakes, scores.fake)}, parameters_);

    scores.real = critic_.Scores(reals, real.labels);
    const Tensor real_loss = RealLoss(config_.loss.loss, scores.real, config_.loss.label_smoothing);
    const Tensor with_penalty = WithR1(real_loss, reals, scores.real);
    Report(Unrecorded(real_loss, fake_loss), scores);
    AddPart(&gradients, GradOnce({with_penalty}, parameters_), 1);
    return gradients;
  }

  // Both kinds of images must be scored before either has a gradient. The much larger graph of a penalty is freed
  // before that of the other one is built.
  std::vector<Tensor> GradientsOfPairsWithPenalties(const Images& fake, const Images& real) {
    Critic::Pair scores;
    scores.fake = critic_.Scores(fake.images, fake.labels);
    scores.real = critic_.Scores(real.images, real.labels);
    const Tensor fake_scores = scores.fake.Detach().Track(), real_scores = scores.real.Detach().Track();
    const Tensor loss = RelativisticLoss(real_scores, fake_scores);
    Report(loss.Detach(), scores);
    const std::vector<Tensor> slopes = GradOnce({loss}, {fake_scores, real_scores});
    const auto linear = [](const Tensor& of_scores, const Tensor& slope) { return MulSumTo(of_scores, slope, {}, 1); };
    std::vector<Tensor> gradients =
        GradOnce({WithR2(linear(scores.fake, slopes[0]), fake.images, scores.fake)}, parameters_);
    AddPart(&gradients, GradOnce({WithR1(linear(scores.real, slopes[1]), real.images, scores.real)}, parameters_), 1);
    return gradients;
  }

  Tensor WithR1(const Tensor& loss, const Tensor& images, const Tensor& scores) {
    return config_.loss.HasR1() ? AddScaled(loss, 1, Penalty(kR1Name, images, scores), R1Weight(config_, images_seen()))
                                : loss;
  }
  Tensor WithR2(const Tensor& loss, const Tensor& images, const Tensor& scores) {
    return config_.loss.HasR2() ? AddScaled(loss, 1, Penalty(kR2Name, images, scores), R2Weight(config_, images_seen()))
                                : loss;
  }

  // The sum, for the statistics.
  static Tensor Unrecorded(const Tensor& real_loss, const Tensor& fake_loss) {
    RecordScope no_record(false);
    return Add(real_loss, fake_loss);
  }

  void Report(const Tensor& loss, const Critic::Pair& scores) {
    RecordScope no_record(false);
    scalars_.push_back({"Loss/D/loss", loss});
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

void UpdateDiscriminator(const TrainConfig& config, const Batch& real, bool penalties, TrainState* state,
                         std::vector<StepScalar>* scalars) {
  const TraceScope trace("StepDiscriminator");
  // Uploaded before the scope begins: a captured step would make the copies wait for their turn, while here they
  // overlap with the kernels of the previous phase.
  std::vector<Reals> reals = UploadReals(config, real, state->device());
  std::vector<Tensor> fake_labels = FakeLabels(config, real, FakeSet::kDiscriminator, config.batch, state->device());
  std::vector<Part> parts;
  for (int part = 0; part < config.grad_accum; ++part) {
    Tensor labels = config.loss.IsRelativistic() ? reals[part].labels : fake_labels[part];
    parts.push_back({std::move(reals[part]), std::move(labels)});
  }
  const StepScope step(state->device(), PhaseKey(config, penalties ? "D+R1" : "D"));
  const bool separate = config.optimizer.separate_regularizers;
  penalties = penalties && config.loss.HasGradientPenalty();
  Phase phase(config, state, scalars);
  phase.Update(parts, penalties && !separate);
  if (penalties && separate) phase.UpdateWithPenaltiesAlone(parts);
}

}  // namespace sg::gan
