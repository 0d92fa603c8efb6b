#include "tools/train_flags.h"

#include <cstdint>
#include <filesystem>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/marshalling.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "engine/base/check.h"
#include "engine/io/input_file.h"
#include "gan/config/enums.h"
#include "gan/config/fields.h"
#include "gan/config/image_size.h"
#include "gan/config/json.h"
#include "gan/config/nvidia_cfg.h"
#include "gan/config/presets.h"
#include "gan/config/validate.h"
#include "gan/metrics/evaluator.h"
#include "tools/cli/cuda_graphs_flag.h"
#include "tools/cli/profile.h"
#include "tools/cli/shell_word.h"
#include "tools/metric_run.h"
#include "tools/run_name.h"

// The flags of the configuration's fields are in gan/config/fields.h.
ABSL_FLAG(int, workers, 0, "Threads that decode images. 0 takes as many as there are cores.");

ABSL_FLAG(std::string, outdir, "training-runs", "Folder in which the run makes its folder.");
ABSL_FLAG(std::string, desc, "", "Text to append to the name of the run's folder.");
ABSL_FLAG(std::string, resume, "",
          "Resume a run: its folder, one of its checkpoints, or \"latest\" for the last run in --outdir. A checkpoint "
          "outside a run's folder starts a new run in --outdir.");
ABSL_FLAG(
    std::string, init, "",
    "Start a new run from the networks of this file instead of random ones: any that `generate --network` takes. What "
    "has the same name and shape is copied; the log says what is not. The optimizer and the counters start anew. "
    "--aug=ada starts with the probability that the file has.");
ABSL_FLAG(bool, dry_run, false,
          "Print the whole configuration and the predicted memory, decode every image, list those that cannot be used, "
          "and stop. Writes no file.");

ABSL_FLAG(std::string, preset, "quick",
          "Configuration to start from: \"quick\" (32x32 pixels, minutes on two cores), \"annotated\" (64x64, the "
          "annotated StyleGAN2) or \"official\" (NVIDIA's paper256: 256x256, batch 64). The defaults shown here are "
          "those of \"quick\". With another --res, \"official\" has the channels of NVIDIA's fmaps 0.5 at that size, "
          "and needs a suitable --gamma.");
ABSL_FLAG(
    std::string, cfg, "",
    "Start from a configuration of NVIDIA's train.py in place of a preset, by the name that their --cfg has: "
    "\"auto\" (suits --res), \"stylegan2\", \"paper256\", \"paper512\", \"paper1024\" or \"cifar\". It is theirs in "
    "every switch of the networks and of training, but computes in f32, and without --aug=ada if that is not given.");
ABSL_FLAG(std::string, options, "",
          "A training_options.json to start from in place of a preset. It also has the fields without a flag.");

ABSL_FLAG(std::string, metrics, "",
          absl::StrCat("Metrics of the averaged generator at every snapshot, separated by commas: ",
                       sg::gan::EnumChoices<sg::gan::Metric>(),
                       ". They go to metric-*.jsonl and stats.jsonl. If it is empty, none are computed."));
ABSL_FLAG(int64_t, metric_images, 2000, "Images that are made for --metrics.");

ABSL_FLAG(std::string, profile, "",
          absl::StrCat("Write the first ", sg::cli::kProfiledSteps, " steps", sg::cli::kProfileHelp));

namespace sg::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxWorkers = 1024;

template <typename T>
constexpr FlagType TypeOf() {
  if constexpr (std::is_same_v<T, bool>) {
    return FlagType::kBool;
  } else if constexpr (std::is_same_v<T, int32_t>) {
    return FlagType::kInt32;
  } else if constexpr (std::is_same_v<T, int64_t>) {
    return FlagType::kInt64;
  } else if constexpr (std::is_same_v<T, double>) {
    return FlagType::kReal;
  } else {
    static_assert(std::is_same_v<T, std::string> || std::is_enum_v<T>, "a type without a flag");
    return FlagType::kText;
  }
}

// --res also sets the sides of the constant, which have no flags.
bool IsImageSize(const gan::Field& field) { return field.name() == absl::string_view("resolution"); }

