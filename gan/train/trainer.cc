#include "gan/train/trainer.h"

#include <utility>

#include "engine/base/check.h"
#include "engine/tensor/op_observer.h"
#include "gan/train/d_phase.h"
#include "gan/train/g_phase.h"
#include "gan/train/schedule.h"
#include "gan/train/state_file.h"
#include "nn/optim/ema.h"

namespace sg::gan {

Trainer::Trainer(const TrainConfig& config, Device device)
    : config_(config), state_(std::make_unique<TrainState>(config_, device)) {}

std::vector<StepScalar> Trainer::Step(const Batch& real) {
  const TraceScope trace("Step");
  Check(real);
  std::vector<StepScalar> scalars;
  const bool penalties = AppliesGradientPenalty(config_.loss, steps());
  const bool path_length = AppliesPathLength(config_.loss, steps());
  if (config_.optimizer.generator_first) StepGenerator(real, path_length, &scalars);
  StepDiscriminator(real, penalties, &scalars);
  if (!config_.optimizer.generator_first) StepGenerator(real, path_length, &scalars);
  {
    const TraceScope averages("UpdateAverages");
    nn::UpdateEma(state_->average_parameters, state_->generator_parameters,
                  AverageDecay(config_, images_seen() + config_.batch));
  }
  ++state_->steps;
  if (config_.augment.aug == AugMode::kAda) {
    state_->ada.EndStep({config_.augment.target, config_.augment.ada_kimg, config_.batch}, steps());
  }
  if (config_.augment.HasPipe()) {
    scalars.push_back({"Progress/augment", Tensor::Full({}, augment_p(), DType::kF32, device())});
  }
  return scalars;
}

void Trainer::Check(const Batch& real) const {
  SG_CHECK(static_cast<int64_t>(real.pixels.size()) == config_.batch * config_.model.image_spec().NumValues())
      << "[Trainer] " << real.pixels.size() << " bytes for a batch of " << config_.batch << " images";
  SG_CHECK(static_cast<int64_t>(real.labels.size()) == config_.batch * config_.model.label_dim &&
           real.fake_labels.size() == kFakeSets * real.labels.size())
      << "[Trainer] " << real.labels.size() << " and " << real.fake_labels.size()
      << " numbers of labels for a batch of " << config_.batch << " images with " << config_.model.label_dim << " each";
}

void Trainer::FollowSchedule() {
  state_->adam.set_lr_factor(state_->LearningRateFactor(config_));
  state_->adam.set_beta2(Beta2(config_, images_seen()));
}

void Trainer::StepDiscriminator(const Batch& real, bool penalties, std::vector<StepScalar>* scalars) {
  Check(real);
  FollowSchedule();
  UpdateDiscriminator(config_, real, penalties, state_.get(), scalars);
}

void Trainer::StepGenerator(const Batch& real, bool path_length, std::vector<StepScalar>* scalars) {
  if (config_.loss.IsRelativistic()) Check(real);
  FollowSchedule();
  UpdateGenerator(config_, real, path_length, state_.get(), scalars);
}

double Trainer::learning_rate() const { return config_.optimizer.lr * state_->LearningRateFactor(config_); }

Fakes Trainer::Generate(int64_t batch) { return GenerateFakes(config_, batch, /*labels=*/Tensor(), state_.get()); }

absl::Status Trainer::Save(const std::string& path, Metadata extra) const {
  return SaveState(path, config_, state_.get(), std::move(extra));
}

absl::StatusOr<std::string> Trainer::Serialize(Metadata extra) const {
  return SerializeState(config_, state_.get(), std::move(extra));
}

absl::Status Trainer::Load(const io::SafetensorsReader& file) { return LoadState(file, config_, state_.get()); }

}  // namespace sg::gan
