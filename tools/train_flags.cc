#include "tools/train_flags.h"

#include <string>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "engine/io/input_file.h"
#include "gan/config/json.h"
#include "gan/config/presets.h"
#include "gan/config/validate.h"
#include "tools/cli/profile.h"

namespace {

// What --help shows as defaults: those of a bare `train`.
const sg::gan::TrainConfig& Quick() {
  static const sg::gan::TrainConfig* const config = new sg::gan::TrainConfig(*sg::gan::PresetConfig("quick"));
  return *config;
}

}  // namespace

ABSL_FLAG(std::string, data, "",
          "Folder (searched recursively) or zip of PNG and JPEG images; empty: the bundled emoji.");
ABSL_FLAG(bool, mirror, Quick().mirror, "Train on every image and its mirror image.");
ABSL_FLAG(std::string, on_bad_image, sg::gan::EnumName(Quick().on_bad_image),
          "A file that cannot be decoded: \"fail\" or \"skip\".");
ABSL_FLAG(int, workers, 0, "Threads that decode images; 0: as many as cores.");

ABSL_FLAG(std::string, outdir, "training-runs", "Where to put the run's folder.");
ABSL_FLAG(std::string, desc, "", "Text to add to the name of the run's folder.");
ABSL_FLAG(std::string, resume, "", "Go on with a run: its folder, one of its checkpoints, or \"latest\" in --outdir.");
ABSL_FLAG(int, snap, Quick().snap, "A picture and a checkpoint every so many ticks.");
ABSL_FLAG(double, tick, Quick().tick_kimg, "A line of statistics every so many thousand images.");
ABSL_FLAG(int, keep, Quick().keep, "Checkpoints kept; older ones are removed.");
ABSL_FLAG(bool, dry_run, false, "Print the whole configuration and the predicted memory, and stop. Makes no file.");

ABSL_FLAG(std::string, preset, "quick",
          "Where the other defaults come from: \"quick\" (32x32, minutes on two cores), \"annotated\" (64x64, the "
          "annotated StyleGAN2) or \"official\" (NVIDIA's paper256: 256x256, batch 64; with another --res its channels "
          "there at fmaps 0.5, and --gamma is yours to choose). The defaults shown here are those of \"quick\".");
ABSL_FLAG(std::string, options, "",
          "A training_options.json to start from instead of a preset: every switch is in it.");
ABSL_FLAG(int, res, Quick().model.resolution, "Size of the images in pixels, a power of two; others are resized.");
ABSL_FLAG(int, batch, Quick().batch, "Images per step.");
ABSL_FLAG(int, grad_accum, Quick().grad_accum, "Parts a batch is split into, to save memory.");
ABSL_FLAG(double, kimg, Quick().kimg, "Length of training in thousand images.");
ABSL_FLAG(int64_t, seed, Quick().seed, "Of all random numbers.");

ABSL_FLAG(int, latent_dim, Quick().model.latent_dim, "Numbers in a latent, z and w.");
ABSL_FLAG(int, mapping_layers, Quick().model.mapping_layers, "Layers of the mapping network.");
ABSL_FLAG(int, g_features, Quick().model.g_features,
          "Channels of the generator at full resolution; they double towards 4x4.");
ABSL_FLAG(int, d_features, Quick().model.d_features, "The same for the discriminator.");
ABSL_FLAG(int, max_features, Quick().model.max_features, "Channels at most, of both.");
ABSL_FLAG(int, channel_base, Quick().model.channel_base,
          "Both have this many channels divided by the size, instead of --g-features and --d-features: 16384 is "
          "NVIDIA's fmaps 0.5, 32768 its fmaps 1; 0: as those say.");
ABSL_FLAG(int, mbstd_group, Quick().model.mbstd_group,
          "Images that the minibatch standard deviation compares; divides the batch.");

ABSL_FLAG(std::string, loss, sg::gan::EnumName(Quick().loss.loss), "\"hinge\" or \"logistic\".");
ABSL_FLAG(double, gamma, Quick().loss.r1_gamma,
          "Weight of the R1 gradient penalty; images count from 0 to 1, in \"official\" from -1 to 1, where the same "
          "number is a quarter as strong.");
ABSL_FLAG(int, r1_interval, Quick().loss.r1_interval,
          "R1 penalty every so many steps, and that many times as strong; 0 switches it off.");