template <typename T>
ListedFlag MakeFlag(const gan::Field& field, const T& default_value) {
  const gan::FieldFlag& flag = *field.flag();
  ListedFlag listed;
  listed.name = flag.name;
  listed.type = IsImageSize(field) ? FlagType::kText : TypeOf<T>();
  listed.help = flag.help;
  if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) {
    const char* const kind = std::is_integral_v<T> ? "a whole number " : "a number ";
    if (field.range() && !IsImageSize(field)) listed.expected = absl::StrCat(kind, gan::RangeText<T>(*field.range()));
  }
  if constexpr (std::is_enum_v<T>) {
    listed.default_value = gan::EnumName(default_value);
    absl::StrAppend(&listed.help, " Must be ", gan::EnumChoices<T>(), ".");
  } else {
    listed.default_value = absl::UnparseFlag(default_value);
  }
  return listed;
}

// The defaults are those of `train` without flags.
std::vector<ListedFlag> FieldFlags() {
  const gan::TrainConfig quick = *gan::PresetConfig("quick");
  std::vector<ListedFlag> flags;
  gan::ForEachField(quick, [&flags](const auto& value, const gan::Field& field) {
    if (field.flag()) flags.push_back(MakeFlag(field, value));
  });
  return flags;
}

// The names of `before`, those of the fields' flags in `group`, and those of `after`.
FlagGroup GroupOf(gan::FieldGroup group, std::vector<std::string> before, const std::vector<std::string>& after) {
  const gan::TrainConfig config;
  gan::ForEachField(config, [&](const auto&, const gan::Field& field) {
    if (field.flag() && field.flag()->group == group) before.emplace_back(field.flag()->name);
  });
  before.insert(before.end(), after.begin(), after.end());
  return {gan::EnumName(group), std::move(before)};
}

// `text` has been checked by Parse, but for the names of an enum.
template <typename T>
absl::Status SetField(const gan::Field& field, const std::string& text, T* value) {
  if constexpr (std::is_enum_v<T>) {
    const absl::StatusOr<T> parsed = gan::ParseEnum<T>(field.Label(), text);
    if (parsed.ok()) *value = *parsed;
    return parsed.status();
  } else {
    std::string error;
    SG_CHECK(absl::ParseFlag(text, value, &error)) << "[SetField] " << field.name() << ": " << error;
    return absl::OkStatus();
  }
}

absl::Status SetSize(const std::string& text, gan::ModelConfig* model) {
  const absl::Status status = gan::SetImageSize(text, model);
  return status.ok() ? status : absl::InvalidArgumentError(absl::StrCat("--res: ", status.message()));
}

absl::Status ApplyGivenFlags(const ParseResult& parsed, gan::TrainConfig* config) {
  absl::Status status;
  gan::ForEachField(*config, [&](auto& value, const gan::Field& field) {
    if (!status.ok() || !field.flag()) return;
    const auto given = parsed.values.find(field.flag()->name);
    if (given == parsed.values.end()) return;
    status = IsImageSize(field) ? SetSize(given->second, &config->model) : SetField(field, given->second, &value);
  });
  return status;
}

absl::StatusOr<gan::TrainConfig> ReadOptions(const std::string& path) {
  constexpr int64_t kMaxBytes = int64_t{1} << 20;
  const absl::StatusOr<std::string> json = io::ReadFile(path, kMaxBytes);
  if (!json.ok()) return absl::FailedPreconditionError(absl::StrCat("--options=", json.status().message()));
  absl::StatusOr<gan::TrainConfig> config = gan::TrainConfigFromJson(*json);
  if (!config.ok()) {
    return absl::FailedPreconditionError(absl::StrCat("--options=", path, ": ", config.status().message()));
  }
  config->data = ExpandTilde(config->data);  // A user may have written it.
  return config;
}

// InvalidArgument for a value that the others make meaningless.
absl::Status CheckMeaning(const gan::TrainConfig& config) {
  if (config.loss.label_smoothing > 0 && config.loss.loss != gan::AdversarialLoss::kLogistic) {
    return absl::InvalidArgumentError(
        absl::StrCat("--label-smoothing=", config.loss.label_smoothing, " smooths probabilities, of which --loss=",
                     gan::EnumName(config.loss.loss), " has none; add --loss=logistic or --label-smoothing=0"));
  }
  return absl::OkStatus();
}

// A trained network needs no ramp-up of its average, and the probability of augmentation may rise faster: NVIDIA's
// values for transfer learning.
void AdaptToTransfer(const ParseResult& parsed, gan::TrainConfig* config) {
  constexpr double kAdaKimg = 100;
  if (!parsed.Given("ema_rampup")) config->optimizer.ema_rampup = 0;
  if (!parsed.Given("ada_kimg")) config->augment.ada_kimg = kAdaKimg;
}

