// A training configuration so small that a step takes about a millisecond, and comparisons of its whole state.
#ifndef TESTS_GAN_TRAIN_SMALL_RUN_H_
#define TESTS_GAN_TRAIN_SMALL_RUN_H_

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "engine/ops/in_place.h"
#include "gan/config/config.h"
#include "gan/config/presets.h"
#include "gan/data/batch.h"
#include "gan/train/trainer.h"
#include "gtest/gtest.h"
#include "tests/support/scratch_dir.h"

namespace sg::gan {

// 8x8 pixels. R1 runs in every second step and the path length in every third, starting with the first.
inline TrainConfig SmallConfig() {
  TrainConfig config;
  config.model.resolution = 8;
  config.model.latent_dim = 8;
  config.model.mapping_layers = 2;
  config.model.g_features = 4;
  config.model.d_features = 4;
  config.model.max_features = 8;
  config.model.mbstd_group = 2;
  config.loss.loss = AdversarialLoss::kLogistic;
  config.loss.r1_gamma = 1;
  config.loss.r1_interval = 2;
  config.loss.pl_interval = 3;
  config.loss.pl_start = 0;
  config.loss.mixing_prob = 0.5;
  config.optimizer.mapping_lr = 1e-4;
  config.optimizer.ema_kimg = 0.05;
  config.batch = 4;
  config.seed = 1;
  return config;
}

// The official preset at this size with all of its switches. R1 runs in every second step, the path length in every
// third.
inline TrainConfig SmallOfficialConfig() {
  TrainConfig config = *PresetConfig("official");
  config.model.resolution = 8;
  config.model.latent_dim = 8;
  config.model.mapping_layers = 2;
  config.model.channel_base = 32;
  config.model.mbstd_group = 2;
  config.loss.r1_interval = 2;
  config.loss.pl_interval = 3;
  config.loss.mixing_prob = 0.5;
  config.optimizer.mapping_lr = 1e-4;
  config.optimizer.ema_kimg = 0.05;
  config.batch = 4;
  config.seed = 1;
  return config;
}

// NVIDIA's order of updates, and all that their model has beyond the official preset's. Three classes.
inline TrainConfig SmallConditionalConfig() {
  TrainConfig config = SmallOfficialConfig();
  config.model.w_dim = 6;
  config.model.label_dim = 3;
  config.model.mapping_lr_mul = 0.01;
  config.model.conv_clamp = 256;
  config.model.noise_const = true;
  config.loss.regularize_first = true;
  config.optimizer.mapping_lr = config.optimizer.lr;
  config.optimizer.generator_first = true;
  return config;
}

// The loss of R3GAN with both penalties in every step, augmented images and three classes.
inline TrainConfig SmallRelativisticConfig() {
  TrainConfig config = SmallConfig();
  config.model.label_dim = 3;
  config.loss.loss = AdversarialLoss::kRelativistic;
  config.loss.r1_gamma = 2;
  config.loss.r2_gamma = 1;
  config.loss.r1_interval = 1;
  config.loss.pl_weight = 0;
  config.loss.mixing_prob = 0;
  config.augment.aug = AugMode::kFixed;
  config.augment.p = 0.3;
  config.optimizer.clip_norm = 0;
  return config;
}

// A batch of pixels of one value.
inline Batch UniformBatch(const TrainConfig& config, uint8_t byte) {
  Batch batch;
  batch.pixels.assign(config.batch * config.model.image_spec().NumValues(), byte);
  const int dim = config.model.label_dim;
  batch.labels.resize(config.batch * dim);
  batch.fake_labels.resize(kFakeSets * batch.labels.size());
  // Every class in turn.
  for (int i = 0; dim > 0 && i < config.batch; ++i) batch.labels[i * dim + i % dim] = 1;
  for (int i = 0; dim > 0 && i < kFakeSets * config.batch; ++i) batch.fake_labels[i * dim + (2 * i + byte) % dim] = 1;
  return batch;
}

// A batch of random pixels, a function of `seed`.
inline Batch SmallBatch(const TrainConfig& config, uint32_t seed) {
  Batch batch = UniformBatch(config, 0);
  uint32_t state = seed * 2654435761u + 1;
  for (uint8_t& byte : batch.pixels) {
    state = state * 1664525u + 1013904223u;
    byte = static_cast<uint8_t>(state >> 24);
  }
  return batch;
}

inline std::string FileBytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// The complete state of a trainer: the bytes of its file, hence tensors, counters, random streams and configuration.
inline std::string WholeState(const Trainer& trainer) {
  const nn::ScratchDir folder;
  const absl::Status saved = trainer.Save(folder.File("state"), {});
  EXPECT_TRUE(saved.ok()) << saved;
  return FileBytes(folder.File("state"));
}

// Compares bit for bit, and names the first tensor that differs.
inline ::testing::AssertionResult SameTensors(const Trainer& a, const Trainer& b) {
  const std::vector<nn::NamedTensor> left = a.State(), right = b.State();
  if (left.size() != right.size()) return ::testing::AssertionFailure() << left.size() << " and " << right.size();
  for (size_t t = 0; t < left.size(); ++t) {
    if (left[t].name != right[t].name) return ::testing::AssertionFailure() << left[t].name << ", " << right[t].name;
    const std::vector<float> x = left[t].tensor.ToHost<float>(), y = right[t].tensor.ToHost<float>();
    if (x.size() != y.size()) return ::testing::AssertionFailure() << "sizes of " << left[t].name;
    for (size_t i = 0; i < x.size(); ++i) {
      if (std::memcmp(&x[i], &y[i], sizeof(float)) != 0) {
        return ::testing::AssertionFailure() << left[t].name << "[" << i << "]: " << x[i] << " and " << y[i];
      }
    }
  }
  return ::testing::AssertionSuccess();
}

// The tensor of the given name. Shares its buffer with the trainer.
inline Tensor StateTensor(const Trainer& trainer, const std::string& name) {
  for (const nn::NamedTensor& t : trainer.State()) {
    if (t.name == name) return t.tensor;
  }
  ADD_FAILURE() << "no tensor \"" << name << "\"";
  return Tensor();
}

// Sets every stride-th element from `begin` on.
inline void Overwrite(const Tensor& t, float value, int64_t begin = 0, int64_t stride = 1) {
  std::vector<float> values = t.ToHost<float>();
  for (size_t i = begin; i < values.size(); i += stride) values[i] = value;
  CopyFromHost(t, values.data(), values.size() * sizeof(float));
}

// The first scalar of this name.
inline double Find(const std::vector<StepScalar>& scalars, const std::string& name) {
  for (const StepScalar& s : scalars) {
    if (s.name == name) return s.value.Item();
  }
  ADD_FAILURE() << "no " << name;
  return 0;
}

// The scalars of a step as bits, which makes equal NaNs compare equal and distinguishes 0 from -0.
inline std::vector<std::pair<std::string, uint64_t>> ScalarBits(const std::vector<StepScalar>& scalars) {
  std::vector<std::pair<std::string, uint64_t>> bits;
  for (const StepScalar& s : scalars) {
    const double value = s.value.Item();
    uint64_t word;
    std::memcpy(&word, &value, sizeof(word));
    bits.emplace_back(s.name, word);
  }
  return bits;
}

}  // namespace sg::gan

#endif  // TESTS_GAN_TRAIN_SMALL_RUN_H_
