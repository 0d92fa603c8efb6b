// The configuration of the networks and of their training. A default TrainConfig is the annotated StyleGAN2; every
// difference from the paper and NVIDIA's release is a separate switch. A new field is written here and in fields.h.
//
//   TrainConfig config = *PresetConfig("official");  // presets.h
//   config.batch = 32;
//   absl::Status valid = Validate(config);           // validate.h
#ifndef GAN_CONFIG_CONFIG_H_
#define GAN_CONFIG_CONFIG_H_

#include <cstdint>
#include <string>

#include "gan/config/enums.h"
#include "gan/image/image_spec.h"

namespace sg::gan {

// The networks. A checkpoint fixes them.
struct ModelConfig {
  // The number of doublings from the learned constant to the images, as the side that 4x4 grows to: a power of two, at
  // least 8. Of square images it is the side in pixels.
  int resolution = 64;
  int base_width = 4, base_height = 4;  // of the constant, in pixels; a 4x3 one grows to 512x384 with resolution 512
  int image_channels = 3;               // 1: gray, 3: RGB; 2 and 4: the same with an alpha channel
  int latent_dim = 512;                 // elements of z
  int w_dim = 0;                        // elements of w; 0: latent_dim
  int label_dim = 0;                    // elements of an image's label, of which both networks are told; 0: no labels
  int mapping_layers = 8;
  // Weights and biases of the mapping network are stored divided by this factor, and multiplied by it in use (NVIDIA:
  // 0.01). Adam's steps do not depend on the scale of the gradient, so they are then this much smaller in effect.
  double mapping_lr_mul = 1;
  int g_features = 32;     // channels of the generator at full resolution; they double towards 4x4
  int d_features = 64;     // the same for the discriminator
  int max_features = 512;  // upper bound for both
  // Not 0: both networks have channel_base / size channels at each size (the paper's rule), and g_features and
  // d_features have no effect.
  int channel_base = 0;

  LatentNorm latent_norm = LatentNorm::kUnit;
  // The outputs of convolutions are clamped to this magnitude behind the activation (NVIDIA: 256); 0: not clamped. A
  // block's factor of sqrt 1/2 applies to the limit, too.
  double conv_clamp = 0;
  bool rgb_activation = true;  // leaky ReLU after ToRGB (the paper has none)
  double activation_gain = 1;  // after every leaky ReLU (the paper: sqrt 2)
  double conv_bias_init = 1;   // of the discriminator's convolutions (the paper: 0)
  bool skip_bias = true;       // of the 1x1 convolution beside each block of the discriminator (the paper has none)
  // The end of the discriminator. True: a 3x3 convolution that keeps 4x4, a dense layer, both activated, and a linear
  // layer (the paper). False: a 3x3 convolution without padding and a linear layer.
  bool fc_head = false;
  Resampling resample = Resampling::kBilinear;
  // True: the 3x3 convolution at each change of size has stride 2 and the filter of `resample` (the paper). False: it
  // runs at the larger size, after or before the resampling. In the generator, both compute the same away from the
  // edges. In the discriminator, the strided convolution moves the activation behind the change of size.
  bool strided_conv = false;
  Architecture g_architecture = Architecture::kSkip;
  Architecture d_architecture = Architecture::kResnet;
  bool latent_per_layer = false;  // a separate w for every layer (the paper), not for every block
  // With [0,1] the discriminator subtracts a half. A gradient with respect to pixels in [0,1] is twice as large as one
  // in [-1,1], so r1_gamma g in [0,1] equals 4 g in [-1,1]; path lengths are half as long.
  ImageRange image_range = ImageRange::kZeroToOne;
  bool noise = true;  // per-pixel noise in every StyleBlock; without it all detail comes from the latent
  // The generator holds the noise of pictures that shall not change (NVIDIA); otherwise that is a function of a seed.
  bool noise_const = false;
  // Images that the minibatch standard deviation compares. It divides the batch; 0: the whole batch.
  int mbstd_group = 4;
  int mbstd_channels = 1;        // statistics per group, each of as many features; divides their number; 0: none
  bool mbstd_per_group = false;  // one statistic per group (the paper), not one for the whole batch
  bool mbstd_unbiased = true;    // variance over n - 1 (the paper: n)

