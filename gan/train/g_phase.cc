#include "gan/train/g_phase.h"

#include <cstdint>
#include <utility>

#include "engine/ops/elementwise.h"
#include "engine/ops/in_place.h"
#include "engine/ops/random.h"
#include "engine/ops/reduce.h"
#include "engine/runtime/step_scope.h"
#include "engine/tensor/op_observer.h"
#include "engine/tensor/record_scope.h"
#include "gan/loss/adversarial.h"
#include "gan/train/critic.h"
#include "gan/train/fakes.h"
#include "gan/train/gradients.h"
#include "gan/train/labels.h"
#include "gan/train/reals.h"
#include "gan/train/schedule.h"

namespace sg::gan {
namespace {

// The parameters of both groups, synthesis first.
std::vector<Tensor> Parameters(const TrainState& state) {
  std::vector<Tensor> parameters = nn::Tensors(state.synthesis_parameters);
  for (const nn::NamedTensor& p : state.mapping_parameters) parameters.push_back(p.tensor);
  return parameters;
}

// One update of the generator, or two.
class Phase {
 public:
  // On the device: for each part a tensor of labels, and the real images if the loss is relativistic.
  struct Inputs {
    std::vector<Tensor> labels, path_length_labels;
    std::vector<Reals> reals;
  };

  Phase(const TrainConfig& config, Inputs inputs, TrainState* state, std::vector<StepScalar>* scalars)
      : config_(config),
        inputs_(std::move(inputs)),
        state_(*state),
        critic_(config, state),
        parameters_(Parameters(*state)),
        scalars_(*scalars) {}

  void Update(bool path_length_in_loss) {
    const bool same_images = path_length_in_loss && config_.loss.pl_batch_shrink == 1;
    std::vector<Tensor> gradients;
    for (int part = 0; part < config_.grad_accum; ++part) {
      const Fakes fakes = GenerateFakes(config_, config_.MicroBatch(), inputs_.labels[part], &state_);
      // The gradient with respect to the pixels comes first: the discriminator's graph is then freed before the path
      // length's is built.
      const Tensor loss = Loss(critic_.Scores(fakes.pixels, fakes.labels), part);
      scalars_.push_back({"Loss/G/loss", loss.Detach()});
      std::vector<Tensor> outputs = {fakes.pixels}, seeds = GradOnce({loss}, {fakes.pixels});
      if (same_images) {
        outputs.push_back(Penalty(fakes));
        seeds.push_back(PenaltySeed());
      }
      UpdateLatentAverage(fakes.w);
      RecordScope no_record(false);
      AddPart(&gradients, GradOnce(outputs, parameters_, seeds), config_.grad_accum);
    }
    if (path_length_in_loss && !same_images) AddPenaltyGradients(&gradients);
    Step(gradients, "Gradient/G/norm", "Gradient/M/norm");
  }

  void UpdateWithPathLengthAlone() {
    std::vector<Tensor> gradients;
    AddPenaltyGradients(&gradients);
    Step(gradients, "Gradient/G/pl_norm", "Gradient/M/pl_norm");
  }

 private:
  Tensor Loss(const Tensor& fake_scores, int part) {
    if (!config_.loss.IsRelativistic()) return GeneratorLoss(config_.loss.loss, fake_scores);
    Tensor real_scores;
    {
      RecordScope no_record(false);
      const Reals& real = inputs_.reals[part];
      real_scores = critic_.Scores(ToPixels(config_, real.bytes), real.labels);
    }
    return RelativisticLoss(fake_scores, real_scores);
  }

  Tensor Penalty(const Fakes& fakes) {
    const Tensor y = RandomNormal(fakes.pixels.shape(), DType::kF32, state_.device(), &state_.streams.path_length);
    const Tensor penalty = state_.path_length.Penalty(fakes.w, fakes.pixels, y);
    scalars_.push_back({"Loss/pl_penalty", penalty.Detach()});
    return penalty;
  }

  Tensor PenaltySeed() const { return Tensor::Full({}, PathLengthWeight(config_.loss), DType::kF32, state_.device()); }

  // The gradients of the penalty on images of its own.
  void AddPenaltyGradients(std::vector<Tensor>* gradients) {
    for (int part = 0; part < config_.grad_accum; ++part) {
      const int64_t images = config_.MicroBatch() / config_.loss.pl_batch_shrink;
      const Tensor penalty = Penalty(GenerateFakes(config_, images, inputs_.path_length_labels[part], &state_));
      AddPart(gradients, GradOnce({penalty}, parameters_, {PenaltySeed()}), config_.grad_accum);
    }
  }

  void UpdateLatentAverage(const Tensor& w) {
    RecordScope no_record(false);
    Lerp({state_.latent_average}, {Mean(w, {0, 1})}, 1 - config_.optimizer.w_avg_beta);
  }

  void Step(const std::vector<Tensor>& gradients, const char* synthesis_norm, const char* mapping_norm) {
    const auto split = gradients.begin() + static_cast<int64_t>(state_.synthesis_parameters.size());
    scalars_.push_back({synthesis_norm, state_.adam.Step(kSynthesisGroup, {gradients.begin(), split})});
    scalars_.push_back({mapping_norm, state_.adam.Step(kMappingGroup, {split, gradients.end()})});
  }

  const TrainConfig& config_;
  const Inputs inputs_;
  TrainState& state_;
  const Critic critic_;
  const std::vector<Tensor> parameters_;
  std::vector<StepScalar>& scalars_;
};

}  // namespace

void UpdateGenerator(const TrainConfig& config, const Batch& batch, bool path_length, TrainState* state,
                     std::vector<StepScalar>* scalars) {
  const TraceScope trace("StepGenerator");
  // Uploaded before the scope begins, as the images are (d_phase.cc).
  Phase::Inputs inputs;
  inputs.labels = FakeLabels(config, batch, FakeSet::kGenerator, config.batch, state->device());
  if (config.loss.IsRelativistic()) {
    inputs.reals = UploadReals(config, batch, state->device());
    for (int part = 0; part < config.grad_accum; ++part) inputs.labels[part] = inputs.reals[part].labels;
  }
  inputs.path_length_labels =
      FakeLabels(config, batch, FakeSet::kPathLength, config.batch / config.loss.pl_batch_shrink, state->device());
  const StepScope step(state->device(), PhaseKey(config, path_length ? "G+PL" : "G"));
  const bool separate = config.optimizer.separate_regularizers;
  Phase phase(config, std::move(inputs), state, scalars);
  phase.Update(path_length && !separate);
  if (path_length && separate) phase.UpdateWithPathLengthAlone();
}

}  // namespace sg::gan
