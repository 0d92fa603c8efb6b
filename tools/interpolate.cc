// interpolate: a video of the pictures between latents.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "engine/ops/shape_ops.h"
#include "gan/edit/interpolation.h"
#include "gan/image/encode_png.h"
#include "gan/image/image.h"
#include "gan/image/image_grid.h"
#include "gan/image/image_spec.h"
#include "gan/sample/sampler.h"
#include "tools/cli/cli.h"
#include "tools/cli/device_flag.h"
#include "tools/cli/exit_codes.h"
#include "tools/cli/frame_output.h"
#include "tools/cli/latent_input.h"
#include "tools/cli/network_flags.h"
#include "tools/cli/program.h"
#include "tools/cli/sampling_flags.h"
#include "tools/cli/signals.h"
#include "tools/cli/standard_output.h"
#include "tools/cli/wait_policy.h"
#include "tools/cli/work_progress.h"
#include "tools/cli/working_directory.h"

ABSL_FLAG(std::string, seeds, "0-5",
          "The keyframes, numbers and ranges: \"0,1,4-6\". With --grid, each place of the "
          "grid takes as many of them in turn.");
ABSL_FLAG(std::string, w, "", "The keyframes as latents w from a file instead of seeds, as for `generate`.");
ABSL_FLAG(std::string, path, "cubic",
          "\"cubic\": through w, the smoothest loop. \"linear\": straight from w to w. \"slerp\": through z, along the "
          "sphere.");
ABSL_FLAG(int, frames, 60, "Frames from one keyframe to the next.");
ABSL_FLAG(bool, loop, true, "Return to the first keyframe. \"cubic\" always does.");
ABSL_FLAG(std::string, grid, "1x1", "Columns and rows of pictures, each with keyframes of its own: \"4x2\".");
ABSL_FLAG(std::string, out, "interpolation.webp",
          "The file, which ends in .webp, .apng, .mp4 or .webm, or a folder for frame000000.png and so on.");
ABSL_FLAG(
    std::string, format, "auto",
    "\"webp\", \"apng\", \"mp4\", \"webm\" or \"folder\"; \"auto\" goes by the end of --out. \"mp4\" and \"webm\" "
    "need the program ffmpeg.");
ABSL_FLAG(int, fps, 30, "Frames per second.");
ABSL_FLAG(int, quality, 90, "Of a WebP, from 0 to 100. 100 keeps every pixel.");

namespace sg::cli {
namespace {

constexpr int kMaxFramesPerKey = 100000;
constexpr int64_t kMaxFrames = 10000000;
constexpr int kMaxFps = 240;
constexpr int64_t kMaxPlaces = 1024;

const Program& InterpolateProgram() {
  static const Program* const program = new Program{
      "interpolate",
      "makes a video of the pictures between latents",
      {{"bazel run //tools:interpolate -- --network=training-runs/00000-quick-emoji-batch8-gamma0.3 --seeds=0-7",
        "interpolation.webp: a loop through eight pictures."},
       {"bazel run //tools:interpolate -- --network=ffhq.pkl --seeds=0-31 --grid=4x2 --trunc=0.7 --out=faces.mp4 "
        "--fps=60",
        "Eight loops of four pictures side by side; needs ffmpeg."},
       {"bazel run //tools:interpolate -- --network=ffhq.pkl --seeds=3,8 --path=slerp --no-loop --out=frames",
        "frames/frame000000.png to frame000060.png, on the way between two z."}},
      {{"Input",
        {"network", "seeds", "w", "path", "frames", "loop", "grid", "class", "trunc", "trunc_cutoff", "noise_mode",
         "noise_seed"}},
       {"Output", {"out", "format", "fps", "quality"}},
       {"Hardware", {"device", "threads", "memory_cap", "deterministic", "tf32"}}},
      "network"};
  return *program;
}

struct Options {
  gan::InterpolationParams path;
  std::vector<uint32_t> seeds;
  int64_t columns = 1, rows = 1;
  FrameFormat format = FrameFormat::kWebp;

