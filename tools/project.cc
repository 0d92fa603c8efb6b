// project: searches the latent whose picture is most like a photo.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "engine/io/directory.h"
#include "engine/io/input_file.h"
#include "engine/io/npz.h"
#include "engine/ops/shape_ops.h"
#include "gan/edit/projector.h"
#include "gan/image/decode_image.h"
#include "gan/image/encode_png.h"
#include "gan/image/image.h"
#include "gan/image/image_grid.h"
#include "gan/image/write_png.h"
#include "gan/metrics/features/efficientnet_lite0.h"
#include "gan/sample/sampler.h"
#include "tools/cli/bundled_data.h"
#include "tools/cli/cli.h"
#include "tools/cli/device_flag.h"
#include "tools/cli/exit_codes.h"
#include "tools/cli/frame_output.h"
#include "tools/cli/network_flags.h"
#include "tools/cli/program.h"
#include "tools/cli/signals.h"
#include "tools/cli/standard_output.h"
#include "tools/cli/wait_policy.h"
#include "tools/cli/work_progress.h"
#include "tools/cli/working_directory.h"

ABSL_FLAG(std::string, target, "", "The photo: PNG, JPEG or WebP. Its center square is resized to the network's size.");
ABSL_FLAG(int, steps, 1000, "Steps of the search.");
ABSL_FLAG(bool, w_plus, false,
          "A latent of its own for every entry of w. Closer to the photo, but edits work less well on it.");
ABSL_FLAG(bool, noise, true,
          "Search the noise maps, too, which keeps fine detail out of w. Without it, `generate --w` makes exactly the "
          "picture that was found.");
ABSL_FLAG(double, lr, 0.1, "Learning rate at its height, for w in units of the deviation of its elements.");
ABSL_FLAG(double, pixels, 1, "Weight of the difference of pixels, at all scales.");
ABSL_FLAG(double, features, 0.1, "Weight of the difference of features of EfficientNet-Lite0. 0 does without.");
ABSL_FLAG(int64_t, seed, 0, "Seed of the noise of the search.");
ABSL_FLAG(std::string, outdir, "out",
          "Folder for projected_w.npz, proj.png, target.png, side_by_side.png and progress.webp.");
ABSL_FLAG(int, frames, 50, "Frames of progress.webp. 0 writes none.");
ABSL_FLAG(int, save_every, 100, "Save the state of the search every so many steps, for --resume.");
ABSL_FLAG(bool, resume, false,
          "Continue a search that was stopped, with the same flags. progress.webp then shows the rest.");

namespace sg::cli {
namespace {

constexpr int kMaxSteps = 1000000, kMaxFrames = 1000;
constexpr int kProgressFps = 10, kProgressQuality = 90;
constexpr int64_t kMaxTargetBytes = int64_t{1} << 30;

const Program& ProjectProgram() {
  static const Program* const program =
      new Program{"project",
                  "searches the latent whose picture is most like a photo",
                  {{"bazel run //tools:project -- --network=network-snapshot-000080.safetensors --target=photo.jpg",
                    "out/projected_w.npz for `generate --w` and `directions --w`, and out/side_by_side.png."},
                   {"bazel run //tools:project -- --network=ffhq.pkl --target=me.jpg --w-plus --outdir=me",
                    "Closer, with a latent for every layer."},
                   {"bazel run //tools:project -- --network=ffhq.pkl --target=me.jpg --w-plus --outdir=me --resume",
                    "Continues what Ctrl-C has stopped."}},
                  {{"Input", {"network", "target", "class"}},
                   {"Search", {"steps", "w_plus", "noise", "lr", "pixels", "features", "seed"}},
                   {"Output", {"outdir", "frames", "save_every", "resume"}},
                   {"Hardware", {"device", "threads", "memory_cap", "deterministic", "tf32"}}},
                  "target"};
  return *program;
}

absl::StatusOr<gan::ProjectorParams> ParamsGiven() {
  const auto in_range = [](const char* flag, auto value, auto low, auto high) {
    if (value >= low && value <= high) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(flag, " is ", value, ", must be from ", low, " to ", high));
  };
  gan::ProjectorParams params;
  params.steps = absl::GetFlag(FLAGS_steps);
  params.w_plus = absl::GetFlag(FLAGS_w_plus);
  params.noise = absl::GetFlag(FLAGS_noise);
  params.lr = absl::GetFlag(FLAGS_lr);
  params.seed = static_cast<uint64_t>(absl::GetFlag(FLAGS_seed));
  params.loss.pixel_weight = absl::GetFlag(FLAGS_pixels);
  params.loss.feature_weight = absl::GetFlag(FLAGS_features);
  constexpr double kMaxLr = 100, kMaxWeight = 1e6;
  absl::Status status = in_range("--steps", params.steps, 1, kMaxSteps);
  if (status.ok()) status = in_range("--lr", params.lr, 1e-6, kMaxLr);
  if (status.ok()) status = in_range("--pixels", params.loss.pixel_weight, 0.0, kMaxWeight);
  if (status.ok()) status = in_range("--features", params.loss.feature_weight, 0.0, kMaxWeight);
  if (status.ok()) status = in_range("--frames", absl::GetFlag(FLAGS_frames), 0, kMaxFrames);
  if (status.ok()) status = in_range("--save-every", absl::GetFlag(FLAGS_save_every), 1, kMaxSteps);
  if (status.ok() && params.loss.pixel_weight == 0 && params.loss.feature_weight == 0) {
    status = absl::InvalidArgumentError("--pixels and --features are both 0, which leaves nothing to compare");
  }
  if (!status.ok()) return status;
  return params;
}

// [1,H,W,C] in [0,1].
absl::StatusOr<Tensor> ReadTarget(const std::string& path, const gan::ImageSpec& spec, Device device) {
  const absl::StatusOr<std::string> bytes = io::ReadFile(path, kMaxTargetBytes);
  if (!bytes.ok()) return bytes.status();
  const absl::StatusOr<gan::Image> decoded = gan::DecodeImageAs(spec, *bytes, gan::DecodeLimits());
  if (!decoded.ok()) {
    return absl::Status(decoded.status().code(), absl::StrCat(path, ": ", decoded.status().message()));
  }
  std::vector<float> values;
  for (const uint8_t value : decoded->pixels) values.push_back(static_cast<float>(value) / 255);
  return Tensor::FromHost<float>(spec.BatchShape(1), values, device);
}

class Search {
 public:
  Search(gan::Projector projector, const gan::ProjectorParams& params, const OpenedNetwork& opened,
         const Tensor& target)
      : projector_(std::move(projector)), params_(params), opened_(opened), target_(gan::ToImages(target)[0]) {}

