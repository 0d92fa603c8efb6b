#include "gan/train/train_state.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "absl/strings/match.h"
#include "engine/runtime/devices.h"
#include "gan/model/networks.h"
#include "gan/model/stylegan2/discriminator.h"
#include "gan/train/schedule.h"
#include "nn/init.h"
#include "nn/optim/ema.h"

namespace sg::gan {
namespace {

// Far more than anyone trains; multiplied by a batch it still fits into int64_t.
constexpr int64_t kMaxSteps = int64_t{1} << 40;
// Of the learning rates, by each rollback.
constexpr double kRollbackRate = 0.5;

nn::InitContext MakeInit(const TrainConfig& config, Device device, RandomStream* random) {
  nn::InitContext init;
  init.device = device;
  init.random = random;
  if (config.precision == ConvPrecision::kBf16 && IsFast(device, DType::kBF16)) init.precision.compute = DType::kBF16;
  return init;
}

nn::Adam MakeAdam(const TrainConfig& config, const TrainState& state) {
  const OptimizerConfig& o = config.optimizer;
  nn::AdamOptions options;
  options.beta1 = o.beta1;
  options.beta2 = o.beta2;
  options.max_norm = o.clip_norm;
  const double d_share = config.DiscriminatorLazyShare(), g_share = config.GeneratorLazyShare();
  return nn::Adam({{kDiscriminatorGroup, state.trained_discriminator_parameters, o.lr, d_share},
                   {kSynthesisGroup, state.synthesis_parameters, o.lr, g_share},
                   {kMappingGroup, state.mapping_parameters, o.mapping_lr, g_share}},
                  options);
}

// The discriminator's parameters without those of its frozen layers.
std::vector<nn::NamedTensor> Unfrozen(const TrainConfig& config, std::vector<nn::NamedTensor> parameters) {
  const std::vector<std::string> layers = DiscriminatorLayers(config.model);
  for (int i = 0; i < config.optimizer.freeze_d; ++i) {
    const std::string prefix = layers[i] + ".";
    const auto frozen = [&](const nn::NamedTensor& p) { return absl::StartsWith(p.name, prefix); };
    parameters.erase(std::remove_if(parameters.begin(), parameters.end(), frozen), parameters.end());
  }
  return parameters;
}

class TensorCollector final : public StateVisitor {
 public:
  void Tensors(int, const std::vector<nn::NamedTensor>& tensors) override {
    found.insert(found.end(), tensors.begin(), tensors.end());
  }
  int64_t Counter(int, const std::string&, int64_t, int64_t value) override { return value; }

  std::vector<nn::NamedTensor> found;
};

}  // namespace

TrainState::TrainState(const TrainConfig& config, Device device)
    : streams(config.seed),
      generator(MakeGenerator(config.model, MakeInit(config, device, &streams.init))),
      discriminator(MakeDiscriminator(config.model, MakeInit(config, device, &streams.init))),
      average(MakeGenerator(config.model, MakeInit(config, device, &streams.init))),
      latent_average(Tensor::Zeros({config.model.WDim()}, DType::kF32, device)),
      path_length({config.loss.pl_decay, config.loss.pl_annotated_axes, config.loss.pl_mean_includes_batch},
                  DType::kF32, device),
      generator_parameters(nn::Parameters(*generator)),
      discriminator_parameters(nn::Parameters(*discriminator)),
      average_parameters(nn::Parameters(*average)),
      synthesis_parameters(nn::WithoutPrefix(kSynthesisPrefix, generator_parameters)),
      mapping_parameters(nn::WithoutPrefix(kMappingPrefix, generator_parameters)),
      trained_discriminator_parameters(Unfrozen(config, discriminator_parameters)),
      generator_buffers(nn::Buffers(*generator)),
      average_buffers(nn::Buffers(*average)),
      adam(MakeAdam(config, *this)) {
  nn::CopyParameters(average_parameters, generator_parameters);
  nn::CopyParameters(average_buffers, generator_buffers);
}

void TrainState::Visit(StateVisitor& v) {
  v.Tensors(1, generator_parameters);
  v.Tensors(1, nn::WithPrefix("discriminator.", discriminator_parameters));
  v.Tensors(1, nn::WithPrefix("ema.", average_parameters));
  v.Tensors(1, adam.State());
  v.Tensors(1,
            {{"ema.latent_average", latent_average}, {"path_length.exponential_sum", path_length.exponential_sum()}});
  v.Tensors(1, generator_buffers);
  v.Tensors(1, nn::WithPrefix("ema.", average_buffers));
  steps = v.Counter(1, "steps", kMaxSteps, steps);
  path_length.set_steps(v.Counter(1, "path_length.steps", kMaxSteps, path_length.steps()));
  for (int i = 0; i < adam.num_groups(); ++i) {
    adam.set_steps(i, v.Counter(1, adam.name(i) + ".steps", kMaxSteps, adam.steps(i)));
  }
  streams.Visit([&v](int since, const char* name, RandomStream& stream) {
    constexpr int64_t kAny = std::numeric_limits<int64_t>::max();
    stream.offset = static_cast<uint64_t>(v.Counter(since, name, kAny, static_cast<int64_t>(stream.offset)));
  });
  ada.Visit([&v](const char* name, int64_t max, int64_t& value) { value = v.Counter(3, name, max, value); });
  rollback.count = v.Counter(4, "rollback.count", kMostRollbacks, rollback.count);
  rollback.good = v.Counter(4, "rollback.good", kMaxSteps, rollback.good);
  rollback.candidate = v.Counter(4, "rollback.candidate", kMaxSteps, rollback.candidate);
  rollback.unsteady = v.Counter(4, "rollback.unsteady", 1, rollback.unsteady ? 1 : 0) == 1;
}

double TrainState::AugmentP(const TrainConfig& config) const {
  return config.augment.aug == AugMode::kFixed ? FixedP(config, steps * config.batch) : ada.p();
}

double TrainState::LearningRateFactor(const TrainConfig& config) const {
  return ScheduledRate(config, steps * config.batch) * std::pow(kRollbackRate, static_cast<double>(rollback.count));
}

std::vector<nn::NamedTensor> StateTensors(TrainState* state) {
  TensorCollector tensors;
  state->Visit(tensors);
  return tensors.found;
}

}  // namespace sg::gan
