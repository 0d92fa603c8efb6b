// The one list of the configuration's fields. JSON, Validate, the flags of `train` with their --help, and the rule on
// what may change when a run is resumed are visitors of it. To add a field, write the member in config.h and one row
// here; presets.cc only where a preset differs from the default.
//
//   ForEachField(config, [](const auto& value, const Field& field) { std::cout << field.name() << "\n"; });
#ifndef GAN_CONFIG_FIELDS_H_
#define GAN_CONFIG_FIELDS_H_

#include <cstdint>

#include "gan/config/config.h"
#include "gan/config/field.h"

namespace sg::gan {

// The version of the list. A new field exists since the next version, so files of earlier versions still load.
inline constexpr int kFieldsVersion = 6;

inline constexpr int kMinResolution = 8, kMaxResolution = 1024;
// The sides of the learned constant. The discriminator's last convolution may take a 3x3 window of it.
inline constexpr int kMinBaseSide = 3, kMaxBaseSide = 16;

// Calls v(value, field) for every field of the section. Model is ModelConfig, const or not.
template <typename Visitor, typename Model>
void VisitModelFields(Visitor& v, Model& m) {
  constexpr FieldGroup kGroup = FieldGroup::kNetworks;
  v(m.resolution, Field("resolution")
                      .Between(kMinResolution, kMaxResolution)
                      .FixedOnResume()
                      .Flag("res", FieldGroup::kTraining,
                            "Image size in pixels: a power of two, or WIDTHxHEIGHT such as 512x384. Images of another "
                            "shape are cropped, those of another size are resized."));
  v(m.base_width, Field("base_width").Since(5).Between(kMinBaseSide, kMaxBaseSide).FixedOnResume());
  v(m.base_height, Field("base_height").Since(5).Between(kMinBaseSide, kMaxBaseSide).FixedOnResume());
  v(m.image_channels, Field("image_channels")
                          .Since(4)
                          .Between(1, 4)
                          .FixedOnResume()
                          .Flag("channels", FieldGroup::kTraining,
                                "Channels of the images: 1 for gray, 3 for RGB, 2 and 4 for the same with alpha. "
                                "Images with other channels "
                                "are converted. Without alpha, transparency becomes white."));
  v(m.latent_dim, Field("latent_dim")
                      .Between(1, 4096)
                      .FixedOnResume()
                      .Flag("latent_dim", kGroup, "Elements of the latents z, and of w unless --w-dim is given."));
  v(m.w_dim, Field("w_dim").Since(4).Between(0, 4096).FixedOnResume().Flag(
                 "w_dim", kGroup, "Elements of w, if not those of z. 0 takes --latent-dim."));
  v(m.label_dim, Field("label_dim").Since(4).Between(0, 1 << 16).FixedOnResume());
  v(m.mapping_layers, Field("mapping_layers")
                          .Between(1, 32)
                          .FixedOnResume()
                          .Flag("mapping_layers", kGroup, "Layers of the mapping network."));
  v(m.mapping_lr_mul, Field("mapping_lr_mul").Since(4).Between(1e-6, 1e3).FixedOnResume());
  v(m.g_features,
    Field("g_features")
        .Between(1, 4096)
        .FixedOnResume()
        .Flag("g_features", kGroup, "Channels of the generator at full resolution. They double at each smaller size."));
  v(m.d_features, Field("d_features")
                      .Between(1, 4096)
                      .FixedOnResume()
                      .Flag("d_features", kGroup,
                            "Channels of the discriminator at full resolution. They double at each smaller size."));
  v(m.max_features, Field("max_features")
                        .Between(1, 4096)
                        .FixedOnResume()
                        .Flag("max_features", kGroup, "Largest number of channels in both networks."));
  v(m.channel_base,
    Field("channel_base")
        .Since(2)
        .Between(0, 1 << 22)
        .FixedOnResume()
        .Flag("channel_base", kGroup,
              "Gives both networks this many channels divided by the size, in place of --g-features and --d-features. "
              "NVIDIA's fmaps 0.5 is 16384, its fmaps 1 is 32768. 0 uses those two flags."));
  v(m.latent_norm, Field("latent_norm").FixedOnResume());
  v(m.conv_clamp,
    Field("conv_clamp")
        .Since(4)
        .Between(0, 1e6)
        .FixedOnResume()
        .Flag("conv_clamp", kGroup, "Largest magnitude of a convolution's output. NVIDIA's is 256. 0 does not clamp."));
  v(m.rgb_activation, Field("rgb_activation").FixedOnResume());
  v(m.activation_gain, Field("activation_gain").Between(1e-3, 1e3).FixedOnResume());
  v(m.conv_bias_init, Field("conv_bias_init").Between(-1e3, 1e3).FixedOnResume());
  v(m.skip_bias, Field("skip_bias").Since(2).FixedOnResume());
  v(m.fc_head, Field("fc_head").Since(2).FixedOnResume());
  v(m.resample, Field("resample").FixedOnResume());
  v(m.strided_conv, Field("strided_conv").Since(2).FixedOnResume());
  v(m.g_architecture, Field("g_architecture")
                          .Since(4)
                          .FixedOnResume()
                          .Flag("g_architecture", kGroup, "How the sizes of the generator are joined."));
  v(m.d_architecture, Field("d_architecture")
                          .Since(4)
                          .FixedOnResume()
                          .Flag("d_architecture", kGroup, "How the sizes of the discriminator are joined."));
  v(m.latent_per_layer, Field("latent_per_layer").Since(2).FixedOnResume());
  v(m.image_range, Field("image_range").Since(2).FixedOnResume());
  v(m.noise, Field("noise").FixedOnResume());
  v(m.noise_const, Field("noise_const").Since(4).FixedOnResume());
  v(m.mbstd_group,
    Field("mbstd_group")
        .Between(0, 1024)
        .FixedOnResume()
        .Flag("mbstd_group", kGroup,
              "Images that the minibatch standard deviation compares. Must divide the batch. 0 compares all."));
  v(m.mbstd_channels, Field("mbstd_channels").Since(4).Between(0, 512).FixedOnResume());
  v(m.mbstd_per_group, Field("mbstd_per_group").FixedOnResume());
  v(m.mbstd_unbiased, Field("mbstd_unbiased").FixedOnResume());
}

// `model` bounds the entries of w that style mixing can start at.
template <typename Visitor, typename Loss>
void VisitLossFields(Visitor& v, Loss& l, const ModelConfig& model) {
  constexpr FieldGroup kGroup = FieldGroup::kLosses;
  v(l.loss, Field("loss").Flag("loss", kGroup,
                               "The adversarial loss. \"relativistic\" compares real images with fakes in pairs, as "
                               "R3GAN does. In a new run, it also sets what belongs to it: --r2-gamma to --gamma, "
                               "--r1-interval=1, --pl-weight=0 and --mixing-prob=0, unless they are given."));
  v(l.label_smoothing,
    Field("label_smoothing")
        .Since(6)
        .Between(0, 0.5)
        .Flag("label_smoothing", kGroup,
              "Probability with which a real image counts as a fake (one-sided label smoothing), for --loss=logistic "
              "alone. 0.1 is usual; 0 does not smooth."));
  v(l.r1_gamma, Field("r1_gamma")
                    .Between(0, 1e6)
                    .Flag("gamma", kGroup,
                          "Weight of the R1 gradient penalty. It depends on the pixel range: with \"official\", whose "
                          "pixels range from -1 to 1, the same number is a quarter as strong as from 0 to 1."));
  v(l.r2_gamma, Field("r2_gamma")
                    .Since(6)
                    .Between(0, 1e6)
                    .Flag("r2_gamma", kGroup, "Weight of the gradient penalty of fakes (R2), in the steps with R1."));
  v(l.r1_interval,
    Field("r1_interval")
        .Between(0, 1 << 20)
        .Flag("r1_interval", kGroup,
              "Steps between two R1 penalties, each multiplied by this number. 0 switches R1 and R2 off."));
  v(l.pl_weight, Field("pl_weight")
                     .Between(0, 1e6)
                     .Flag("pl_weight", kGroup, "Weight of the path-length penalty. 0 switches it off."));
  v(l.pl_interval,
    Field("pl_interval").Between(1, 1 << 20).Flag("pl_interval", kGroup, "Steps between two path-length penalties."));
  v(l.pl_times_interval, Field("pl_times_interval")
                             .Since(2)
                             .Flag("pl_times_interval", kGroup, "Multiply the path-length penalty by --pl-interval."));
  v(l.pl_batch_shrink,
    Field("pl_batch_shrink")
        .Since(2)
        .Between(1, 1 << 16)
        .Flag("pl_batch_shrink", kGroup,
              "Above 1, path lengths are measured on separate images, this many times fewer than in a micro-batch."));
  v(l.pl_start, Field("pl_start")
                    .Between(0, static_cast<double>(int64_t{1} << 40))
                    .Flag("pl_start", kGroup, "The path-length penalty applies after this step."));
  v(l.regularize_first, Field("regularize_first").Since(4));
  // The state counts the steps that its running mean has seen, and corrects the mean's bias for one decay throughout.
  v(l.pl_decay, Field("pl_decay")
                    .Between(0, 0.999999)
                    .FixedOnResume()
                    .Flag("pl_decay", kGroup, "Decay of the running mean of path lengths."));
  v(l.pl_mean_includes_batch, Field("pl_mean_includes_batch").Since(2).FixedOnResume());
  v(l.pl_annotated_axes,
    Field("pl_annotated_axes")
        .Flag("pl_annotated_axes", kGroup,
              "Average path lengths over the axes that the annotated code uses by mistake, not per image."));
  v(l.mixing_prob,
    Field("mixing_prob").Between(0, 1).Flag("mixing_prob", kGroup, "Probability that a batch mixes two latents."));
  v(l.mixing_min_block, Field("mixing_min_block").Between(0, model.NumLatents() - 1));
}

template <typename Visitor, typename Optimizer>
void VisitOptimizerFields(Visitor& v, Optimizer& o) {
  constexpr FieldGroup kGroup = FieldGroup::kOptimizer;
  v(o.lr, Field("lr").Between(0, 10).Flag("lr", kGroup, "Learning rate of the generator and the discriminator."));
  v(o.mapping_lr, Field("mapping_lr").Between(0, 10).Flag("map_lr", kGroup, "Learning rate of the mapping network."));
  // Adam corrects the bias of its moments by the number of steps, for one decay throughout. Separate regularizers
  // decide that decay too.
  v(o.beta1,
    Field("beta1").Between(0, 0.9999).FixedOnResume().Flag("beta1", kGroup, "Adam's decay of the mean gradient."));
  v(o.beta2, Field("beta2")
                 .Between(0, 0.999999)
                 .FixedOnResume()
                 .Flag("beta2", kGroup, "Adam's decay of the mean squared gradient."));
  v(o.separate_regularizers,
    Field("separate_regularizers")
        .Since(2)
        .FixedOnResume()
        .Flag("separate_regularizers", kGroup,
              "R1 and path length make separate optimizer steps, for which Adam is corrected."));
  v(o.freeze_d,
    Field("freeze_d")
        .Since(5)
        .Between(0, 64)
        .FixedOnResume()
        .Flag("freezed", kGroup,
              "Layers of the discriminator that are not trained, counted from the image (Freeze-D). For --init; 10 "
              "and 13 suit NVIDIA's networks."));
  v(o.generator_first, Field("generator_first").Since(4));
  v(o.clip_norm,
    Field("clip_norm")
        .Between(0, 1e9)
        .Flag("clip_norm", kGroup,
              "Largest gradient norm of each network. Longer gradients are scaled down. 0 does not clip."));
  v(o.ema_kimg, Field("ema_kimg")
                    .Between(0, 1e6)
                    .Flag("ema_kimg", kGroup, "Half-life of the generator's average, in thousand images."));
  v(o.ema_rampup, Field("ema_rampup")
                      .Between(0, 1e3)
                      .Flag("ema_rampup", kGroup,
                            "The half-life is at most this number times the images seen. 0 switches the ramp-up off."));
  v(o.w_avg_beta, Field("w_avg_beta").Since(4).Between(0, 1));
}

template <typename Visitor, typename Augment>
void VisitAugmentFields(Visitor& v, Augment& a) {
  constexpr FieldGroup kGroup = FieldGroup::kAugmentation;
  v(a.aug, Field("aug").Since(5).Flag(
               "aug", kGroup,
               "How images change before the discriminator sees them, which lets few images go a long way. \"ada\" "
               "adapts to the data, \"fixed\" takes --p, \"diffaug\" is DiffAugment."));
  v(a.pipe, Field("augpipe").Since(5).Flag(
                "augpipe", kGroup,
                "The transforms of \"ada\" and \"fixed\": b are flips, quarter turns and shifts, g is geometry, c "
                "color, f filters, n noise, and the last c cutouts."));
  v(a.p,
    Field("aug_p").Since(5).Between(0, 1).Flag("p", kGroup, "Probability of each transform, for --aug=fixed alone."));
  v(a.target, Field("aug_target")
                  .Since(5)
                  .Between(-1, 1)
                  .Flag("target", kGroup,
                        "\"ada\" holds the mean sign of the scores of real images here. 1 is an overfitted "
                        "discriminator."));
  v(a.ada_kimg, Field("ada_kimg")
                    .Since(5)
                    .Between(1e-3, 1e6)
                    .Flag("ada_kimg", kGroup, "Thousand images in which \"ada\" can go from no transform to all."));
  v(a.exact_blits,
    Field("exact_blits")
        .Since(5)
        .Flag("exact_blits", kGroup,
              "Flips, quarter turns and whole shifts copy pixels. NVIDIA's pass through filters, which change them."));
}

template <typename Visitor, typename Schedule>
void VisitScheduleFields(Visitor& v, Schedule& s) {
  constexpr FieldGroup kGroup = FieldGroup::kOptimizer;
  v(s.kimg,
    Field("schedule_kimg")
        .Since(6)
        .Between(0, 1e9)
        .Flag("schedule_kimg", kGroup,
              "Thousand images in which the values below go from those of the other flags to their final ones, along "
              "half a cosine. 0 changes none."));
  v(s.final_lr_factor,
    Field("final_lr_factor")
        .Since(6)
        .Between(0, 1e3)
        .Flag("final_lr_factor", kGroup, "Both learning rates end at this many times --lr and --map-lr."));
  v(s.final_gamma_factor,
    Field("final_gamma_factor")
        .Since(6)
        .Between(0, 1e3)
        .Flag("final_gamma_factor", kGroup, "R1 and R2 end at this many times --gamma and --r2-gamma."));
  v(s.final_beta2, Field("final_beta2")
                       .Since(6)
                       .Between(0, 0.999999)
                       .FixedOnResume()
                       .Flag("final_beta2", kGroup, "Where --beta2 ends. 0 leaves it."));
  v(s.final_ema_kimg, Field("final_ema_kimg")
                          .Since(6)
                          .Between(0, 1e6)
                          .Flag("final_ema_kimg", kGroup, "Where --ema-kimg ends. 0 leaves it."));
  v(s.final_p, Field("final_p").Since(6).Between(0, 1).Flag("final_p", FieldGroup::kAugmentation,
                                                            "Where --p ends, by --schedule-kimg. 0 leaves it."));
}

// Calls v(value, field) for every field, in the order of the JSON text, and v.Section(name, visit) for each group of
// them; that calls visit() to reach the group's fields. Config is TrainConfig, const or not.
template <typename Visitor, typename Config>
void VisitFields(Visitor& v, Config& c) {
  v(c.preset, Field("preset").FixedOnResume());
  v.Section("model", [&] { VisitModelFields(v, c.model); });
  v.Section("loss", [&] { VisitLossFields(v, c.loss, c.model); });
  v.Section("optimizer", [&] { VisitOptimizerFields(v, c.optimizer); });
  v(c.data, Field("data").Flag("data", FieldGroup::kData,
                               "Folder (searched recursively) or zip archive of PNG, JPEG and WebP images. Without it, "
                               "training uses the bundled emoji."));
  v(c.mirror, Field("mirror").Flag("mirror", FieldGroup::kData, "Train on every image and its mirror image."));
  VisitAugmentFields(v, c.augment);
  VisitScheduleFields(v, c.schedule);
  v(c.cond, Field("cond").Since(4).FixedOnResume().Flag(
                "cond", FieldGroup::kData,
                "Train a conditional model with the labels of the data: those of its dataset.json, as NVIDIA's tools "
                "write it, or else the classes that its folders are."));
  v(c.own_pictures,
    Field("own_pictures")
        .Since(5)
        .Flag("own_pictures", FieldGroup::kData,
              "Train also on the PNG files in the folder that `generate` and other tools of this program have made."));
  v(c.on_bad_image,
    Field("on_bad_image").Flag("on_bad_image", FieldGroup::kData, "What to do about an image that cannot be decoded."));
  v(c.max_mpx,
    Field("max_mpx").Between(1, 100000).Since(3).Flag(
        "max_mpx", FieldGroup::kData, "Largest image that is decoded, in million pixels. A larger one counts as bad."));
  v(c.batch,
    Field("batch").Between(2, 1 << 16).FixedOnResume().Flag("batch", FieldGroup::kTraining, "Images per step."));
  v(c.grad_accum, Field("grad_accum")
                      .Between(1, 1 << 16)
                      .Flag("grad_accum", FieldGroup::kTraining,
                            "Micro-batches per step. More of them take less memory and more time."));
  v(c.kimg,
    Field("kimg").Between(0, 1e9).Flag("kimg", FieldGroup::kTraining, "Length of training, in thousand images."));
  v(c.seed, Field("seed").FixedOnResume().Flag("seed", FieldGroup::kTraining, "Seed of all random numbers."));
  v(c.precision, Field("precision")
                     .Flag("precision", FieldGroup::kHardware,
                           "Number format of convolutions. Hardware without bf16 computes in f32."));
  v(c.tick_kimg, Field("tick_kimg")
                     .Between(1e-3, 1e6)
                     .Flag("tick", FieldGroup::kOutput, "Thousand images between two lines of statistics (a tick)."));
  v(c.snap, Field("snap")
                .Between(1, 1 << 20)
                .Flag("snap", FieldGroup::kOutput, "Ticks between two checkpoints, each with a picture."));
  v(c.keep, Field("keep")
                .Between(1, 1 << 20)
                .Flag("keep", FieldGroup::kOutput, "Number of checkpoints to keep. Older ones are removed."));
  v(c.on_divergence,
    Field("on_divergence")
        .Since(6)
        .Flag(
            "on_divergence", FieldGroup::kTraining,
            "What to do when gradients are no longer finite. \"rollback\" goes back to the last good checkpoint and on "
            "with half the learning rates."));
  v(c.max_rollbacks, Field("max_rollbacks")
                         .Since(6)
                         .Between(1, kMostRollbacks)
                         .Flag("max_rollbacks", FieldGroup::kTraining,
                               "How often --on-divergence=rollback may go back; then it stops, too."));
}

namespace internal {

// A visitor without sections.
template <typename F>
struct FlatVisitor {
  F f;
  template <typename T>
  void operator()(T& value, const Field& field) {
    f(value, field);
  }
  template <typename Visit>
  void Section(const char*, Visit visit) {
    visit();
  }
};

}  // namespace internal

// Calls f(value, field) for every field, whatever its section.
template <typename Config, typename F>
void ForEachField(Config& config, F f) {
  internal::FlatVisitor<F> visitor{f};
  VisitFields(visitor, config);
}

}  // namespace sg::gan

#endif  // GAN_CONFIG_FIELDS_H_