  ImageSpec image_spec() const { return {HeightAt(NumBlocks() - 1), WidthAt(NumBlocks() - 1), image_channels}; }
  bool GrowsFrom4x4() const { return base_width == 4 && base_height == 4; }  // the images are then resolution^2
  int WDim() const { return w_dim > 0 ? w_dim : latent_dim; }
  int LogResolution() const;
  int NumBlocks() const { return LogResolution() - 1; }  // 4x4, 8x8, ..., resolution
  // The size of a block's features. Block 0 has the constant.
  int64_t HeightAt(int block) const { return int64_t{base_height} << block; }
  int64_t WidthAt(int block) const { return int64_t{base_width} << block; }
  // Entries of w. With latent_per_layer, block b uses entry 2b - 1 for its first convolution (4x4 has none), 2b for the
  // second, and 2b + 1 for ToRGB. The next block's first convolution uses entry 2b + 1 too.
  int NumLatents() const { return latent_per_layer ? 2 * NumBlocks() : NumBlocks(); }
  // Channels at the size resolution >> level. Pass g_features for the generator, d_features for the discriminator.
  int64_t Channels(int features_at_resolution, int level) const;
  // Layers of the discriminator before its head.
  int FreezableLayers() const;
  bool SignedImages() const { return image_range == ImageRange::kMinusOneToOne; }
};

struct LossConfig {
  AdversarialLoss loss = AdversarialLoss::kHinge;
  // kLogistic: a real image is to be called real with the probability 1 - label_smoothing. The others do not use it.
  double label_smoothing = 0;
  double r1_gamma = 10;            // factor of half the mean squared norm of the gradient with respect to the pixels
  double r2_gamma = 0;             // the same for fakes in place of real images
  int r1_interval = 4;             // every so many steps, multiplied by the interval; 0 switches both penalties off
  double pl_weight = 1;            // of the path-length penalty; 0 switches it off
  int pl_interval = 32;            // every so many steps
  bool pl_times_interval = false;  // multiply the penalty by the interval (the paper)
  int pl_batch_shrink = 1;         // above 1: measure separate images, that many times fewer (the paper: 2)
  int64_t pl_start = 5000;         // the penalty applies after this step; with regularize_first in it, too
  // A regularizer joins the first step of each interval (NVIDIA), not the last.
  bool regularize_first = false;
  double pl_decay = 0.99;  // of the running mean of path lengths
  // The target of the path lengths. True: a running mean that starts at zero and includes this batch, differentiated
  // (the paper). False: the unbiased mean of the batches before.
  bool pl_mean_includes_batch = false;
  // Reproduce the annotated code's path lengths: per block and averaged over the batch, not per image.
  bool pl_annotated_axes = false;
  double mixing_prob = 0.9;  // probability that a batch mixes two latents
  int mixing_min_block = 0;  // smallest crossover, an index into w; at 0 the second latent may take every entry

  bool IsRelativistic() const { return loss == AdversarialLoss::kRelativistic; }
  bool HasR1() const { return r1_gamma > 0 && r1_interval > 0; }
  bool HasR2() const { return r2_gamma > 0 && r1_interval > 0; }
  bool HasGradientPenalty() const { return HasR1() || HasR2(); }
  bool HasPathLength() const { return pl_weight > 0; }
};

// The image filter of augmentation reads 21 pixels beyond the edges, by reflection.
inline constexpr int kSmallestFilteredSize = 22;

// How images, real and fake, change before the discriminator sees them.
struct AugmentConfig {
  AugMode aug = AugMode::kNone;
  AugPipe pipe = AugPipe::kBgc;
  double p = 0;              // probability of each transform, for kFixed
  double target = 0.6;       // kAda: of the mean sign of the scores of real images
  double ada_kimg = 500;     // kAda: thousand images in which the probability can go from 0 to 1
  bool exact_blits = false;  // flips, quarter turns and whole shifts copy pixels; NVIDIA's pass through filters

