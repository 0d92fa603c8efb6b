#include "gan/edit/projector.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "engine/autograd/grad.h"
#include "engine/base/check.h"
#include "engine/io/npz.h"
#include "engine/ops/broadcast.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/in_place.h"
#include "engine/ops/random.h"
#include "engine/ops/reduce.h"
#include "engine/ops/shape_ops.h"
#include "engine/tensor/record_scope.h"
#include "gan/model/common/noise.h"
#include "gan/sample/numpy_random.h"

namespace sg::gan {
namespace {

constexpr double kPi = 3.14159265358979323846;
// NVIDIA's numbers.
constexpr int64_t kSamplesOfW = 10000;
constexpr uint32_t kSeedOfW = 123;
constexpr double kNoiseEnds = 0.75, kRampDown = 0.25, kRampUp = 0.05;  // shares of the steps
constexpr int64_t kSmallestNoise = 8;
constexpr double kBeta1 = 0.9, kBeta2 = 0.999;

constexpr int64_t kMappedAtOnce = 1000;
constexpr uint64_t kNoiseMapStream = 0;  // of the first noise maps; step t draws from stream t + 1
constexpr int64_t kMaxStateValues = int64_t{1} << 28;
constexpr double kSameMean = 1e-3;  // of the deviation: other threads or devices round differently

// Each element times its right, or lower, neighbor: the mean of the products. The edges are joined.
Tensor NeighborProduct(const Tensor& map, int dim) {
  const int64_t size = map.dim(dim);
  const Tensor rolled = Concat({Narrow(map, dim, size - 1, 1), Narrow(map, dim, 0, size - 1)}, dim);
  return Mean(map * rolled);
}

// Mean 0 and mean square 1.
Tensor Normalized(const Tensor& map) {
  const Tensor centered = map - Mean(map);
  return centered * Rsqrt(Mean(Square(centered)));
}

}  // namespace

ProjectorSchedule ProjectorScheduleAt(int step, int steps) {
  const double t = static_cast<double>(step) / steps;
  const double down = std::min(1.0, (1 - t) / kRampDown);
  ProjectorSchedule schedule;
  schedule.lr = (0.5 - 0.5 * std::cos(kPi * down)) * std::min(1.0, t / kRampUp);
  schedule.w_noise = std::pow(std::max(0.0, 1 - t / kNoiseEnds), 2);
  return schedule;
}

Tensor NoisePenalty(const std::vector<Tensor>& maps) {
  Tensor sum;
  for (Tensor map : maps) {
    while (true) {
      for (int dim : {1, 2}) {
        const Tensor squared = Square(NeighborProduct(map, dim));
        sum = sum.defined() ? sum + squared : squared;
      }
      if (map.dim(1) <= kSmallestNoise) break;
      map = HalveByMeans(map);
    }
  }
  return sum;
}

Projector::Projector(const ModelConfig& model, std::shared_ptr<const GeneratorNetwork> generator, const Tensor& target,
                     const EfficientNetLite0* features, const ProjectorParams& params)
    : model_(model),
      generator_(std::move(generator)),
      target_(target),
      loss_(target, features, params.loss),
      params_(params) {}

Projector Projector::Start(const ModelConfig& model, std::shared_ptr<const GeneratorNetwork> generator,
                           const Tensor& target, const EfficientNetLite0* features, const Tensor& label,
                           const ProjectorParams& params) {
  SG_CHECK(target.shape() == model.image_spec().BatchShape(1) && params.steps > 0)
      << "[Projector] target " << target << ", " << params.steps << " steps";
  Projector projector(model, std::move(generator), target, features, params);
  projector.FindMeanOfW(label);
  projector.MakeVariables();
  return projector;
}

void Projector::FindMeanOfW(const Tensor& label) {
  const RecordScope no_record(false);
  NumpyRandomState random(kSeedOfW);
  const int64_t d = model_.WDim();
  std::vector<float> w;
  for (int64_t done = 0; done < kSamplesOfW; done += kMappedAtOnce) {
    const std::vector<double> z = random.RandN(kMappedAtOnce * model_.latent_dim);
    const Tensor labels = label.defined() ? BroadcastTo(label, {kMappedAtOnce, label.dim(1)}) : Tensor();
    const Tensor part =
        generator_->Map(Tensor::FromHost<float>({kMappedAtOnce, model_.latent_dim},
                                                std::vector<float>(z.begin(), z.end()), target_.device()),
                        labels);
    const std::vector<float> values = part.ToHost<float>();
    w.insert(w.end(), values.begin(), values.end());
  }
  std::vector<double> mean(d);
  for (size_t i = 0; i < w.size(); ++i) mean[i % d] += w[i] / static_cast<double>(kSamplesOfW);
  double squares = 0;
  for (size_t i = 0; i < w.size(); ++i) squares += (w[i] - mean[i % d]) * (w[i] - mean[i % d]);
  deviation_ = std::sqrt(squares / static_cast<double>(kSamplesOfW));
  mean_w_ = Tensor::FromHost<float>({1, 1, d}, std::vector<float>(mean.begin(), mean.end()), target_.device());
}

void Projector::MakeVariables() {
  const auto make = [](const Tensor& start) {
    Variable variable;
    variable.value = start;
    variable.value.Track();
    variable.m = Tensor::Zeros(start.shape(), start.dtype(), start.device());
    variable.v = Tensor::Zeros(start.shape(), start.dtype(), start.device());
    return variable;
  };
  const RecordScope no_record(false);
  // A sum with zeros, since a variable needs a buffer of its own.
  const int64_t latents = params_.w_plus ? model_.NumLatents() : 1;
  w_ = make(mean_w_ + Tensor::Zeros({latents, 1, model_.WDim()}, DType::kF32, target_.device()));
  RandomStream stream = {params_.seed, kNoiseMapStream, 0};
  const bool fixed = !params_.noise && !generator_->NoiseConst().empty();
  for (const BlockNoise& block :
       fixed ? generator_->NoiseConst() : RandomNoise(model_, 1, DType::kF32, target_.device(), &stream)) {
    for (const Tensor& map : {block.first, block.second}) {
      if (map.defined()) noise_.push_back(make(map + Tensor::Zeros(map.shape(), DType::kF32, map.device())));
    }
  }
}

Tensor Projector::PictureOf(const Tensor& w) const {
  std::vector<BlockNoise> blocks(model_.NumBlocks());
  for (size_t i = 0; i < noise_.size(); ++i) {
    // The first block has only the second map.
    BlockNoise& block = blocks[(i + 1) / 2];
    (i % 2 == 0 ? block.second : block.first) = noise_[i].value;
  }
  const Tensor pixels = generator_->Synthesize(BroadcastTo(w, {model_.NumLatents(), 1, model_.WDim()}), blocks);
  return model_.SignedImages() ? Affine(pixels, 0.5, 0.5) : pixels;
}

double Projector::Step() {
  SG_CHECK(step_ < params_.steps) << "[Projector] step " << step_ << " of " << params_.steps;
  const ProjectorSchedule schedule = ProjectorScheduleAt(step_, params_.steps);
  RandomStream stream = {params_.seed, static_cast<uint64_t>(step_) + 1, 0};
  const Tensor draw = RandomNormal(w_.value.shape(), DType::kF32, target_.device(), &stream);
  const Tensor moved = AddScaled(w_.value, 1, draw, deviation_ * params_.w_noise * schedule.w_noise);
  const Tensor distance = loss_(PictureOf(moved));

  Tensor loss = distance;
  if (params_.w_plus) {
    const Tensor from_mean = w_.value - Mean(w_.value, {0}, /*keep_dims=*/true);
    loss = AddScaled(loss, 1, Mean(Square(from_mean)), params_.spread_weight);
  }
  const bool search_noise = params_.noise && !noise_.empty();
  std::vector<Tensor> inputs = {w_.value};
  if (search_noise) {
    for (const Variable& map : noise_) inputs.push_back(map.value);
    loss = AddScaled(loss, 1, NoisePenalty({inputs.begin() + 1, inputs.end()}), params_.noise_weight);
  }
  GradOptions options;
  options.release_graph = true;
  const std::vector<Tensor> gradients = Grad({loss}, inputs, {}, options);

  const RecordScope no_record(false);
  const double lr = params_.lr * schedule.lr;
  const double element_deviation = deviation_ / std::sqrt(static_cast<double>(model_.WDim()));
  ++step_;
  Update(&w_, gradients[0], lr * std::min(1.0, element_deviation));
  for (size_t i = 0; search_noise && i < noise_.size(); ++i) {
    Update(&noise_[i], gradients[i + 1], lr);
    noise_[i].value = Normalized(noise_[i].value);
    noise_[i].value.Track();
  }
  return distance.Item();
}

// step_ counts this step already.
void Projector::Update(Variable* variable, const Tensor& gradient, double lr) const {
  const std::vector<Tensor> values = {variable->value}, m = {variable->m}, v = {variable->v}, g = {gradient};
  AdamStepInputs inputs;
  inputs.parameters = values;
  inputs.m = m;
  inputs.v = v;
  inputs.gradients = g;
  // Zero times infinity is NaN, which AdamStep takes as the order to change nothing.
  inputs.grad_scale = Affine(Scale(SquaredNorm(g), 0), 1, 1);
  inputs.step = step_;
  AdamParams adam;
  adam.lr = lr;
  adam.beta1 = kBeta1;
  adam.beta2 = kBeta2;
  AdamStep(inputs, adam);
}

Tensor Projector::W() const {
  const RecordScope no_record(false);
  return BroadcastTo(w_.value, {model_.NumLatents(), 1, model_.WDim()});
}

Tensor Projector::Picture() const {
  const RecordScope no_record(false);
  return PictureOf(w_.value);
}

std::vector<float> Projector::Fingerprint() const {
  std::vector<double> numbers = {static_cast<double>(params_.steps),
                                 params_.w_plus ? 1.0 : 0.0,
                                 params_.noise ? 1.0 : 0.0,
                                 params_.lr,
                                 params_.w_noise,
                                 params_.noise_weight,
                                 params_.spread_weight,
                                 params_.loss.pixel_weight,
                                 params_.loss.feature_weight};
  constexpr int kSeedBits = 16;  // a float holds 24
  for (int shift = 0; shift < 64; shift += kSeedBits) {
    numbers.push_back(static_cast<double>(params_.seed >> shift & ((1 << kSeedBits) - 1)));
  }
  return {numbers.begin(), numbers.end()};
}

std::vector<std::pair<std::string, Tensor*>> Projector::State() {
  std::vector<std::pair<std::string, Tensor*>> state;
  const auto add = [&](const std::string& name, Variable* variable) {
    state.emplace_back(name, &variable->value);
    state.emplace_back(name + ".m", &variable->m);
    state.emplace_back(name + ".v", &variable->v);
  };
  add("w", &w_);
  for (size_t i = 0; i < noise_.size(); ++i) add(absl::StrCat("noise.", i), &noise_[i]);
  return state;
}

absl::Status Projector::Save(const std::string& path) const {
  const std::vector<float> fingerprint = Fingerprint();
  std::vector<io::NpzArray> arrays = {{"step", {1}, {static_cast<float>(step_)}},
                                      {"parameters", {static_cast<int64_t>(fingerprint.size())}, fingerprint},
                                      {"target", target_.shape(), target_.ToHost<float>()},
                                      {"mean_w", mean_w_.shape(), mean_w_.ToHost<float>()}};
  for (const auto& [name, tensor] : const_cast<Projector*>(this)->State()) {
    arrays.push_back({name, tensor->shape(), tensor->ToHost<float>()});
  }
  return io::WriteNpz(path, arrays);
}

absl::Status Projector::Load(const std::string& path) {
  const absl::StatusOr<io::NpzReader> file = io::NpzReader::Open(path);
  if (!file.ok()) return file.status();
  const auto unusable = [&](absl::string_view what) {
    return absl::FailedPreconditionError(absl::StrCat(path, ": is the state of a search with ", what));
  };
  const auto read = [&](const std::string& name, std::vector<float>* values) {
    const absl::StatusOr<io::NpyArray> array = file->Read(name, kMaxStateValues);
    if (!array.ok()) return array.status();
    values->assign(array->values.begin(), array->values.end());
    return absl::OkStatus();
  };
  std::vector<float> step, parameters, target, mean;
  for (const auto& [name, values] : {std::pair<const char*, std::vector<float>*>{"step", &step},
                                     {"parameters", &parameters},
                                     {"target", &target},
                                     {"mean_w", &mean}}) {
    const absl::Status status = read(name, values);
    if (!status.ok()) return status;
  }
  const std::vector<float> own_mean = mean_w_.ToHost<float>();
  bool same_mean = mean.size() == own_mean.size();
  for (size_t i = 0; same_mean && i < mean.size(); ++i) {
    same_mean = std::abs(mean[i] - own_mean[i]) <= kSameMean * deviation_;
  }
  if (!same_mean) return unusable("another network or class");
  if (target != target_.ToHost<float>()) return unusable("another target");
  if (parameters != Fingerprint()) return unusable("other parameters");
  if (step.size() != 1 || !(step[0] >= 0 && step[0] <= static_cast<float>(params_.steps))) {
    return unusable("an impossible step");
  }
  std::vector<std::vector<float>> loaded;
  for (const auto& [name, tensor] : State()) {
    loaded.emplace_back();
    const absl::Status status = read(name, &loaded.back());
    if (!status.ok()) return status;
    if (static_cast<int64_t>(loaded.back().size()) != tensor->NumElements()) {
      return unusable(absl::StrCat("an array \"", name, "\" of another size"));
    }
  }
  size_t next = 0;
  for (const auto& [name, tensor] : State()) {
    const std::vector<float>& values = loaded[next++];
    CopyFromHost(*tensor, values.data(), values.size() * sizeof(float));
  }
  step_ = static_cast<int>(step[0]);
  return absl::OkStatus();
}

}  // namespace sg::gan