  int64_t places() const { return columns * rows; }
};

absl::Status Wrong(absl::string_view flag, absl::string_view value, absl::string_view must) {
  return absl::InvalidArgumentError(absl::StrCat(flag, " is ", value, ", must be ", must));
}

absl::Status ParseGrid(const std::string& text, Options* options) {
  const std::vector<std::string> sides = absl::StrSplit(text, 'x');
  if (sides.size() == 2 && absl::SimpleAtoi(sides[0], &options->columns) &&
      absl::SimpleAtoi(sides[1], &options->rows) && options->columns > 0 && options->rows > 0 &&
      options->columns <= kMaxPlaces && options->rows <= kMaxPlaces && options->places() <= kMaxPlaces) {
    return absl::OkStatus();
  }
  return Wrong("--grid", absl::StrCat("\"", text, "\""),
               absl::StrCat("columns x rows of at most ", kMaxPlaces, " pictures, as 4x2"));
}

absl::StatusOr<Options> OptionsGiven(const ParseResult& parsed) {
  Options options;
  const std::string path = absl::GetFlag(FLAGS_path);
  if (path != "cubic" && path != "linear" && path != "slerp") {
    return Wrong("--path", absl::StrCat("\"", path, "\""), "\"cubic\", \"linear\" or \"slerp\"");
  }
  options.path.path = path == "cubic"    ? gan::LatentPath::kCubic
                      : path == "linear" ? gan::LatentPath::kLinear
                                         : gan::LatentPath::kSlerp;
  options.path.loop = absl::GetFlag(FLAGS_loop);
  options.path.frames_per_key = absl::GetFlag(FLAGS_frames);
  if (path == "cubic" && !options.path.loop) return absl::InvalidArgumentError("--no-loop: --path=cubic is a loop");
  if (path == "slerp" && parsed.Given("w")) {
    return absl::InvalidArgumentError("--path=slerp goes through z, and --w gives none");
  }
  if (parsed.Given("w") && parsed.Given("seeds")) return absl::InvalidArgumentError("give one of --seeds and --w");
  absl::StatusOr<std::vector<uint32_t>> seeds = ParseSeeds("--seeds", absl::GetFlag(FLAGS_seeds));
  if (!seeds.ok()) return seeds.status();
  options.seeds = *std::move(seeds);
  const auto in_range = [](const char* flag, int value, int low, int high) {
    return value >= low && value <= high ? absl::OkStatus()
                                         : Wrong(flag, absl::StrCat(value), absl::StrCat("from ", low, " to ", high));
  };
  absl::Status status = in_range("--frames", absl::GetFlag(FLAGS_frames), 1, kMaxFramesPerKey);
  if (status.ok()) status = in_range("--fps", absl::GetFlag(FLAGS_fps), 1, kMaxFps);
  if (status.ok()) status = in_range("--quality", absl::GetFlag(FLAGS_quality), 0, 100);
  if (status.ok()) status = ParseGrid(absl::GetFlag(FLAGS_grid), &options);
  if (!status.ok()) return status;
  const absl::StatusOr<FrameFormat> format = FrameFormatOf(absl::GetFlag(FLAGS_format), absl::GetFlag(FLAGS_out));
  if (!format.ok()) return absl::InvalidArgumentError(absl::StrCat("--format ", format.status().message()));
  options.format = *format;
  std::error_code error;
  if (options.format != FrameFormat::kFolder && std::filesystem::is_directory(absl::GetFlag(FLAGS_out), error)) {
    return absl::InvalidArgumentError(absl::StrCat("--out=", absl::GetFlag(FLAGS_out), " is a folder"));
  }
  return options;
}

// Sets the number of keyframes of a place of the grid, of `latents` in all.
absl::Status ShareKeyframes(int64_t latents, Options* options) {
  constexpr int64_t kFewestKeyframes = 2;
  options->path.keyframes = latents / options->places();
  if (options->path.keyframes < kFewestKeyframes || latents % options->places() != 0) {
    return absl::InvalidArgumentError(absl::StrCat(latents, " latents for ", options->places(),
                                                   " place(s) of the grid; each needs the same number, at least ",
                                                   kFewestKeyframes));
  }
  if (options->path.NumFrames() <= kMaxFrames) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("that are ", options->path.NumFrames(), " frames, more than ", kMaxFrames));
}

// The latents of the frames of one place of the grid.
class Place {
 public:
  // The keyframes [begin, begin + keyframes) of the latents.
  Place(const gan::Pretrained& network, const gan::Sampler& sampler, const Options& options, const LatentInput& latents,
        int64_t begin, Device device)
      : model_(network.config.model), sampler_(sampler), path_(options.path), device_(device) {
    if (path_.path == gan::LatentPath::kSlerp) {
      const std::vector<uint32_t> seeds(options.seeds.begin() + begin, options.seeds.begin() + begin + path_.keyframes);
      keys_ = gan::LatentsFromSeeds(seeds, model_.latent_dim, device);
    } else {
      keys_ = latents.Map(sampler, model_, TruncationGiven(), device, begin, path_.keyframes);
    }
  }

  // [K,count,d].
  Tensor W(int64_t begin, int64_t count) const {
    if (path_.path != gan::LatentPath::kSlerp) return gan::InterpolateW(keys_, path_, begin, count);
    return sampler_.MapLatents(gan::InterpolateZ(keys_, path_, begin, count), LabelsGiven(model_, count, device_),
                               TruncationGiven());
  }

