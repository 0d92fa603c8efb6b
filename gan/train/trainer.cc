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
  std::vector<StepScalar> scalars;
  StepDiscriminator(real, AppliesR1(config_.loss, steps()), &scalars);
  StepGenerator(AppliesPathLength(config_.loss, steps()), &scalars);
  {
    const TraceScope averages("UpdateAverages");
    nn::UpdateEma(state_->average_parameters, state_->generator_parameters,
                  AverageDecay(config_, images_seen() + config_.batch));
  }
  ++state_->steps;
  return scalars;
}

void Trainer::StepDiscriminator(const Batch& real, bool r1, std::vector<StepScalar>* scalars) {
  SG_CHECK(static_cast<int64_t>(real.pixels.size()) == config_.batch * config_.model.image_spec().NumValues())
      << "[Trainer] " << real.pixels.size() << " bytes for a batch of " << config_.batch << " images";
  UpdateDiscriminator(config_, real, r1, state_.get(), scalars);
}

void Trainer::StepGenerator(bool path_length, std::vector<StepScalar>* scalars) {
  UpdateGenerator(config_, path_length, state_.get(), scalars);
}

Fakes Trainer::Generate(int64_t batch) { return GenerateFakes(config_, batch, state_.get()); }

absl::Status Trainer::Save(const std::string& path, Metadata extra) const {
  return SaveState(path, config_, state_.get(), std::move(extra));
}

absl::StatusOr<std::string> Trainer::Serialize(Metadata extra) const {
  return SerializeState(config_, state_.get(), std::move(extra));
}

absl::Status Trainer::Load(const io::SafetensorsReader& file) { return LoadState(file, config_, state_.get()); }

}  // namespace sg::gan