ABSL_FLAG(double, pl_weight, Quick().loss.pl_weight, "Weight of the path-length penalty; 0 switches it off.");
ABSL_FLAG(int, pl_interval, Quick().loss.pl_interval, "Path-length penalty every so many steps.");
ABSL_FLAG(bool, pl_times_interval, Quick().loss.pl_times_interval,
          "The path-length penalty is as many times as strong as --pl-interval says.");
ABSL_FLAG(int, pl_batch_shrink, Quick().loss.pl_batch_shrink,
          "Above 1: path lengths of images of their own, that many times fewer than in a part of a batch.");
ABSL_FLAG(int64_t, pl_start, Quick().loss.pl_start, "Step after which the path-length penalty begins.");
ABSL_FLAG(double, pl_decay, Quick().loss.pl_decay, "Decay of the running mean of path lengths.");
ABSL_FLAG(bool, pl_annotated_axes, Quick().loss.pl_annotated_axes,
          "Average path lengths over the axes that the annotated code uses (its slip) instead of per image.");
ABSL_FLAG(double, mixing_prob, Quick().loss.mixing_prob, "Probability that a batch mixes two latents.");
ABSL_FLAG(double, lr, Quick().optimizer.lr, "Learning rate of generator and discriminator.");
ABSL_FLAG(double, map_lr, Quick().optimizer.mapping_lr, "Learning rate of the mapping network.");
ABSL_FLAG(double, beta1, Quick().optimizer.beta1, "Adam's decay of the mean gradient.");
ABSL_FLAG(double, beta2, Quick().optimizer.beta2, "Adam's decay of the mean squared gradient.");
ABSL_FLAG(double, clip_norm, Quick().optimizer.clip_norm,
          "Largest norm of the gradient of each network; longer ones are scaled down. 0 does not clip.");
ABSL_FLAG(bool, separate_regularizers, Quick().optimizer.separate_regularizers,
          "R1 and path length make optimizer steps of their own, for which Adam is corrected.");
ABSL_FLAG(double, ema_kimg, Quick().optimizer.ema_kimg, "Half-life of the generator's average in thousand images.");
ABSL_FLAG(double, ema_rampup, Quick().optimizer.ema_rampup,
          "That half-life is at most this times the images seen; 0: no ramp-up.");

ABSL_FLAG(std::string, precision, sg::gan::EnumName(Quick().precision),
          "Of convolutions: \"f32\" or \"bf16\" (where the hardware has it).");
ABSL_FLAG(std::string, device, "auto", sg::cli::kDeviceHelp);
ABSL_FLAG(int, threads, 0, sg::cli::kThreadsHelp);
ABSL_FLAG(int64_t, memory_cap, 0, sg::cli::kMemoryCapHelp);
ABSL_FLAG(bool, cuda_graphs, false, sg::cli::kCudaGraphsHelp);
ABSL_FLAG(bool, deterministic, false, sg::cli::kDeterministicHelp);
ABSL_FLAG(bool, tf32, true, sg::cli::kTf32Help);

ABSL_FLAG(std::string, profile, "",
          absl::StrCat("Write the first ", sg::cli::kProfiledSteps, " steps", sg::cli::kProfileHelp));