  std::string StatePath() const { return Path("state.npz"); }

  absl::Status Resume() { return projector_.Load(StatePath()); }

  // Cancelled with the state saved if a signal asked to stop.
  absl::Status Run() {
    absl::Status status = OpenProgress();
    if (status.ok()) status = gan::WritePng(Path("target.png"), target_);
    auto progress = std::make_unique<WorkProgress>("step", params_.steps - projector_.step());
    const int first = projector_.step(), steps = params_.steps, frames = absl::GetFlag(FLAGS_frames);
    double distance = 0;
    while (status.ok() && projector_.step() < steps) {
      distance = projector_.Step();
      progress->Add(1, absl::StrFormat("distance %.4f", distance));
      const int done = projector_.step();
      if (progress_) {
        // The k-th of `frames` frames is after step k * steps / frames.
        const int64_t before = int64_t{done - 1} * frames / steps, now = int64_t{done} * frames / steps;
        if (now > before) status = progress_->Add(SideBySide());
      }
      const bool stop = StopRequested();
      if (status.ok() && (stop || done % absl::GetFlag(FLAGS_save_every) == 0) && done < steps) {
        status = projector_.Save(StatePath());
      }
      if (status.ok() && stop && done < steps) {
        progress_.reset();  // removes the file that is not complete
        return absl::CancelledError(absl::StrCat("stopped after step ", done, "; --resume continues"));
      }
    }
    progress.reset();  // ends its line
    if (status.ok() && progress_) status = progress_->Close();
    if (status.ok()) status = WriteResults();
    if (!status.ok()) return status;
    std::error_code error;
    std::filesystem::remove(StatePath(), error);
    if (steps > first) std::fprintf(stderr, "distance after %d steps: %.4f\n", steps, distance);
    return absl::OkStatus();
  }

 private:
  std::string Path(const char* name) const { return absl::StrCat(absl::GetFlag(FLAGS_outdir), "/", name); }

  gan::Image Picture() const { return gan::ToImages(projector_.Picture())[0]; }
  gan::Image SideBySide() const { return gan::MakeGrid({target_, Picture()}, 2); }

  absl::Status OpenProgress() {
    if (absl::GetFlag(FLAGS_frames) == 0) return absl::OkStatus();
    FrameOutputParams params;
    params.format = FrameFormat::kWebp;
    params.path = Path("progress.webp");
    params.width = target_.width * 2;
    params.height = target_.height;
    params.fps = kProgressFps;
    params.quality = kProgressQuality;
    absl::StatusOr<std::unique_ptr<FrameOutput>> output = OpenFrames(params);
    if (!output.ok()) return output.status();
    progress_ = *std::move(output);
    return progress_->Add(SideBySide());
  }

