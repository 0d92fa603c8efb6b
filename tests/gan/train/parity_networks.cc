#include "tests/gan/train/parity_networks.h"

#include <utility>

#include "engine/autograd/grad.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/in_place.h"
#include "engine/tensor/record_scope.h"
#include "gan/loss/adversarial.h"
#include "gan/loss/r1_penalty.h"
#include "gan/model/common/latents.h"

namespace sg::gan {
namespace {

// CONFIG of tests/golden/training_cases.py.
ModelConfig Config(int max_features) {
  ModelConfig config;
  config.resolution = 16;
  config.latent_dim = 16;
  config.mapping_layers = 8;
  config.g_features = 4;
  config.d_features = 8;
  config.max_features = max_features;
  return config;
}
constexpr int kBlocks = 3, kGMaxFeatures = 16, kDMaxFeatures = 32;
constexpr double kGamma = 10, kR1Interval = 4, kPathLengthDecay = 0.99;
constexpr int64_t kPathLengthSteps = 3;

nn::InitContext Init(Device device, RandomStream* random) {
  nn::InitContext init;
  init.device = device;
  init.random = random;
  return init;
}

std::vector<nn::NamedTensor> Gradients(const Tensor& loss, const std::vector<nn::NamedTensor>& parameters) {
  const std::vector<Tensor> gradients = Grad({loss}, nn::Tensors(parameters));
  std::vector<nn::NamedTensor> named;
  for (size_t i = 0; i < gradients.size(); ++i) named.push_back({parameters[i].name, gradients[i]});
  return named;
}

}  // namespace

ParityNetworks::ParityNetworks(const testing::Goldens& goldens)
    : goldens_(goldens),
      mapping_(Config(kGMaxFeatures), Init(goldens.device(), &random_)),
      generator_(Config(kGMaxFeatures), Init(goldens.device(), &random_)),
      discriminator_(Config(kDMaxFeatures), Init(goldens.device(), &random_)) {
  goldens.Fill("param/mapping.", nn::Parameters(mapping_));
  goldens.Fill("param/generator.", nn::Parameters(generator_));
  goldens.Fill("param/discriminator.", nn::Parameters(discriminator_));
}

std::vector<nn::NamedTensor> ParityNetworks::Parameters(const std::string& network) {
  std::vector<nn::NamedTensor> parameters;
  if (network == "mapping") parameters = nn::Parameters(mapping_);
  if (network == "generator") parameters = nn::Parameters(generator_);
  if (network == "discriminator") parameters = nn::Parameters(discriminator_);
  SG_CHECK(!parameters.empty()) << "[ParityNetworks] no network " << network;
  return nn::WithPrefix(network + ".", std::move(parameters));
}

ParityNetworks::Images ParityNetworks::Synthesize(const std::string& inputs, int crossover) const {
  const Tensor w1 = mapping_.Forward(goldens_.Get(inputs + "z1"));
  const Tensor w2 = mapping_.Forward(goldens_.Get(inputs + "z2"));
  std::vector<BlockNoise> noise(kBlocks);
  for (int i = 0; i < kBlocks; ++i) {
    const std::string name = inputs + "noise." + std::to_string(i);
    if (i > 0) noise[i].first = goldens_.Get(name + ".0");
    noise[i].second = goldens_.Get(name + ".1");
  }
  Images images;
  images.w = MixLatents(w1, w2, crossover, kBlocks);
  images.pixels = generator_.Forward(images.w, noise);
  return images;
}

Phase ParityNetworks::Discriminate(const std::string& inputs, int crossover, bool with_r1) {
  Tensor fake;
  {
    RecordScope no_record(false);
    fake = Synthesize(inputs, crossover).pixels;
  }
  Tensor real = goldens_.Get(inputs + "real");
  if (with_r1) real.Track();
  Phase phase;
  phase.real_scores = discriminator_.Forward(real);
  phase.fake_scores = discriminator_.Forward(fake);
  phase.loss =
      Add(RealLoss(AdversarialLoss::kHinge, phase.real_scores), FakeLoss(AdversarialLoss::kHinge, phase.fake_scores));
  if (with_r1) {
    phase.penalty = R1Penalty(real, phase.real_scores);
    phase.loss = AddScaled(phase.loss, 1, phase.penalty, 0.5 * kGamma * kR1Interval);
  }
  phase.gradients = Gradients(phase.loss, Parameters("discriminator"));
  return phase;
}

Phase ParityNetworks::Generate(const std::string& inputs, int crossover, PathLengthPenalty* path_length) {
  const Images images = Synthesize(inputs, crossover);
  Phase phase;
  phase.fake_scores = discriminator_.Forward(images.pixels);
  phase.loss = GeneratorLoss(AdversarialLoss::kHinge, phase.fake_scores);
  if (path_length != nullptr) {
    phase.penalty = path_length->Penalty(images.w, images.pixels, goldens_.Get(inputs + "y"));
    phase.loss = AddScaled(phase.loss, 1, phase.penalty, 1);
  }
  std::vector<nn::NamedTensor> parameters = Parameters("generator");
  for (nn::NamedTensor& p : Parameters("mapping")) parameters.push_back(std::move(p));
  phase.gradients = Gradients(phase.loss, parameters);
  return phase;
}

std::unique_ptr<PathLengthPenalty> ParityNetworks::MakePathLengthPenalty(const std::string& inputs,
                                                                         bool annotated_axes) const {
  auto penalty = std::make_unique<PathLengthPenalty>(PathLengthParams{kPathLengthDecay, annotated_axes}, DType::kF32,
                                                     goldens_.device());
  const float sum = static_cast<float>(goldens_.Get(inputs + "exp_sum_a").Item());
  CopyFromHost(penalty->exponential_sum(), &sum, sizeof(sum));
  penalty->set_steps(kPathLengthSteps);
  return penalty;
}

}  // namespace sg::gan