// What belongs to the relativistic loss, whose pairs need both penalties in every step: with R1 alone, training may
// diverge (R3GAN).
void AdaptToRelativistic(const ParseResult& parsed, gan::TrainConfig* config) {
  gan::LossConfig& loss = config->loss;
  if (!parsed.Given("r2_gamma")) loss.r2_gamma = loss.r1_gamma;
  if (!parsed.Given("r1_interval")) loss.r1_interval = 1;
  if (!parsed.Given("pl_weight")) loss.pl_weight = 0;
  if (!parsed.Given("mixing_prob")) loss.mixing_prob = 0;
  if (!parsed.Given("separate_regularizers")) config->optimizer.separate_regularizers = false;
  config->optimizer.generator_first = false;
}

// What the given flags change.
absl::StatusOr<gan::TrainConfig> StartingPoint(const ParseResult& parsed) {
  if (parsed.Given("options")) return ReadOptions(absl::GetFlag(FLAGS_options));
  if (!parsed.Given("cfg")) return gan::PresetConfig(absl::GetFlag(FLAGS_preset));
  gan::ModelConfig sized;
  sized.resolution = 0;
  const auto given = parsed.values.find("res");
  const absl::Status status = given != parsed.values.end() ? SetSize(given->second, &sized) : absl::OkStatus();
  if (!status.ok()) return status;
  return gan::NvidiaConfig(absl::GetFlag(FLAGS_cfg), sized.resolution);
}

// The flags that describe a run but are no fields of its configuration may repeat what it is.
absl::Status CheckSameRun(const ParseResult& parsed, const std::optional<std::string>& run,
                          const gan::TrainConfig& saved) {
  const auto refuse = [](absl::string_view flag, absl::string_view is, absl::string_view wanted) {
    return absl::InvalidArgumentError(
        absl::StrCat("--", flag, " cannot change in a run that is resumed: it is ", is, ", not ", wanted));
  };
  const std::string preset = absl::GetFlag(FLAGS_preset), cfg = absl::GetFlag(FLAGS_cfg);
  const std::string outdir = absl::GetFlag(FLAGS_outdir);
  if (parsed.Given("preset") && preset != saved.preset) return refuse("preset", saved.preset, preset);
  if (parsed.Given("cfg") && cfg != saved.preset) return refuse("cfg", saved.preset, cfg);
  if (!run) return absl::OkStatus();
  const fs::path folder = fs::absolute(*run).lexically_normal();
  const fs::path named = folder.filename().empty() ? folder.parent_path() : folder;  // "runs/00003/" ends with nothing
  // With --resume=latest, --outdir says where to look.
  std::error_code error;
  if (parsed.Given("outdir") && absl::GetFlag(FLAGS_resume) != "latest" &&
      !fs::equivalent(named.parent_path(), outdir, error)) {
    return refuse("outdir", named.parent_path().string(), outdir);
  }
  const std::string desc = absl::GetFlag(FLAGS_desc), name = named.filename().string();
  if (parsed.Given("desc") && !absl::EndsWith(name, RunNameEnding(desc))) {
    return absl::InvalidArgumentError(
        absl::StrCat("--desc cannot change in a run that is resumed: the run is ", name, ", not ", desc));
  }
  return absl::OkStatus();
}

}  // namespace

const Program& TrainProgram() {
  static const Program* const program = new Program{
      "train",
      "trains StyleGAN2 on a folder or zip archive of images",
      {{"bazel run //tools:train", "Learns the bundled 32x32 emoji. Look at fakes*.png in the run's folder."},
       {"bazel run //tools:train -- --data=photos.zip --preset=annotated --mirror", "Learns your images at 64x64."},
       {"bazel run //tools:train -- --resume=latest", "Resumes the newest run."},
       {"bazel run //tools:train -- --data=photos --res=128 --batch=16 --dry-run",
        "Shows the configuration and the memory that it needs, and checks the images."}},
      {GroupOf(gan::FieldGroup::kData, {}, {"workers"}),
       GroupOf(gan::FieldGroup::kOutput, {"outdir", "desc", "resume"}, {"dry_run"}),
       GroupOf(gan::FieldGroup::kTraining, {"preset", "cfg", "options", "init"}, {}),
       GroupOf(gan::FieldGroup::kNetworks, {}, {}),
       GroupOf(gan::FieldGroup::kLosses, {}, {}),
       GroupOf(gan::FieldGroup::kAugmentation, {}, {}),
       GroupOf(gan::FieldGroup::kOptimizer, {}, {}),
       GroupOf(gan::FieldGroup::kHardware, {},
               {"device", "threads", "memory_cap", "deterministic", "tf32", "cuda_graphs"}),
       {"Diagnostics", {"metrics", "metric_images", "profile"}}},
      "data",
      FieldFlags()};
  return *program;
}

