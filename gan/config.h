// Everything that decides what is trained and how, in one struct. The defaults of ModelConfig, LossConfig and OptimizerConfig
// are the annotated StyleGAN2; every point in which it differs from the paper is a switch of its own.
#ifndef GAN_CONFIG_H_
#define GAN_CONFIG_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sg::gan {

// The networks. Fixed for the life of a checkpoint.
struct ModelConfig {
  int resolution = 64;   // pixels, a power of two from 8
  int latent_dim = 512;  // of z and w
  int mapping_layers = 8;
  int g_features = 32;     // channels of the generator at full resolution, doubling towards 4x4
  int d_features = 64;     // the same for the discriminator
  int max_features = 512;  // of both

  std::string latent_norm = "unit";  // of z: "unit" length, or "rms" (unit mean square, the paper)
  bool rgb_activation = true;        // leaky ReLU after ToRGB (the paper has none)
  double activation_gain = 1;        // after every leaky ReLU (the paper: sqrt 2)
  double conv_bias_init = 1;         // of the discriminator's convolutions (the paper: 0)
  std::string resample =
      "bilinear";                // up- and down-sampling: "bilinear" plus [1,2,1] blur with replicated edges, or "fir"
                                 // ([1,3,3,1] with zeros beyond the edge, the paper)
  bool noise = true;             // per-pixel noise in every StyleBlock; off: all detail has to come from the latent
  int mbstd_group = 4;           // images compared by the minibatch standard deviation; divides the batch
  bool mbstd_per_group = false;  // one statistic per group (the paper) instead of one for the whole batch
  bool mbstd_unbiased = true;    // variance over n - 1 (the paper: n)

  int LogResolution() const;
  int NumBlocks() const { return LogResolution() - 1; }  // 4x4, 8x8, ..., resolution
};

struct LossConfig {
  std::string loss = "hinge";  // "hinge" or "logistic" (non-saturating, the paper)
  double r1_gamma = 10;        // times half the mean squared gradient norm, images in [0,1]
  int r1_interval = 4;         // every so many steps, multiplied by the interval; 0 switches it off
  double pl_weight = 1;        // of the path-length penalty; 0 switches it off
  int pl_interval = 32;
  int64_t pl_start = 5000;  // first step after which it applies
  double pl_decay = 0.99;   // of the running mean of path lengths
  bool pl_annotated_axes =
      false;                 // reproduce the annotated code's lengths: per block averaged over the batch, not per image
  double mixing_prob = 0.9;  // probability that a batch mixes two latents
  int mixing_min_block = 0;  // smallest crossover; 0 may put the second latent everywhere
};

struct OptimizerConfig {
  double lr = 1e-3;  // generator and discriminator
  double mapping_lr = 1e-5;
  double beta1 = 0, beta2 = 0.99;
  double clip_norm = 1;      // per network; 0 does not clip
  double ema_kimg = 10;      // half-life of the generator's average, in thousand images
  double ema_rampup = 0.05;  // half-life at most this times the images seen; 0: no ramp-up
};

struct TrainConfig {
  std::string preset = "quick";
  ModelConfig model;
  LossConfig loss;
  OptimizerConfig optimizer;

  std::string data;  // folder or zip; empty: the bundled emoji
  bool mirror = false;
  std::string on_bad_image = "fail";  // or "skip"
  int batch = 32;                     // images per step
  int grad_accum = 1;                 // micro-batches a step is split into; divides the batch
  double kimg = 4800;                 // length of training, in thousand real images shown
  int64_t seed = 0;
  std::string precision = "f32";  // or "bf16"
  double tick_kimg = 4;           // a line of statistics every so many thousand images
  int snap = 50;                  // a picture and a checkpoint every so many ticks
  int keep = 3;                   // checkpoints kept

  int MicroBatch() const { return batch / grad_accum; }
  int64_t TotalSteps() const;
};

// "quick": learns the bundled 32x32 emoji in minutes on two cores. "annotated": the annotated implementation's settings.
absl::StatusOr<TrainConfig> PresetConfig(absl::string_view name);

// One sentence naming the field, its value and what is allowed.
absl::Status Validate(const ModelConfig& config);
absl::Status Validate(const TrainConfig& config);

// JSON with every field, for training_options.json and checkpoints. Parsing is strict: unknown fields, missing fields and
// wrong types are errors.
std::string ToJson(const TrainConfig& config);
absl::StatusOr<TrainConfig> TrainConfigFromJson(absl::string_view json);

}  // namespace sg::gan

#endif  // GAN_CONFIG_H_
