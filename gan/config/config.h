// Everything that decides what is trained and how, in one struct. The defaults of ModelConfig, LossConfig and OptimizerConfig
// are the annotated StyleGAN2; every point in which it differs from the paper and NVIDIA's release is a switch of its own.
#ifndef GAN_CONFIG_CONFIG_H_
#define GAN_CONFIG_CONFIG_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gan/image/image_spec.h"

namespace sg::gan {

// The networks. Fixed for the life of a checkpoint.
struct ModelConfig {
  int resolution = 64;   // pixels, a power of two from 8
  int latent_dim = 512;  // of z and w
  int mapping_layers = 8;
  int g_features = 32;     // channels of the generator at full resolution, doubling towards 4x4
  int d_features = 64;     // the same for the discriminator
  int max_features = 512;  // of both
  // Not 0: both have channel_base / size channels at a size (the paper's rule), and g_features and d_features mean nothing.
  int channel_base = 0;

  std::string latent_norm = "unit";  // of z: "unit" length, or "rms" (unit mean square, the paper)
  bool rgb_activation = true;        // leaky ReLU after ToRGB (the paper has none)
  double activation_gain = 1;        // after every leaky ReLU (the paper: sqrt 2)
  double conv_bias_init = 1;         // of the discriminator's convolutions (the paper: 0)
  bool skip_bias = true;  // of the 1x1 convolution beside each block of the discriminator (the paper has none)
  // The discriminator ends in a 3x3 convolution that keeps 4x4 and a dense layer, both activated, and a linear layer (the
  // paper), instead of a 3x3 convolution without padding and a linear layer.
  bool fc_head = false;
  std::string resample =
      "bilinear";  // up- and down-sampling: "bilinear" plus [1,2,1] blur with replicated edges, or "fir"
                   // ([1,3,3,1] with zeros beyond the edge, the paper)
  // The 3x3 convolution at each change of size makes it, with stride 2 and the filter of `resample` (the paper), instead of
  // running at the larger size after or before the resampling. The generator's map is the same away from the edges; in the
  // discriminator the activation then comes after the change of size.
  bool strided_conv = false;
  bool latent_per_layer = false;  // a w of its own for every layer (the paper) instead of for every block
  // Of the networks' pixels: "[0,1]", from which the discriminator subtracts a half, or "[-1,1]" (the paper). A gradient with
  // respect to pixels in [0,1] is twice as large, so that r1_gamma g there is 4 g in [-1,1]; path lengths are half as long.
  std::string image_range = "[0,1]";
  bool noise = true;             // per-pixel noise in every StyleBlock; off: all detail has to come from the latent
  int mbstd_group = 4;           // images compared by the minibatch standard deviation; divides the batch
  bool mbstd_per_group = false;  // one statistic per group (the paper) instead of one for the whole batch
  bool mbstd_unbiased = true;    // variance over n - 1 (the paper: n)

  ImageSpec image_spec() const { return {resolution, resolution, 3}; }
  int LogResolution() const;
  int NumBlocks() const { return LogResolution() - 1; }  // 4x4, 8x8, ..., resolution
  // Entries of w. With latent_per_layer, block b has 2b - 1 for its first convolution (none at 4x4), 2b for the second and
  // 2b + 1 for ToRGB, which so shares with the next block's first convolution.
  int NumLatents() const { return latent_per_layer ? 2 * NumBlocks() : NumBlocks(); }
  // Of features of the size resolution >> level: of the generator with g_features, of the discriminator with d_features.
  int64_t Channels(int features_at_resolution, int level) const;
  bool SignedImages() const { return image_range == "[-1,1]"; }
};

struct LossConfig {
  std::string loss = "hinge";      // "hinge" or "logistic" (non-saturating, the paper)
  double r1_gamma = 10;            // times half the mean squared norm of the gradient, pixels in image_range
  int r1_interval = 4;             // every so many steps, multiplied by the interval; 0 switches it off
  double pl_weight = 1;            // of the path-length penalty; 0 switches it off
  int pl_interval = 32;            // every so many steps
  bool pl_times_interval = false;  // multiplied by the interval (the paper)
  int pl_batch_shrink = 1;         // above 1: on images of its own, that many times fewer (the paper: 2)
  int64_t pl_start = 5000;         // first step after which it applies
  double pl_decay = 0.99;          // of the running mean of path lengths
  // The target is the running mean from zero on, with the lengths of this batch in it and differentiated (the paper),
  // instead of the unbiased mean of the batches before.
  bool pl_mean_includes_batch = false;
  bool pl_annotated_axes =
      false;                 // reproduce the annotated code's lengths: per block averaged over the batch, not per image
  double mixing_prob = 0.9;  // probability that a batch mixes two latents
  int mixing_min_block = 0;  // smallest crossover, counted in entries of w; 0 may put the second latent everywhere

  bool HasR1() const { return r1_gamma > 0 && r1_interval > 0; }
  bool HasPathLength() const { return pl_weight > 0; }
};

struct OptimizerConfig {
  double lr = 1e-3;  // generator and discriminator
  // NVIDIA's lr_mul 0.01 (weights drawn from N(0,1) / 0.01 and used times 0.01) is exactly lr * 0.01 here: Adam's step does not
  // depend on the scale of the gradient, its eps apart.
  double mapping_lr = 1e-5;
  double beta1 = 0, beta2 = 0.99;
  // R1 and path length make optimizer steps of their own, after that of the loss, and Adam is corrected for them
  // (nn::AdamGroup::lazy_share, the paper), instead of being added to the loss.
  bool separate_regularizers = false;
  double clip_norm = 1;      // per network; 0 does not clip
  double ema_kimg = 10;      // half-life of the generator's average, in thousand images
  double ema_rampup = 0.05;  // half-life at most this times the images seen; 0: no ramp-up
};

struct TrainConfig {
  std::string preset = "annotated";  // the one that the defaults below belong to
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
  // nn::AdamGroup::lazy_share of the discriminator, and of generator and mapping network.
  double DiscriminatorLazyShare() const;
  double GeneratorLazyShare() const;
};

// "quick": learns the bundled 32x32 emoji in minutes on two cores. "annotated": the annotated implementation's settings.
// "official": NVIDIA's configuration paper256, 256x256 pixels; at another resolution its networks have the channels that
// NVIDIA's have there with fmaps 0.5. Not taken over: the order of the updates (theirs: generator first), in which step of an interval a
// regulariser comes (theirs: the first), latent averages of every mapped batch, and all that comes of eight GPUs.
absl::StatusOr<TrainConfig> PresetConfig(absl::string_view name);

// One sentence naming the field, its value and what is allowed.
absl::Status Validate(const ModelConfig& config);
absl::Status Validate(const TrainConfig& config);

// JSON with every field and the version of their list, for training_options.json and checkpoints. Parsing is strict: unknown
// fields, missing fields and wrong types are errors. A file of an earlier version has the fields of that version, and those
// that came later take their defaults: the annotated model.
std::string ToJson(const TrainConfig& config);
absl::StatusOr<TrainConfig> TrainConfigFromJson(absl::string_view json);

}  // namespace sg::gan

#endif  // GAN_CONFIG_CONFIG_H_