  bool HasPipe() const { return aug == AugMode::kFixed || aug == AugMode::kAda; }
  bool HasImageFilter() const {
    return pipe == AugPipe::kFilter || pipe == AugPipe::kBgcf || pipe == AugPipe::kBgcfn || pipe == AugPipe::kBgcfnc;
  }
};

struct OptimizerConfig {
  double lr = 1e-3;  // of the generator and the discriminator
  // Of the mapping network. With mapping_lr_mul, NVIDIA's is lr. Apart from eps, that equals a mapping_lr of
  // mapping_lr_mul * lr without the factor.
  double mapping_lr = 1e-5;
  double beta1 = 0, beta2 = 0.99;
  // True: R1 and path length make separate optimizer steps after the step of the loss, and Adam is corrected for them
  // (nn::AdamGroup::lazy_share, the paper). False: they are added to the loss.
  bool separate_regularizers = false;
  // Layers of the discriminator that are not trained, counted from the image: from_rgb, then the convolutions of each
  // block and that beside it (Freeze-D: Mo et al., "Freeze the discriminator", 2020).
  int freeze_d = 0;
  bool generator_first = false;  // a step updates the generator before the discriminator (NVIDIA)
  double clip_norm = 1;          // largest gradient norm of a network; 0 does not clip
  double ema_kimg = 10;          // half-life of the generator's average, in thousand images
  double ema_rampup = 0.05;      // the half-life is at most this times the images seen; 0: no ramp-up
  double w_avg_beta = 0.995;     // decay of the running mean of w in a step
};

// What changes in the course of a training: along half a cosine, from the values elsewhere in the configuration to
// these, after which they stay.
struct ScheduleConfig {
  double kimg = 0;                // thousand images until the final values are reached; 0: nothing changes
  double final_lr_factor = 1;     // of both learning rates
  double final_gamma_factor = 1;  // of r1_gamma and r2_gamma
  double final_beta2 = 0;         // 0: beta2 does not change
  double final_ema_kimg = 0;      // 0: ema_kimg does not change
  double final_p = 0;             // of augmentation, for kFixed; 0: p does not change
};

inline constexpr int kMostRollbacks = 100;

struct TrainConfig {
  std::string preset = "annotated";  // the name of the preset that the configuration started from
  ModelConfig model;
  LossConfig loss;
  AugmentConfig augment;
  OptimizerConfig optimizer;
  ScheduleConfig schedule;

  std::string data;  // folder or zip; empty: the bundled emoji
  bool mirror = false;
  bool cond = false;          // a conditional model: label_dim and the labels are those of the data
  bool own_pictures = false;  // also those in the data that tools of this program have made
  OnBadImage on_bad_image = OnBadImage::kFail;
  int max_mpx = 300;   // the largest image that is decoded, in million pixels
  int batch = 32;      // images per step
  int grad_accum = 1;  // micro-batches per step; divides the batch
  double kimg = 4800;  // length of training, in thousand real images
  int64_t seed = 0;
  ConvPrecision precision = ConvPrecision::kF32;
  double tick_kimg = 1;  // a line of statistics every so many thousand images
  int snap = 10;         // a picture and a checkpoint every so many ticks
  int keep = 3;          // checkpoints kept
  OnDivergence on_divergence = OnDivergence::kStop;
  int max_rollbacks = 3;  // in the whole training; the next divergence ends it

  int MicroBatch() const { return batch / grad_accum; }
  int64_t TotalSteps() const;
  // nn::AdamGroup::lazy_share: of the discriminator, and of the generator and the mapping network.
  double DiscriminatorLazyShare() const;
  double GeneratorLazyShare() const;
};

}  // namespace sg::gan

#endif  // GAN_CONFIG_CONFIG_H_