namespace sg::cli {
namespace {

template <typename T, typename Flag>
void Override(const ParseResult& parsed, const char* name, const Flag& flag, T* field) {
  if (parsed.Given(name)) *field = absl::GetFlag(flag);
}

template <typename E>
absl::Status OverrideChoice(const ParseResult& parsed, const char* name, const absl::Flag<std::string>& flag,
                            E* field) {
  if (!parsed.Given(name)) return absl::OkStatus();
  const absl::StatusOr<E> value = gan::ParseEnum<E>(name, absl::GetFlag(flag));
  if (value.ok()) *field = *value;
  return value.status();
}

absl::Status ApplyGivenFlags(const ParseResult& parsed, gan::TrainConfig* c) {
  absl::Status status;
  Override(parsed, "data", FLAGS_data, &c->data);
  Override(parsed, "mirror", FLAGS_mirror, &c->mirror);
  if (status.ok()) status = OverrideChoice(parsed, "on_bad_image", FLAGS_on_bad_image, &c->on_bad_image);
  Override(parsed, "snap", FLAGS_snap, &c->snap);
  Override(parsed, "tick", FLAGS_tick, &c->tick_kimg);
  Override(parsed, "keep", FLAGS_keep, &c->keep);
  Override(parsed, "res", FLAGS_res, &c->model.resolution);
  Override(parsed, "batch", FLAGS_batch, &c->batch);
  Override(parsed, "grad_accum", FLAGS_grad_accum, &c->grad_accum);
  Override(parsed, "kimg", FLAGS_kimg, &c->kimg);
  Override(parsed, "seed", FLAGS_seed, &c->seed);
  Override(parsed, "latent_dim", FLAGS_latent_dim, &c->model.latent_dim);
  Override(parsed, "mapping_layers", FLAGS_mapping_layers, &c->model.mapping_layers);
  Override(parsed, "g_features", FLAGS_g_features, &c->model.g_features);
  Override(parsed, "d_features", FLAGS_d_features, &c->model.d_features);
  Override(parsed, "max_features", FLAGS_max_features, &c->model.max_features);
  Override(parsed, "channel_base", FLAGS_channel_base, &c->model.channel_base);
  Override(parsed, "mbstd_group", FLAGS_mbstd_group, &c->model.mbstd_group);
  if (status.ok()) status = OverrideChoice(parsed, "loss", FLAGS_loss, &c->loss.loss);
  Override(parsed, "gamma", FLAGS_gamma, &c->loss.r1_gamma);
  Override(parsed, "r1_interval", FLAGS_r1_interval, &c->loss.r1_interval);
  Override(parsed, "pl_weight", FLAGS_pl_weight, &c->loss.pl_weight);
  Override(parsed, "pl_interval", FLAGS_pl_interval, &c->loss.pl_interval);
  Override(parsed, "pl_times_interval", FLAGS_pl_times_interval, &c->loss.pl_times_interval);
  Override(parsed, "pl_batch_shrink", FLAGS_pl_batch_shrink, &c->loss.pl_batch_shrink);
  Override(parsed, "pl_start", FLAGS_pl_start, &c->loss.pl_start);
  Override(parsed, "pl_decay", FLAGS_pl_decay, &c->loss.pl_decay);
  Override(parsed, "pl_annotated_axes", FLAGS_pl_annotated_axes, &c->loss.pl_annotated_axes);
  Override(parsed, "mixing_prob", FLAGS_mixing_prob, &c->loss.mixing_prob);
  Override(parsed, "lr", FLAGS_lr, &c->optimizer.lr);
  Override(parsed, "map_lr", FLAGS_map_lr, &c->optimizer.mapping_lr);
  Override(parsed, "beta1", FLAGS_beta1, &c->optimizer.beta1);
  Override(parsed, "beta2", FLAGS_beta2, &c->optimizer.beta2);
  Override(parsed, "clip_norm", FLAGS_clip_norm, &c->optimizer.clip_norm);
  Override(parsed, "separate_regularizers", FLAGS_separate_regularizers, &c->optimizer.separate_regularizers);
  Override(parsed, "ema_kimg", FLAGS_ema_kimg, &c->optimizer.ema_kimg);
  Override(parsed, "ema_rampup", FLAGS_ema_rampup, &c->optimizer.ema_rampup);
  if (status.ok()) status = OverrideChoice(parsed, "precision", FLAGS_precision, &c->precision);
  return status;
}

absl::StatusOr<gan::TrainConfig> Validated(gan::TrainConfig config) {
  const absl::Status valid = gan::Validate(config);
  if (!valid.ok()) return valid;
  return config;
}

absl::StatusOr<gan::TrainConfig> ReadOptions(const std::string& path) {
  constexpr int64_t kMaxBytes = int64_t{1} << 20;
  const absl::StatusOr<std::string> json = io::ReadFile(path, kMaxBytes);
  if (!json.ok()) return absl::FailedPreconditionError(absl::StrCat("--options=", json.status().message()));
  absl::StatusOr<gan::TrainConfig> config = gan::TrainConfigFromJson(*json);
  if (!config.ok()) {
    return absl::FailedPreconditionError(absl::StrCat("--options=", path, ": ", config.status().message()));
  }
  return config;
}

}  // namespace

const Program& TrainProgram() {
  static const Program* const program = new Program{
      "train",
      "trains StyleGAN2 on a folder or zip of images",
      {{"bazel run //tools:train", "Learns the bundled 32x32 emoji; look at the fakes*.png in the run's folder."},
       {"bazel run //tools:train -- --data=photos.zip --preset=annotated --mirror", "Your own images at 64x64."},
       {"bazel run //tools:train -- --resume=latest", "Goes on with the newest run."},
       {"bazel run //tools:train -- --data=photos --res=128 --batch=16 --dry-run",
        "What would be done, and the memory."}},
      {{"Data", {"data", "mirror", "on_bad_image", "workers"}},
       {"Output", {"outdir", "desc", "resume", "snap", "tick", "keep", "dry_run"}},
       {"Training", {"preset", "options", "res", "batch", "grad_accum", "kimg", "seed"}},
       {"Networks",
        {"latent_dim", "mapping_layers", "g_features", "d_features", "max_features", "channel_base", "mbstd_group"}},
       {"Losses",
        {"loss", "gamma", "r1_interval", "pl_weight", "pl_interval", "pl_times_interval", "pl_batch_shrink", "pl_start",
         "pl_decay", "pl_annotated_axes", "mixing_prob"}},
       {"Optimizer",
        {"lr", "map_lr", "beta1", "beta2", "separate_regularizers", "clip_norm", "ema_kimg", "ema_rampup"}},
       {"Hardware", {"precision", "device", "threads", "memory_cap", "deterministic", "tf32", "cuda_graphs"}},
       {"Diagnostics", {"profile"}}},
      "data"};
  return *program;
}

TrainCommand TrainCommandFromFlags() {
  TrainCommand command;
  command.outdir = absl::GetFlag(FLAGS_outdir);
  command.desc = absl::GetFlag(FLAGS_desc);
  command.resume = absl::GetFlag(FLAGS_resume);
  command.profile = absl::GetFlag(FLAGS_profile);
  command.device.device = absl::GetFlag(FLAGS_device);
  command.device.threads = absl::GetFlag(FLAGS_threads);
  command.device.memory_cap_mib = absl::GetFlag(FLAGS_memory_cap);
  command.device.deterministic = absl::GetFlag(FLAGS_deterministic);
  command.device.tf32 = absl::GetFlag(FLAGS_tf32);
  command.device.cuda_graphs = absl::GetFlag(FLAGS_cuda_graphs);
  command.workers = absl::GetFlag(FLAGS_workers);
  command.dry_run = absl::GetFlag(FLAGS_dry_run);
  return command;
}

absl::StatusOr<gan::TrainConfig> NewConfigFromFlags(const ParseResult& parsed) {
  if (parsed.Given("preset") && parsed.Given("options")) {
    return absl::InvalidArgumentError("--preset and --options both say where to start from; give one");
  }
  const std::string options = absl::GetFlag(FLAGS_options);
  absl::StatusOr<gan::TrainConfig> config =
      parsed.Given("options") ? ReadOptions(options) : gan::PresetConfig(absl::GetFlag(FLAGS_preset));
  if (!config.ok()) return config;
  const absl::Status applied = ApplyGivenFlags(parsed, &*config);
  if (!applied.ok()) return applied;
  if (config->model.channel_base > 0 && (parsed.Given("g_features") || parsed.Given("d_features"))) {
    return absl::InvalidArgumentError(absl::StrCat("--g-features and --d-features mean nothing with channel_base = ",
                                                   config->model.channel_base, "; add --channel-base=0"));
  }
  return Validated(*std::move(config));
}

absl::StatusOr<gan::TrainConfig> ResumedConfigFromFlags(const ParseResult& parsed, gan::TrainConfig config) {
  // The networks' shapes, and what the state was accumulated with: the number of steps corrects the bias of Adam's
  // moments and of the mean path length only for the decays that these have had from the beginning. So does how often
  // separate regularizers come, below, which decides Adam's decays too.
  for (const char* fixed : {"preset", "options", "res", "batch", "seed", "outdir", "desc", "latent_dim",
                            "mapping_layers", "g_features", "d_features", "max_features", "channel_base", "mbstd_group",
                            "separate_regularizers", "pl_decay", "beta1", "beta2"}) {
    // With --resume=latest, --outdir says where to look.
    if (absl::string_view(fixed) == "outdir" && absl::GetFlag(FLAGS_resume) == "latest") continue;
    if (parsed.Given(fixed)) {
      return absl::InvalidArgumentError(absl::StrCat("--", fixed, " cannot change in a run that is resumed"));
    }
  }
  const double d_share = config.DiscriminatorLazyShare(), g_share = config.GeneratorLazyShare();
  const absl::Status applied = ApplyGivenFlags(parsed, &config);
  if (!applied.ok()) return applied;
  if (config.DiscriminatorLazyShare() != d_share || config.GeneratorLazyShare() != g_share) {
    return absl::InvalidArgumentError(
        "cannot change --r1-interval, --pl-interval, or switch a separate regularizer on or off, when resuming");
  }
  return Validated(std::move(config));
}

}  // namespace sg::cli