  absl::Status WriteResults() const {
    const Tensor w = Permute(projector_.W(), {1, 0, 2});
    const std::vector<gan::PngText> text = {{"software", "stylegan2.cpp project"},
                                            {"network", opened_.network.path},
                                            {"target", absl::GetFlag(FLAGS_target)},
                                            {"steps", absl::StrCat(params_.steps)}};
    absl::Status status = io::WriteNpz(Path("projected_w.npz"), {{"w", w.shape(), w.ToHost<float>()}});
    if (status.ok()) status = gan::WritePng(Path("proj.png"), Picture(), text);
    if (status.ok()) status = gan::WritePng(Path("side_by_side.png"), SideBySide(), text);
    if (!status.ok()) return status;
    for (const char* name : {"projected_w.npz", "proj.png", "target.png", "side_by_side.png"}) {
      std::printf("%s\n", Path(name).c_str());
    }
    if (progress_) std::printf("%s\n", Path("progress.webp").c_str());
    return status;
  }

  gan::Projector projector_;
  const gan::ProjectorParams params_;
  const OpenedNetwork& opened_;
  const gan::Image target_;
  std::unique_ptr<FrameOutput> progress_;  // unless --frames=0
};

int Run(const OpenedNetwork& opened, const gan::ProjectorParams& params) {
  const gan::ModelConfig& model = opened.network.config.model;
  const Device device = opened.chosen.device;
  const absl::StatusOr<Tensor> target = ReadTarget(absl::GetFlag(FLAGS_target), model.image_spec(), device);
  if (!target.ok()) return Fail(ProjectProgram(), kExitBadInput, target.status());
  std::optional<gan::EfficientNetLite0> features;
  if (params.loss.feature_weight > 0) {
    const absl::StatusOr<std::string> path = BundledFeatureNetworkPath();
    if (!path.ok()) return Fail(ProjectProgram(), kExitRuntimeError, path.status());
    absl::StatusOr<gan::EfficientNetLite0> loaded = gan::EfficientNetLite0::Load(*path, device);
    if (!loaded.ok()) return Fail(ProjectProgram(), kExitBadInput, loaded.status());
    features = *std::move(loaded);
  }
  const absl::Status made = io::MakeDirectories(absl::GetFlag(FLAGS_outdir));
  if (!made.ok()) return Fail(ProjectProgram(), kExitRuntimeError, made);
  std::fprintf(stderr, "%s\n", opened.chosen.description.c_str());
  gan::Projector projector = gan::Projector::Start(
      model, opened.network.generator, *target, features ? &*features : nullptr, LabelsGiven(model, 1, device), params);
  Search search(std::move(projector), params, opened, *target);
  if (absl::GetFlag(FLAGS_resume)) {
    const absl::Status resumed = search.Resume();
    if (!resumed.ok()) return Fail(ProjectProgram(), kExitBadInput, resumed);
  }
  const absl::Status status = search.Run();
  if (absl::IsCancelled(status)) {
    std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
    ReRaise(StopSignal());
  }
  return status.ok() ? kExitOk : Fail(ProjectProgram(), kExitRuntimeError, status);
}

int Main(int argc, char** argv) {
  TolerateLostConsole();
  UseShortWaiting(argv);
  const absl::Status entered = EnterWorkingDirectory();
  if (!entered.ok()) return Fail(ProjectProgram(), kExitRuntimeError, entered);
  const ParseResult parsed = Parse(ProjectProgram(), argc, argv);
  if (parsed.exit_code) return *parsed.exit_code;
  const auto usage = [](absl::string_view message) { return UsageError(ProjectProgram(), message); };
  const absl::StatusOr<gan::ProjectorParams> params = ParamsGiven();
  if (!params.ok()) return usage(params.status().message());
  if (absl::GetFlag(FLAGS_target).empty()) return usage("--target is needed: the photo");
  const OpenedNetwork opened = OpenNetwork(ProjectProgram());
  if (opened.exit_code) return *opened.exit_code;
  const gan::ModelConfig& model = opened.network.config.model;
  const absl::Status class_fits = ResolveClass(opened.network, parsed.Given("class"));
  if (!class_fits.ok()) return usage(class_fits.message());
  if (model.image_spec().channels % 2 == 0) {
    return usage("--network: its pictures have an alpha channel, which cannot be compared with a photo");
  }
  InstallSignalHandlers();
  return Run(opened, *params);
}

}  // namespace
}  // namespace sg::cli

int main(int argc, char** argv) { return sg::cli::FinishOutput(sg::cli::ProjectProgram(), sg::cli::Main(argc, argv)); }
