#include "gan/edit/directions.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/io/npz.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/random.h"
#include "engine/ops/shape_ops.h"
#include "engine/tensor/record_scope.h"
#include "gan/metrics/feature_moments.h"
#include "gan/metrics/symmetric_eigen.h"
#include "nn/module.h"

namespace sg::gan {
namespace {

constexpr char kStyleWeight[] = ".to_style.weight.weight";
constexpr int64_t kMaxDirections = 4096;  // in a file
constexpr int64_t kMappedAtOnce = 1000;

// The modules whose styles SeFa takes for entry `index` of w, as GeneratorNetwork::Visit names them.
std::vector<std::string> ModulesOf(const ModelConfig& model, int64_t index) {
  const std::string prefix = kSynthesisPrefix;
  const auto block = [&](int64_t b, const char* module) { return absl::StrCat(prefix, "blocks.", b - 1, ".", module); };
  if (index == 0) return {absl::StrCat(prefix, "style_block")};
  if (!model.latent_per_layer) return {block(index, "style_block1"), block(index, "style_block2")};
  if (index == model.NumLatents() - 1) return {block(model.NumBlocks() - 1, "to_rgb")};
  return {block((index + 1) / 2, index % 2 == 1 ? "style_block1" : "style_block2")};
}

// The first `count` pairs.
Directions FromPairs(const EigenPairs& pairs, int64_t dim, int64_t count) {
  SG_CHECK(count > 0 && count <= dim) << "[Directions] " << count << " of " << dim;
  Directions found;
  found.dim = dim;
  found.mean.resize(dim);
  found.vectors.assign(pairs.vectors.begin(), pairs.vectors.begin() + count * dim);
  const double total = std::accumulate(pairs.values.begin(), pairs.values.end(), 0.0);
  for (int64_t k = 0; k < count; ++k) {
    found.shares.push_back(static_cast<float>(total > 0 ? pairs.values[k] / total : 0));
  }
  return found;
}

std::vector<float> AsFloats(const io::NpyArray& array) { return {array.values.begin(), array.values.end()}; }

}  // namespace

std::vector<float> Directions::Step(int64_t k) const {
  SG_CHECK(k >= 0 && k < count()) << "[Directions] " << k << " of " << count();
  std::vector<float> step(vectors.begin() + k * dim, vectors.begin() + (k + 1) * dim);
  for (float& value : step) value *= deviations[k];
  return step;
}

std::vector<int64_t> AllEntries(const ModelConfig& model) {
  std::vector<int64_t> entries(model.NumLatents());
  std::iota(entries.begin(), entries.end(), 0);
  return entries;
}

Directions SefaDirections(const ModelConfig& model, GeneratorNetwork* generator, absl::Span<const int64_t> entries,
                          int64_t count) {
  const int64_t dim = model.WDim();
  std::set<std::string> wanted;
  for (int64_t index : entries) {
    for (const std::string& module : ModulesOf(model, index)) wanted.insert(module + kStyleWeight);
  }
  std::vector<double> products(dim * dim);
  size_t found = 0;
  for (const nn::NamedTensor& parameter : nn::Parameters(*generator)) {
    if (wanted.count(parameter.name) == 0) continue;
    ++found;
    const std::vector<float> weight = parameter.tensor.ToHost<float>();  // [C,dim]
    for (size_t row = 0; row < weight.size(); row += dim) {
      double square = 0;
      for (int64_t i = 0; i < dim; ++i) square += double{weight[row + i]} * weight[row + i];
      if (square <= 0) continue;
      for (int64_t i = 0; i < dim; ++i) {
        const double factor = weight[row + i] / square;
        for (int64_t j = 0; j < dim; ++j) products[i * dim + j] += factor * weight[row + j];
      }
    }
  }
  SG_CHECK(found == wanted.size() && found > 0) << "[SefaDirections] " << found << " of " << wanted.size() << " layers";
  Directions directions = FromPairs(SymmetricEigen(products, dim), dim, count);
  directions.deviations.assign(count, 1);
  return directions;
}

absl::StatusOr<Directions> GanspaceDirections(const ModelConfig& model, const GeneratorNetwork& generator,
                                              const GanspaceParams& params, Device device,
                                              const std::function<Tensor(int64_t n)>& labels_of,
                                              const std::function<bool(int64_t done)>& progress) {
  const RecordScope no_record(false);
  const int64_t dim = model.WDim();
  FeatureMoments moments(dim, params.samples, /*blocks=*/1);
  RandomStream stream = {params.seed, 0, 0};
  for (int64_t done = 0; done < params.samples;) {
    const int64_t n = std::min(kMappedAtOnce, params.samples - done);
    const Tensor z = RandomNormal({n, model.latent_dim}, DType::kF32, device, &stream);
    moments.Add(generator.Map(z, labels_of(n)).ToHost<float>());
    done += n;
    if (!progress(done)) return absl::CancelledError("stopped");
  }
  moments.Finish();
  const Moments all = moments.Total();
  const EigenPairs pairs = SymmetricEigen(all.covariance, dim);
  Directions directions = FromPairs(pairs, dim, params.count);
  directions.mean.assign(all.mean.begin(), all.mean.end());
  for (int64_t k = 0; k < params.count; ++k) {
    directions.deviations.push_back(static_cast<float>(std::sqrt(std::max(0.0, pairs.values[k]))));
  }
  return directions;
}

Tensor MoveAlong(const Tensor& w, const std::vector<float>& step, double amount, absl::Span<const int64_t> entries) {
  SG_CHECK(w.shape().rank() == 3 && w.dim(2) == static_cast<int64_t>(step.size()))
      << "[MoveAlong] w " << w << ", a step of " << step.size();
  std::vector<float> steps(w.dim(0) * w.dim(2));
  for (int64_t index : entries) {
    SG_CHECK(index >= 0 && index < w.dim(0)) << "[MoveAlong] entry " << index << " of " << w;
    std::copy(step.begin(), step.end(), steps.begin() + index * w.dim(2));
  }
  return AddScaled(w, 1, Tensor::FromHost<float>({w.dim(0), 1, w.dim(2)}, steps, w.device()), amount);
}

absl::Status WriteDirections(const std::string& path, const Directions& directions) {
  const int64_t count = directions.count(), dim = directions.dim;
  return io::WriteNpz(path, {{"lat_comp", {count, 1, dim}, directions.vectors},
                             {"lat_stdev", {count}, directions.deviations},
                             {"var_ratio", {count}, directions.shares},
                             {"lat_mean", {1, dim}, directions.mean}});
}

absl::StatusOr<Directions> ReadDirections(const std::string& path, int64_t dim) {
  const absl::StatusOr<io::NpzReader> file = io::NpzReader::Open(path);
  if (!file.ok()) return file.status();
  const absl::StatusOr<io::NpyArray> vectors = file->Read("lat_comp", kMaxDirections * dim);
  if (!vectors.ok()) return vectors.status();
  const Shape& shape = vectors->shape;
  const bool with_one = shape.rank() == 3 && shape.dim(1) == 1;
  if (!(shape.rank() == 2 || with_one) || shape.dim(shape.rank() - 1) != dim || shape.dim(0) < 1) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": its array \"lat_comp\" is ", ToString(shape),
                                                   ", must be [N,1,", dim, "] for this network"));
  }
  const int64_t count = shape.dim(0);
  Directions directions;
  directions.dim = dim;
  directions.vectors = AsFloats(*vectors);
  directions.deviations.assign(count, 1);
  directions.shares.assign(count, 0);
  directions.mean.assign(dim, 0);
  for (const auto& [name, target] : {std::pair<const char*, std::vector<float>*>{"lat_stdev", &directions.deviations},
                                     {"var_ratio", &directions.shares},
                                     {"lat_mean", &directions.mean}}) {
    if (!file->Has(name)) continue;
    const absl::StatusOr<io::NpyArray> array = file->Read(name, kMaxDirections * dim);
    if (!array.ok()) return array.status();
    if (array->values.size() != target->size()) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": its array \"", name, "\" is ", ToString(array->shape),
                                                     ", must have ", target->size(), " elements"));
    }
    *target = AsFloats(*array);
  }
  for (int64_t k = 0; k < count; ++k) {
    const auto begin = directions.vectors.begin() + k * dim, end = begin + dim;
    double square = 0;
    for (auto i = begin; i != end; ++i) square += double{*i} * *i;
    if (!std::isfinite(square) || square <= 0 || !std::isfinite(directions.deviations[k])) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": direction ", k, " is zero or not finite"));
    }
    for (auto i = begin; i != end; ++i) *i = static_cast<float>(*i / std::sqrt(square));
  }
  return directions;
}

}  // namespace sg::gan
