#include "gan/train/trainer.h"

#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "engine/autograd/grad.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/in_place.h"
#include "engine/ops/reduce.h"
#include "engine/ops/shape_ops.h"
#include "engine/runtime/devices.h"
#include "engine/runtime/step_scope.h"
#include "engine/tensor/op_observer.h"
#include "engine/tensor/record_scope.h"
#include "gan/config/json.h"
#include "gan/loss/adversarial.h"
#include "gan/loss/r1_penalty.h"
#include "gan/train/metadata.h"
#include "nn/optim/ema.h"
#include "nn/state/checkpoint.h"

namespace sg::gan {
namespace {

constexpr double kLatentAverageDecay = 0.995;
constexpr char kFormat[] = "stylegan2.cpp training state 2";
// Had the first moments of Adam in it also where beta1 is 0 and they are the gradients.
constexpr char kFormat1[] = "stylegan2.cpp training state 1";
// Of a file: far more than anyone trains, and times a batch still a number.
constexpr int64_t kMaxSteps = int64_t{1} << 40;

nn::InitContext MakeInit(const TrainConfig& config, Device device, RandomStream* random) {
  nn::InitContext init;
  init.device = device;
  init.random = random;
  if (config.precision == ConvPrecision::kBf16 && IsFast(device, DType::kBF16)) init.precision.compute = DType::kBF16;
  return init;
}

nn::Adam MakeAdam(const TrainConfig& config, const std::vector<nn::NamedTensor>& d,
                  const std::vector<nn::NamedTensor>& g, const std::vector<nn::NamedTensor>& m) {
  const OptimizerConfig& o = config.optimizer;
  nn::AdamOptions options;
  options.beta1 = o.beta1;
  options.beta2 = o.beta2;
  options.max_norm = o.clip_norm;
  const double d_share = config.DiscriminatorLazyShare(), g_share = config.GeneratorLazyShare();
  return nn::Adam({{"adam.discriminator", d, o.lr, d_share},
                   {"adam.generator", g, o.lr, g_share},
                   {"adam.mapping_network", m, o.mapping_lr, g_share}},
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

void ReportScores(const Tensor& real_loss, const Tensor& fake_loss, const Tensor& real_scores,
                  const Tensor& fake_scores, std::vector<StepScalar>* scalars) {
  RecordScope no_record(false);
  scalars->push_back({"Loss/D/loss", Add(real_loss, fake_loss)});
  scalars->push_back({"Loss/scores/real", Mean(real_scores)});
  scalars->push_back({"Loss/scores/fake", Mean(fake_scores)});
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
      path_length_({config.loss.pl_decay, config.loss.pl_annotated_axes, config.loss.pl_mean_includes_batch},
                   DType::kF32, device),
      g_parameters_(nn::Parameters(networks_.generator)),
      m_parameters_(nn::Parameters(networks_.mapping)),
      d_parameters_(nn::Parameters(discriminator_)),
      current_parameters_(nn::Parameters(networks_)),
      average_parameters_(nn::Parameters(average_)),
      adam_(MakeAdam(config, d_parameters_, g_parameters_, m_parameters_)) {
  nn::CopyParameters(average_parameters_, current_parameters_);
}

bool Trainer::AppliesR1(const LossConfig& loss, int64_t step) {
  return loss.HasR1() && (step + 1) % loss.r1_interval == 0;
}

bool Trainer::AppliesPathLength(const LossConfig& loss, int64_t step) {
  return loss.HasPathLength() && step > loss.pl_start && (step + 1) % loss.pl_interval == 0;
}

Trainer::Images Trainer::Generate(int64_t batch) {
  const int latents = config_.model.NumLatents();
  // All latents of the batch go through the mapping network together.
  const auto draw = [&](int64_t n) {
    return networks_.mapping.Forward(
        RandomNormal({n, config_.model.latent_dim}, DType::kF32, device_, &streams_.latents));
  };
  Images images;
  // Both numbers are drawn always, so that the stream's position tells the step.
  const bool mix = RandomUniformScalar(&streams_.mixing) <= config_.loss.mixing_prob && config_.loss.mixing_prob > 0;
  const double u = 1 - RandomUniformScalar(&streams_.mixing);  // [0,1)
  if (mix) {
    const int first = config_.loss.mixing_min_block;
    const Tensor both = draw(2 * batch);
    images.w = MixLatents(Narrow(both, 0, 0, batch), Narrow(both, 0, batch, batch),
                          first + static_cast<int>(u * (latents - first)), latents);
  } else {
    images.w = RepeatLatent(draw(batch), latents);
  }
  images.pixels =
      networks_.generator.Forward(images.w, RandomNoise(config_.model, batch, DType::kF32, device_, &streams_.noise));
  return images;
}

Tensor Trainer::ToDevice(absl::Span<const uint8_t> images) const {
  const int64_t size = config_.model.resolution, batch = images.size() / (size * size * 3);
  return Tensor::FromHost<uint8_t>({batch, size, size, 3}, images, device_);
}

std::string Trainer::GraphKey(const char* phase) const {
  return absl::StrCat(phase, " ", config_.batch, "/", config_.grad_accum);
}

Tensor Trainer::ToPixels(const Tensor& bytes) const {
  const Tensor pixels = Cast(bytes, DType::kF32);
  return config_.model.SignedImages() ? Affine(pixels, 2.0 / 255, -1) : Scale(pixels, 1.0 / 255);
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

std::vector<Tensor> Trainer::DiscriminatorGradients(const Tensor& fake, const Tensor& real,
                                                    std::vector<StepScalar>* scalars) const {
  // In one pass: every weight is read once for both, and no gradients have to be added.
  const int64_t n = fake.dim(0);
  const Tensor scores = discriminator_.Forward(Concat({fake, real}, 0), /*batches=*/2);
  const Tensor fake_scores = Narrow(scores, 0, 0, n), real_scores = Narrow(scores, 0, n, n);
  const Tensor fake_loss = FakeLoss(config_.loss.loss, fake_scores);
  const Tensor real_loss = RealLoss(config_.loss.loss, real_scores);
  ReportScores(real_loss, fake_loss, real_scores, fake_scores, scalars);
  return LastGrad({real_loss, fake_loss}, nn::Tensors(d_parameters_));
}

std::vector<Tensor> Trainer::GradientsWithR1(const Tensor& fake, const Tensor& real,
                                             std::vector<StepScalar>* scalars) const {
  const std::vector<Tensor> parameters = nn::Tensors(d_parameters_);
  // Fakes first and to the end, so that their graph is gone before that of the penalty, much the larger, is built.
  const Tensor fake_scores = discriminator_.Forward(fake);
  const Tensor fake_loss = FakeLoss(config_.loss.loss, fake_scores);
  std::vector<Tensor> gradients = LastGrad({fake_loss}, parameters);

  const Tensor tracked = real.Detach().Track();
  const Tensor real_scores = discriminator_.Forward(tracked);
  const Tensor real_loss = RealLoss(config_.loss.loss, real_scores);
  const Tensor penalty = R1Penalty(tracked, real_scores);
  ReportScores(real_loss, fake_loss, real_scores, fake_scores, scalars);
  scalars->push_back({"Loss/r1_penalty", penalty.Detach()});
  AddPart(&gradients, LastGrad({AddScaled(real_loss, 1, penalty, R1Weight())}, parameters), 1);
  return gradients;
}

void Trainer::StepDiscriminator(absl::Span<const uint8_t> images, bool r1, std::vector<StepScalar>* scalars) {
  const TraceScope trace("StepDiscriminator");
  const size_t part_bytes = images.size() / config_.grad_accum;
  // Before the graph: in it they would wait for their turn, here they cross the bus beside the kernels of the last
  // phase.
  std::vector<Tensor> bytes;
  for (int part = 0; part < config_.grad_accum; ++part) {
    bytes.push_back(ToDevice(images.subspan(part * part_bytes, part_bytes)));
  }
  const StepScope step(device_, GraphKey(r1 ? "D+R1" : "D"));
  const bool r1_in_loss = r1 && !config_.optimizer.separate_regularizers;
  std::vector<Tensor> gradients;
  for (int part = 0; part < config_.grad_accum; ++part) {
    Tensor fake;
    {
      RecordScope no_record(false);
      fake = Generate(config_.MicroBatch()).pixels;
    }
    const Tensor real = ToPixels(bytes[part]);
    std::vector<Tensor> terms =
        r1_in_loss ? GradientsWithR1(fake, real, scalars) : DiscriminatorGradients(fake, real, scalars);
    AddPart(&gradients, std::move(terms), config_.grad_accum);
  }
  scalars->push_back({"Gradient/D/norm", adam_.Step(kAdamD, gradients)});
  gradients.clear();
  if (r1 && !r1_in_loss) RegularizeDiscriminator(bytes, scalars);
}

void Trainer::RegularizeDiscriminator(const std::vector<Tensor>& bytes, std::vector<StepScalar>* scalars) {
  const TraceScope trace("RegularizeDiscriminator");
  const std::vector<Tensor> parameters = nn::Tensors(d_parameters_);
  std::vector<Tensor> gradients;
  for (int part = 0; part < config_.grad_accum; ++part) {
    const Tensor real = ToPixels(bytes[part]).Detach().Track();
    const Tensor penalty = R1Penalty(real, discriminator_.Forward(real));
    scalars->push_back({"Loss/r1_penalty", penalty.Detach()});
    AddPart(&gradients, LastGrad({Scale(penalty, R1Weight())}, parameters), config_.grad_accum);
  }
  scalars->push_back({"Gradient/D/r1_norm", adam_.Step(kAdamD, gradients)});
}

void Trainer::StepGenerator(bool path_length, std::vector<StepScalar>* scalars) {
  const TraceScope trace("StepGenerator");
  const StepScope step(device_, GraphKey(path_length ? "G+PL" : "G"));
  std::vector<Tensor> parameters = nn::Tensors(g_parameters_);
  for (const nn::NamedTensor& p : m_parameters_) parameters.push_back(p.tensor);
  const bool separate = config_.optimizer.separate_regularizers;
  const bool same_images = path_length && !separate && config_.loss.pl_batch_shrink == 1;
  std::vector<Tensor> gradients;
  for (int part = 0; part < config_.grad_accum; ++part) {
    const Images fake = Generate(config_.MicroBatch());
    // The gradient of the pixels first: then the discriminator's graph is gone before the path length's is built.
    const Tensor loss = GeneratorLoss(config_.loss.loss, discriminator_.Forward(fake.pixels));
    scalars->push_back({"Loss/G/loss", loss.Detach()});
    std::vector<Tensor> outputs = {fake.pixels}, seeds = LastGrad({loss}, {fake.pixels});
    if (same_images) {
      outputs.push_back(PathLength(fake, scalars));
      seeds.push_back(Tensor::Full({}, PathLengthWeight(), DType::kF32, device_));
    }
    RecordScope no_record(false);
    Lerp({latent_average_}, {Mean(fake.w, {0, 1})}, 1 - kLatentAverageDecay);
    AddPart(&gradients, LastGrad(outputs, parameters, seeds), config_.grad_accum);
  }
  if (path_length && !separate && !same_images) AddPathLengthGradients(parameters, &gradients, scalars);
  UpdateGenerator(gradients, {"Gradient/G/norm", "Gradient/M/norm"}, scalars);
  if (path_length && separate) {
    gradients.clear();
    AddPathLengthGradients(parameters, &gradients, scalars);
    UpdateGenerator(gradients, {"Gradient/G/pl_norm", "Gradient/M/pl_norm"}, scalars);
  }
}

double Trainer::PathLengthWeight() const {
  const LossConfig& loss = config_.loss;
  return loss.pl_times_interval ? loss.pl_weight * loss.pl_interval : loss.pl_weight;
}

Tensor Trainer::PathLength(const Images& fake, std::vector<StepScalar>* scalars) {
  const Tensor y = RandomNormal(fake.pixels.shape(), DType::kF32, device_, &streams_.path_length);
  const Tensor penalty = path_length_.Penalty(fake.w, fake.pixels, y);
  scalars->push_back({"Loss/pl_penalty", penalty.Detach()});
  return penalty;
}

void Trainer::AddPathLengthGradients(const std::vector<Tensor>& parameters, std::vector<Tensor>* gradients,
                                     std::vector<StepScalar>* scalars) {
  for (int part = 0; part < config_.grad_accum; ++part) {
    const Tensor penalty = PathLength(Generate(config_.MicroBatch() / config_.loss.pl_batch_shrink), scalars);
    const Tensor weight = Tensor::Full({}, PathLengthWeight(), DType::kF32, device_);
    AddPart(gradients, LastGrad({penalty}, parameters, {weight}), config_.grad_accum);
  }
}

void Trainer::UpdateGenerator(const std::vector<Tensor>& gradients, const NormNames& names,
                              std::vector<StepScalar>* scalars) {
  const auto split = gradients.begin() + static_cast<int64_t>(g_parameters_.size());
  scalars->push_back({names.generator, adam_.Step(kAdamG, {gradients.begin(), split})});
  scalars->push_back({names.mapping, adam_.Step(kAdamM, {split, gradients.end()})});
}

void Trainer::UpdateAverages() {
  const TraceScope trace("UpdateAverages");
  const OptimizerConfig& o = config_.optimizer;
  nn::EmaSchedule schedule;
  schedule.batch = config_.batch;
  schedule.half_life_kimg = o.ema_kimg;
  schedule.images_seen = images_seen() + config_.batch;
  schedule.rampup = o.ema_rampup;
  const double beta = nn::EmaBeta(schedule);
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

absl::Status Trainer::Load(const io::SafetensorsReader& file) {
  const Metadata& metadata = file.metadata();
  const auto error = [&file](const absl::Status& status) {
    return absl::FailedPreconditionError(absl::StrCat(file.path(), ": ", status.message()));
  };
  const absl::StatusOr<std::string> format = ReadText(metadata, "format");
  if (!format.ok() || (*format != kFormat && *format != kFormat1)) {
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

  std::vector<nn::NamedTensor> state = State();
  if (*format == kFormat1 && config_.optimizer.beta1 == 0) {
    for (const nn::NamedTensor& v : adam_.State()) {
      state.push_back({absl::StrReplaceAll(v.name, {{".v.", ".m."}}),
                       Tensor::Empty(v.tensor.shape(), v.tensor.dtype(), v.tensor.device())});
    }
  }
  const absl::Status loaded = nn::LoadTensors(file, state, nn::ExtraTensors::kForbid);
  if (!loaded.ok()) return loaded;
  streams_ = streams;
  steps_ = *steps;
  path_length_.set_steps(*pl_steps);
  for (int i = 0; i < adam_.num_groups(); ++i) adam_.set_steps(i, adam_steps[i]);
  return absl::OkStatus();
}

}  // namespace sg::gan