 private:
  const gan::ModelConfig& model_;
  const gan::Sampler& sampler_;
  const gan::InterpolationParams path_;
  const Device device_;
  Tensor keys_;  // z [keyframes,d] with kSlerp, else w [K,keyframes,d]
};

absl::Status MakeFrames(const gan::Pretrained& network, const Options& options, const LatentInput& latents,
                        Device device, FrameOutput* output) {
  const gan::Sampler sampler(network.config.model, network.generator, network.latent_average);
  std::vector<Place> places;
  for (int64_t p = 0; p < options.places(); ++p) {
    places.emplace_back(network, sampler, options, latents, p * options.path.keyframes, device);
  }
  gan::SamplerNoise noise = NoiseGiven();
  const int64_t frames = options.path.NumFrames();
  const int64_t at_once = std::max<int64_t>(1, gan::Sampler::kMaxBatch / options.places());
  WorkProgress progress("frame", frames);
  for (int64_t begin = 0; begin < frames; begin += at_once) {
    const int64_t count = std::min(at_once, frames - begin);
    std::vector<Tensor> parts;
    for (const Place& place : places) {
      const Tensor w = place.W(begin, count);
      parts.push_back(Reshape(w, {w.dim(0), count, 1, w.dim(2)}));
    }
    const Tensor w = Concat(parts, 2);  // [K,count,places,d]
    const int64_t images = count * options.places();
    const Tensor flat = Reshape(w, {w.dim(0), images, w.dim(3)});
    std::vector<gan::Image> sheet;
    for (int64_t i = 0; i < images; i += gan::Sampler::kMaxBatch) {
      const Tensor part = Narrow(flat, 1, i, std::min(gan::Sampler::kMaxBatch, images - i));
      for (gan::Image& image : gan::ToImages(sampler.SynthesizeBatch(part, &noise))) {
        sheet.push_back(std::move(image));
        if (static_cast<int64_t>(sheet.size()) < options.places()) continue;
        const absl::Status added = output->Add(gan::MakeGrid(sheet, static_cast<int>(options.columns)));
        if (!added.ok()) return added;
        sheet.clear();
      }
    }
    progress.Add(count);
    if (StopRequested()) return absl::CancelledError("stopped");
  }
  return output->Close();
}

int Run(const OpenedNetwork& opened, Options options) {
  const gan::ModelConfig& model = opened.network.config.model;
  const std::string w = absl::GetFlag(FLAGS_w), out = absl::GetFlag(FLAGS_out);
  const absl::StatusOr<LatentInput> latents =
      w.empty() ? LatentInput::Seeds(options.seeds) : LatentInput::File(w, /*is_w=*/true, model, opened.chosen.device);
  if (!latents.ok()) return Fail(InterpolateProgram(), kExitBadInput, latents.status());
  absl::Status fits = ShareKeyframes(latents->count(), &options);
  if (fits.ok()) fits = gan::CheckGrid(options.places(), model.image_spec(), options.columns);
  if (!fits.ok()) return UsageError(InterpolateProgram(), absl::StrCat("--grid: ", fits.message()));

  FrameOutputParams params;
  params.format = options.format;
  params.path = out;
  params.width = static_cast<int>(options.columns * model.image_spec().width);
  params.height = static_cast<int>(options.rows * model.image_spec().height);
  params.frames = options.path.NumFrames();
  params.fps = absl::GetFlag(FLAGS_fps);
  params.quality = absl::GetFlag(FLAGS_quality);
  params.text = RecipeText("interpolate", opened.network);
  params.text.emplace_back("path", absl::GetFlag(FLAGS_path));
  params.text.emplace_back("keyframes",
                           w.empty() ? absl::StrCat("--seeds=", absl::GetFlag(FLAGS_seeds)) : absl::StrCat("--w=", w));
  absl::StatusOr<std::unique_ptr<FrameOutput>> output = OpenFrames(params);
  if (!output.ok()) return Fail(InterpolateProgram(), kExitRuntimeError, output.status());
  std::fprintf(stderr, "%s\n", opened.chosen.description.c_str());
  const absl::Status made = MakeFrames(opened.network, options, *latents, opened.chosen.device, output->get());
  if (!made.ok() && StopRequested()) {
    output->reset();  // removes the file that is not complete; ffmpeg may have been stopped first
    ReRaise(StopSignal());
  }
  if (!made.ok()) return Fail(InterpolateProgram(), kExitRuntimeError, made);
  std::printf("%s\n", out.c_str());
  return kExitOk;
}

int Main(int argc, char** argv) {
  TolerateLostConsole();
  UseShortWaiting(argv);
  const absl::Status entered = EnterWorkingDirectory();
  if (!entered.ok()) return Fail(InterpolateProgram(), kExitRuntimeError, entered);
  const ParseResult parsed = Parse(InterpolateProgram(), argc, argv);
  if (parsed.exit_code) return *parsed.exit_code;
  absl::StatusOr<Options> options = OptionsGiven(parsed);
  if (!options.ok()) return UsageError(InterpolateProgram(), options.status().message());
  const absl::Status sampling = CheckSamplingFlags();
  if (!sampling.ok()) return UsageError(InterpolateProgram(), sampling.message());
  const OpenedNetwork opened = OpenNetwork(InterpolateProgram());
  if (opened.exit_code) return *opened.exit_code;
  if (!parsed.Given("w")) {
    const absl::Status class_fits = ResolveClass(opened.network, parsed.Given("class"));
    if (!class_fits.ok()) return UsageError(InterpolateProgram(), class_fits.message());
  }
  InstallSignalHandlers();
  return Run(opened, *std::move(options));
}

}  // namespace
}  // namespace sg::cli

int main(int argc, char** argv) {
  return sg::cli::FinishOutput(sg::cli::InterpolateProgram(), sg::cli::Main(argc, argv));
}