absl::StatusOr<TrainCommand> TrainCommandFromFlags() {
  TrainCommand command;
  command.outdir = absl::GetFlag(FLAGS_outdir);
  command.desc = absl::GetFlag(FLAGS_desc);
  command.resume = absl::GetFlag(FLAGS_resume);
  command.init = ExpandTilde(absl::GetFlag(FLAGS_init));
  if (!command.resume.empty() && !command.init.empty()) {
    return absl::InvalidArgumentError(
        "--resume goes on with a training as it was, --init starts a new one from its networks; give one of them");
  }
  command.profile = absl::GetFlag(FLAGS_profile);
  command.device = DeviceFlagsGiven();
  command.device.cuda_graphs = CudaGraphsGiven();
  command.workers = absl::GetFlag(FLAGS_workers);
  command.dry_run = absl::GetFlag(FLAGS_dry_run);
  absl::StatusOr<std::vector<gan::Metric>> metrics = gan::ParseMetrics(absl::GetFlag(FLAGS_metrics));
  if (!metrics.ok()) return absl::InvalidArgumentError(absl::StrCat("--", metrics.status().message()));
  command.metrics = *std::move(metrics);
  command.metric_images = absl::GetFlag(FLAGS_metric_images);
  if (command.metric_images < gan::MetricEvaluator::kMinFakes || command.metric_images > kMaxFakes) {
    return absl::InvalidArgumentError(absl::StrCat("--metric-images is ", command.metric_images, ", must be from ",
                                                   gan::MetricEvaluator::kMinFakes, " to ", kMaxFakes));
  }
  if (command.workers < 0 || command.workers > kMaxWorkers) {
    return absl::InvalidArgumentError(
        absl::StrCat("--workers is ", command.workers, ", must be from 0 to ", kMaxWorkers));
  }
  if (command.device.cuda_graphs && !command.profile.empty()) {
    return absl::InvalidArgumentError(
        "--profile waits for the device around every operation, but --cuda-graphs runs none before the end of a phase; "
        "give one of them");
  }
  return command;
}

absl::StatusOr<gan::TrainConfig> NewConfigFromFlags(const ParseResult& parsed) {
  if (parsed.Given("preset") + parsed.Given("cfg") + parsed.Given("options") > 1) {
    return absl::InvalidArgumentError("--preset, --cfg and --options all say where to start from; give one of them");
  }
  absl::StatusOr<gan::TrainConfig> config = StartingPoint(parsed);
  if (!config.ok()) return config;
  const absl::Status applied = ApplyGivenFlags(parsed, &*config);
  if (!applied.ok()) return applied;
  // NVIDIA's mapping network has the learning rate of all others: its factor is in the model (mapping_lr_mul).
  if (parsed.Given("cfg") && !parsed.Given("map_lr")) config->optimizer.mapping_lr = config->optimizer.lr;
  if (parsed.Given("init")) AdaptToTransfer(parsed, &*config);
  if (parsed.Given("loss") && config->loss.IsRelativistic()) AdaptToRelativistic(parsed, &*config);
  if (config->model.channel_base > 0 && (parsed.Given("g_features") || parsed.Given("d_features"))) {
    return absl::InvalidArgumentError(absl::StrCat("--g-features and --d-features mean nothing with channel_base = ",
                                                   config->model.channel_base, "; add --channel-base=0"));
  }
  absl::Status valid = gan::Validate(*config);
  if (valid.ok()) valid = CheckMeaning(*config);
  if (!valid.ok()) return valid;
  return config;
}

absl::StatusOr<gan::TrainConfig> ResumedConfigFromFlags(const ParseResult& parsed,
                                                        const std::optional<std::string>& run,
                                                        const gan::TrainConfig& saved) {
  const absl::Status same = CheckSameRun(parsed, run, saved);
  if (!same.ok()) return same;
  gan::TrainConfig config = saved;
  if (parsed.Given("options")) {
    absl::StatusOr<gan::TrainConfig> options = ReadOptions(absl::GetFlag(FLAGS_options));
    if (!options.ok()) return options;
    config = *std::move(options);
    // A file from which a run starts leaves it to the data.
    if (config.cond && config.model.label_dim == 0) config.model.label_dim = saved.model.label_dim;
  }
  absl::Status applied = ApplyGivenFlags(parsed, &config);
  if (applied.ok()) applied = CheckMeaning(config);
  if (!applied.ok()) return applied;
  return config;
}

}  // namespace sg::cli
