#include "gan/train/trainer.h"

#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/autograd/grad.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/in_place.h"
#include "engine/ops/reduce.h"
#include "engine/ops/shape_ops.h"
#include "engine/runtime/runtime.h"
#include "engine/tensor/op_observer.h"
#include "engine/tensor/record_scope.h"
#include "gan/loss/adversarial.h"
#include "gan/loss/r1_penalty.h"
#include "gan/train/metadata.h"
#include "nn/checkpoint.h"
#include "nn/ema.h"

namespace sg::gan {
namespace {

constexpr double kLatentAverageDecay = 0.995;
constexpr char kFormat[] = "stylegan2.cpp training state 1";
constexpr int64_t kMaxSteps =
    int64_t{1} << 40;  // of a file: far more than anyone trains, and times a batch still a number

nn::InitContext MakeInit(const TrainConfig& config, Device device, RandomStream* random) {
  nn::InitContext init;
  init.device = device;
  init.random = random;
  if (config.precision == "bf16" && BackendFor(device).IsFast(DType::kBF16)) init.compute = DType::kBF16;
  return init;
}

nn::Adam MakeAdam(const OptimizerConfig& o, const std::vector<nn::NamedTensor>& d,
                  const std::vector<nn::NamedTensor>& g, const std::vector<nn::NamedTensor>& m) {
  nn::AdamOptions options;
  options.beta1 = o.beta1;
  options.beta2 = o.beta2;
  options.max_norm = o.clip_norm;
  return nn::Adam(
      {{"adam.discriminator", d, o.lr}, {"adam.generator", g, o.lr}, {"adam.mapping_network", m, o.mapping_lr}},
      options);
}
enum AdamGroupIndex { kAdamD, kAdamG, kAdamM };

// sum[i] += terms[i] / parts
void AddPart(std::vector<Tensor>* sum, std::vector<Tensor> terms, int parts) {
  const bool first = sum->empty();
  if (first) sum->resize(terms.size());
  for (size_t i = 0; i < terms.size(); ++i) {
    const Tensor term = std::move(terms[i]);
    if (!first) {
      (*sum)[i] = AddScaled((*sum)[i], 1, term, 1.0 / parts);
    } else {
      (*sum)[i] = parts == 1 ? term : Scale(term, 1.0 / parts);
    }
  }
}

// The gradients of a graph that nothing else needs.
std::vector<Tensor> LastGrad(absl::Span<const Tensor> outputs, absl::Span<const Tensor> inputs,
                             absl::Span<const Tensor> seeds = {}) {
  GradOptions options;
  options.release_graph = true;
  return Grad(outputs, inputs, seeds, options);
}

}  // namespace

Trainer::Trainer(const TrainConfig& config, Device device)
    : config_(config),
      device_(device),
      streams_(config.seed),
      networks_(config.model, MakeInit(config, device, &streams_.init)),
      discriminator_(config.model, MakeInit(config, device, &streams_.init)),
      average_(config.model, MakeInit(config, device, &streams_.init)),
      latent_average_(Tensor::Zeros({config.model.latent_dim}, DType::kF32, device)),
      path_length_(config.loss.pl_decay, config.loss.pl_annotated_axes, DType::kF32, device),
      g_parameters_(nn::Parameters(networks_.generator)),
      m_parameters_(nn::Parameters(networks_.mapping)),
      d_parameters_(nn::Parameters(discriminator_)),
      current_parameters_(nn::Parameters(networks_)),
      average_parameters_(nn::Parameters(average_)),
      adam_(MakeAdam(config.optimizer, d_parameters_, g_parameters_, m_parameters_)) {
  nn::CopyParameters(average_parameters_, current_parameters_);
}

bool Trainer::AppliesR1(const LossConfig& loss, int64_t step) {
  return loss.r1_gamma > 0 && loss.r1_interval > 0 && (step + 1) % loss.r1_interval == 0;
}

bool Trainer::AppliesPathLength(const LossConfig& loss, int64_t step) {
  return loss.pl_weight > 0 && step > loss.pl_start && (step + 1) % loss.pl_interval == 0;
}

Trainer::Images Trainer::Generate(int64_t batch) {
  const int blocks = config_.model.NumBlocks();
  const auto draw = [&] {
    return networks_.mapping.Forward(
        RandomNormal({batch, config_.model.latent_dim}, DType::kF32, device_, &streams_.latents));
  };
  Images images;
  // Both numbers are drawn always, so that the stream's position tells the step.
  const bool mix = RandomUniformScalar(&streams_.mixing) <= config_.loss.mixing_prob && config_.loss.mixing_prob > 0;
  const double u = 1 - RandomUniformScalar(&streams_.mixing);  // [0,1)
  if (mix) {
    const int first = config_.loss.mixing_min_block;
    const Tensor w1 = draw(), w2 = draw();
    images.w = MixLatents(w1, w2, first + static_cast<int>(u * (blocks - first)), blocks);
  } else {
    images.w = RepeatLatent(draw(), blocks);
  }
  images.pixels =
      networks_.generator.Forward(images.w, RandomNoise(config_.model, batch, DType::kF32, device_, &streams_.noise));
  return images;
}

Tensor Trainer::RealImages(absl::Span<const uint8_t> images) const {
  const int64_t size = config_.model.resolution, batch = images.size() / (size * size * 3);
  const Tensor bytes = Tensor::FromHost<uint8_t>({batch, size, size, 3}, images, device_);
  return Scale(Cast(bytes, DType::kF32), 1.0 / 255);
}

std::vector<StepScalar> Trainer::Step(absl::Span<const uint8_t> images) {
  const TraceScope trace("Step");
  const int64_t size = config_.model.resolution;
  SG_CHECK(static_cast<int64_t>(images.size()) == config_.batch * size * size * 3)
      << "[Trainer] " << images.size() << " bytes for a batch of " << config_.batch << " images";
  std::vector<StepScalar> scalars;
  StepDiscriminator(images, AppliesR1(config_.loss, steps_), &scalars);
  StepGenerator(AppliesPathLength(config_.loss, steps_), &scalars);
  UpdateAverages();
  ++steps_;
  return scalars;
}

void Trainer::StepDiscriminator(absl::Span<const uint8_t> images, bool r1, std::vector<StepScalar>* scalars) {
  const TraceScope trace("StepDiscriminator");
  const std::vector<Tensor> parameters = nn::Tensors(d_parameters_);
  const size_t part_bytes = images.size() / config_.grad_accum;
  std::vector<Tensor> gradients;
  for (int part = 0; part < config_.grad_accum; ++part) {
    // Fakes first and to the end, so that the graphs of both halves are never there together.
    Tensor fake;
    {
      RecordScope no_record(false);
      fake = Generate(config_.MicroBatch()).pixels;
    }
    const Tensor fake_scores = discriminator_.Forward(fake);
    const Tensor fake_loss = FakeLoss(config_.loss.loss, fake_scores);
    AddPart(&gradients, LastGrad({fake_loss}, parameters), config_.grad_accum);

    Tensor real = RealImages(images.subspan(part * part_bytes, part_bytes));
    if (r1) real.Track();
    const Tensor real_scores = discriminator_.Forward(real);
    const Tensor real_loss = RealLoss(config_.loss.loss, real_scores);
    scalars->push_back({"Loss/D/loss", Add(real_loss.Detach(), fake_loss.Detach())});
    Tensor loss = real_loss;
    if (r1) {
      const Tensor penalty = R1Penalty(real, real_scores);
      scalars->push_back({"Loss/r1_penalty", penalty.Detach()});
      // Applied every so many steps, so that much stronger.
      loss = AddScaled(loss, 1, penalty, 0.5 * config_.loss.r1_gamma * config_.loss.r1_interval);
    }
    AddPart(&gradients, LastGrad({loss}, parameters), config_.grad_accum);

    RecordScope no_record(false);
    scalars->push_back({"Loss/scores/real", Mean(real_scores)});
    scalars->push_back({"Loss/scores/fake", Mean(fake_scores)});
  }
  scalars->push_back({"Gradient/D/norm", adam_.Step(kAdamD, gradients)});
}

void Trainer::StepGenerator(bool path_length, std::vector<StepScalar>* scalars) {
  const TraceScope trace("StepGenerator");
  std::vector<Tensor> parameters = nn::Tensors(g_parameters_);
  const size_t num_g = parameters.size();
  for (const nn::NamedTensor& p : m_parameters_) parameters.push_back(p.tensor);
  std::vector<Tensor> gradients;
  for (int part = 0; part < config_.grad_accum; ++part) {
    const Images fake = Generate(config_.MicroBatch());
    // The gradient of the pixels first: then the discriminator's graph is gone before the path length's is built.
    const Tensor loss = GeneratorLoss(config_.loss.loss, discriminator_.Forward(fake.pixels));
    scalars->push_back({"Loss/G/loss", loss.Detach()});
    std::vector<Tensor> outputs = {fake.pixels}, seeds = LastGrad({loss}, {fake.pixels});
    if (path_length) {
      const Tensor y = RandomNormal(fake.pixels.shape(), DType::kF32, device_, &streams_.path_length);
      const Tensor penalty = path_length_.Penalty(fake.w, fake.pixels, y);
      scalars->push_back({"Loss/pl_penalty", penalty.Detach()});
      outputs.push_back(penalty);
      seeds.push_back(Tensor::Full({}, config_.loss.pl_weight, DType::kF32, device_));
    }
    RecordScope no_record(false);
    Lerp({latent_average_}, {Mean(fake.w, {0, 1})}, 1 - kLatentAverageDecay);
    AddPart(&gradients, LastGrad(outputs, parameters, seeds), config_.grad_accum);
  }
  const auto split = gradients.begin() + num_g;
  scalars->push_back({"Gradient/G/norm", adam_.Step(kAdamG, {gradients.begin(), split})});
  scalars->push_back({"Gradient/M/norm", adam_.Step(kAdamM, {split, gradients.end()})});
}

void Trainer::UpdateAverages() {
  const TraceScope trace("UpdateAverages");
  const OptimizerConfig& o = config_.optimizer;
  const double beta = nn::EmaBeta(config_.batch, o.ema_kimg, images_seen() + config_.batch, o.ema_rampup);
  nn::UpdateEma(average_parameters_, current_parameters_, beta);
}

std::vector<nn::NamedTensor> Trainer::State() const {
  std::vector<nn::NamedTensor> state = current_parameters_;
  const auto append = [&state](std::vector<nn::NamedTensor> tensors) {
    state.insert(state.end(), tensors.begin(), tensors.end());
  };
  append(nn::WithPrefix("discriminator.", d_parameters_));
  append(nn::WithPrefix("ema.", average_parameters_));
  append(adam_.State());
  append({{"ema.latent_average", latent_average_}, {"path_length.exponential_sum", path_length_.exponential_sum()}});
  return state;
}

std::map<std::string, std::string> Trainer::WithOurs(std::map<std::string, std::string> extra) const {
  extra["format"] = kFormat;
  extra["config"] = ToJson(config_);
  extra["steps"] = std::to_string(steps_);
  extra["path_length.steps"] = std::to_string(path_length_.steps());
  for (int i = 0; i < adam_.num_groups(); ++i) extra[adam_.name(i) + ".steps"] = std::to_string(adam_.steps(i));
  streams_.Save(&extra);
  return extra;
}

absl::Status Trainer::Save(const std::string& path, std::map<std::string, std::string> extra) const {
  return nn::SaveTensors(path, State(), WithOurs(std::move(extra)));
}

absl::StatusOr<std::string> Trainer::Serialize(std::map<std::string, std::string> extra) const {
  return nn::SerializeTensors(State(), WithOurs(std::move(extra)));
}

absl::Status Trainer::Load(const nn::SafetensorsReader& file) {
  const Metadata& metadata = file.metadata();
  const auto error = [&file](const absl::Status& status) {
    return absl::FailedPreconditionError(absl::StrCat(file.path(), ": ", status.message()));
  };
  const absl::StatusOr<std::string> format = ReadText(metadata, "format");
  if (!format.ok() || *format != kFormat) {
    return absl::FailedPreconditionError(
        absl::StrCat(file.path(), ": not a training state of this version (\"", kFormat, "\")"));
  }
  const absl::StatusOr<int64_t> steps = ReadCount(metadata, "steps", kMaxSteps);
  const absl::StatusOr<int64_t> pl_steps = ReadCount(metadata, "path_length.steps", kMaxSteps);
  if (!steps.ok()) return error(steps.status());
  if (!pl_steps.ok()) return error(pl_steps.status());
  std::vector<int64_t> adam_steps;
  for (int i = 0; i < adam_.num_groups(); ++i) {
    const absl::StatusOr<int64_t> count = ReadCount(metadata, adam_.name(i) + ".steps", kMaxSteps);
    if (!count.ok()) return error(count.status());
    adam_steps.push_back(*count);
  }
  RandomStreams streams = streams_;
  const absl::Status streams_loaded = streams.Load(metadata);
  if (!streams_loaded.ok()) return error(streams_loaded);

  const absl::Status loaded = nn::LoadTensors(file, State(), nn::ExtraTensors::kForbid);
  if (!loaded.ok()) return loaded;
  streams_ = streams;
  steps_ = *steps;
  path_length_.set_steps(*pl_steps);
  for (int i = 0; i < adam_.num_groups(); ++i) adam_.set_steps(i, adam_steps[i]);
  return absl::OkStatus();
}

}  // namespace sg::gan
