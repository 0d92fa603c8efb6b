// directions: finds directions in w that change pictures in one respect, shows them, and moves pictures along them.
#include "gan/edit/directions.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "engine/io/directory.h"
#include "engine/io/npz.h"
#include "engine/ops/shape_ops.h"
#include "gan/image/encode_png.h"
#include "gan/image/image.h"
#include "gan/image/image_grid.h"
#include "gan/image/write_png.h"
#include "gan/sample/sampler.h"
#include "tools/cli/cli.h"
#include "tools/cli/device_flag.h"
#include "tools/cli/exit_codes.h"
#include "tools/cli/latent_input.h"
#include "tools/cli/network_flags.h"
#include "tools/cli/number_list.h"
#include "tools/cli/pictures.h"
#include "tools/cli/program.h"
#include "tools/cli/sampling_flags.h"
#include "tools/cli/signals.h"
#include "tools/cli/standard_output.h"
#include "tools/cli/wait_policy.h"
#include "tools/cli/work_progress.h"
#include "tools/cli/working_directory.h"

ABSL_FLAG(std::string, method, "sefa",
          "\"sefa\": from the weights, at once. \"ganspace\": from the variance of w over --samples latents.");
ABSL_FLAG(std::string, load, "", "Take the directions from this .npz file, of --save or of GANSpace, instead.");
ABSL_FLAG(std::string, save, "", "Also write the directions to this .npz file.");
ABSL_FLAG(int, count, 10, "Directions to find.");
ABSL_FLAG(int64_t, samples, 100000, "Latents for \"ganspace\".");
ABSL_FLAG(std::string, layers, "all",
          "The entries of w that move, and of which \"sefa\" takes the weights: \"all\" or \"0-3,5\".");
ABSL_FLAG(std::string, seeds, "0-3", "The pictures, numbers and ranges: \"0,1,4-6\".");
ABSL_FLAG(std::string, w, "", "The pictures as latents w from a file instead of seeds, as for `generate`.");
ABSL_FLAG(std::string, show, "0-4", "The directions to show: one sheet each, with a row for every picture.");
ABSL_FLAG(int, steps, 5, "Columns of a sheet, from -range to +range.");
ABSL_FLAG(double, range, 0, "How far the sheets go, in steps of a direction. 0 takes 3 for \"sefa\", else 2.");
ABSL_FLAG(std::string, edit, "",
          "Instead of sheets, move the pictures: \"0:2.5,3:-1\" goes 2.5 steps along direction 0 and -1 along 3.");
ABSL_FLAG(std::string, outdir, "out",
          "Folder for direction00.png and so on, or with --edit for the pictures and their edited_w.npz.");

namespace sg::cli {
namespace {

constexpr int64_t kMaxSamples = 10000000;
constexpr int kMaxSteps = 101;
constexpr double kMaxAmount = 1000;

const Program& DirectionsProgram() {
  static const Program* const program = new Program{
      "directions",
      "finds directions that change pictures in one respect, and edits with them",
      {{"bazel run //tools:directions -- --network=training-runs/00000-quick-emoji-batch8-gamma0.3 --save=sefa.npz",
        "out/direction00.png to direction04.png: what each does to four pictures."},
       {"bazel run //tools:directions -- --network=ffhq.pkl --method=ganspace --trunc=0.7 --save=pca.npz",
        "The same by principal components."},
       {"bazel run //tools:directions -- --network=ffhq.pkl --load=pca.npz --w=projected_w.npz --edit=1:2,4:-1.5",
        "Moves a projected photo: out/image0000.png, and out/edited_w.npz for `generate --w`."}},
      {{"Input", {"network", "seeds", "w", "class", "trunc", "trunc_cutoff", "noise_mode", "noise_seed"}},
       {"Directions", {"method", "load", "count", "samples", "layers"}},
       {"Output", {"outdir", "save", "show", "steps", "range", "edit"}},
       {"Hardware", {"device", "threads", "memory_cap", "deterministic", "tf32"}}},
      "network"};
  return *program;
}

struct Edit {
  int64_t direction;
  double amount;
};

struct Options {
  std::vector<uint32_t> seeds;
  std::vector<int64_t> show;
  std::vector<Edit> edits;
  double range = 0;
  int64_t count = 0;  // directions to find
};

absl::StatusOr<std::vector<Edit>> ParseEdits(const std::string& text) {
  std::vector<Edit> edits;
  for (absl::string_view part : absl::StrSplit(text, ',')) {
    const std::vector<absl::string_view> sides = absl::StrSplit(part, ':');
    Edit edit;
    if (sides.size() != 2 || !absl::SimpleAtoi(sides[0], &edit.direction) || edit.direction < 0 ||
        !absl::SimpleAtod(sides[1], &edit.amount) || !(std::abs(edit.amount) <= kMaxAmount)) {
      return absl::InvalidArgumentError(absl::StrCat("--edit has \"", part,
                                                     "\", must be a list of DIRECTION:AMOUNT of ", "up to ", kMaxAmount,
                                                     ", as 0:2.5,3:-1"));
    }
    edits.push_back(edit);
  }
  return edits;
}

absl::StatusOr<Options> OptionsGiven(const ParseResult& parsed) {
  const auto wrong = [](const auto&... parts) { return absl::InvalidArgumentError(absl::StrCat(parts...)); };
  const std::string method = absl::GetFlag(FLAGS_method);
  if (method != "sefa" && method != "ganspace") {
    return wrong("--method is \"", method, "\", must be \"sefa\" or \"ganspace\"");
  }
  if (parsed.Given("load") && parsed.Given("method")) return wrong("give one of --load and --method");
  if (parsed.Given("seeds") && parsed.Given("w")) return wrong("give one of --seeds and --w");
  if (absl::GetFlag(FLAGS_count) < 1) return wrong("--count is ", absl::GetFlag(FLAGS_count), ", must be at least 1");
  const int64_t samples = absl::GetFlag(FLAGS_samples);
  if (samples < 2 || samples > kMaxSamples) {
    return wrong("--samples is ", samples, ", must be from 2 to ", kMaxSamples);
  }
  const int steps = absl::GetFlag(FLAGS_steps);
  if (steps < 2 || steps > kMaxSteps) return wrong("--steps is ", steps, ", must be from 2 to ", kMaxSteps);
  Options options;
  const double range = absl::GetFlag(FLAGS_range);
  if (!(range >= 0 && range <= kMaxAmount)) return wrong("--range is ", range, ", must be from 0 to ", kMaxAmount);
  constexpr double kSefaRange = 3, kDeviations = 2;
  options.range = range > 0 ? range : method == "sefa" && !parsed.Given("load") ? kSefaRange : kDeviations;
  absl::StatusOr<std::vector<uint32_t>> seeds = ParseSeeds("--seeds", absl::GetFlag(FLAGS_seeds));
  if (!seeds.ok()) return seeds.status();
  options.seeds = *std::move(seeds);
  absl::StatusOr<std::vector<int64_t>> show = ParseNumberList(absl::GetFlag(FLAGS_show));
  if (!show.ok()) return wrong("--show: ", show.status().message());
  options.show = *std::move(show);
  if (parsed.Given("edit")) {
    absl::StatusOr<std::vector<Edit>> edits = ParseEdits(absl::GetFlag(FLAGS_edit));
    if (!edits.ok()) return edits.status();
    options.edits = *std::move(edits);
  }
  return options;
}

absl::StatusOr<std::vector<int64_t>> LayersGiven(const gan::ModelConfig& model) {
  const std::string text = absl::GetFlag(FLAGS_layers);
  if (text == "all") return gan::AllEntries(model);
  return ParseEntries("--layers", text, model);
}

absl::StatusOr<gan::Directions> FindOrLoad(const OpenedNetwork& opened, const std::vector<int64_t>& layers,
                                           int64_t count) {
  const gan::ModelConfig& model = opened.network.config.model;
  const std::string load = absl::GetFlag(FLAGS_load);
  if (!load.empty()) return gan::ReadDirections(load, model.WDim());
  if (absl::GetFlag(FLAGS_method) == "sefa") {
    return gan::SefaDirections(model, opened.network.generator.get(), layers, count);
  }
  gan::GanspaceParams params;
  params.samples = absl::GetFlag(FLAGS_samples);
  params.count = count;
  WorkProgress progress("sample", params.samples);
  int64_t shown = 0;
  const Device device = opened.chosen.device;
  return gan::GanspaceDirections(
      model, *opened.network.generator, params, device, [&](int64_t n) { return LabelsGiven(model, n, device); },
      [&](int64_t done) {
        progress.Add(done - std::exchange(shown, done));
        return !StopRequested();
      });
}

// Shows and edits pictures by directions.
class Editor {
 public:
  Editor(const OpenedNetwork& opened, const gan::Directions& directions, std::vector<int64_t> layers,
         const LatentInput& latents)
      : model_(opened.network.config.model),
        sampler_(model_, opened.network.generator, opened.network.latent_average),
        directions_(directions),
        layers_(std::move(layers)),
        latents_(latents),
        device_(opened.chosen.device),
        noise_(NoiseGiven()),
        text_(RecipeText("directions", opened.network)) {
    text_.emplace_back("layers", absl::GetFlag(FLAGS_layers));
  }

  // One sheet per direction.
  absl::Status Show(const Options& options) {
    const int steps = absl::GetFlag(FLAGS_steps);
    const Tensor w = latents_.Map(sampler_, model_, TruncationGiven(), device_, 0, latents_.count());
    WorkProgress progress("picture", static_cast<int64_t>(options.show.size()) * steps * latents_.count());
    for (int64_t k : options.show) {
      const std::vector<float> step = directions_.Step(k);
      std::vector<Tensor> columns;
      for (int s = 0; s < steps; ++s) {
        const double amount = options.range * (2.0 * s / (steps - 1) - 1);
        const Tensor moved = gan::MoveAlong(w, step, amount, layers_);
        columns.push_back(Reshape(moved, {w.dim(0), w.dim(1), 1, w.dim(2)}));
      }
      const Tensor all = Reshape(Concat(columns, 2), {w.dim(0), w.dim(1) * steps, w.dim(2)});
      const std::vector<gan::Image> pictures = MakePictures(sampler_, all, &noise_, &progress);
      std::vector<gan::PngText> text = text_;
      text.emplace_back("direction", absl::StrCat(k));
      text.emplace_back("range", absl::StrCat(options.range));
      const std::string path = absl::StrFormat("%s/direction%02d.png", outdir_, k);
      const absl::Status written = gan::WritePng(path, gan::MakeGrid(pictures, steps), text);
      if (!written.ok()) return written;
      std::printf("%s\n", path.c_str());
      if (StopRequested()) return absl::CancelledError("stopped");
    }
    return absl::OkStatus();
  }

  // The pictures after the edits, and their w.
  absl::Status Apply(const std::vector<Edit>& edits) {
    Tensor w = latents_.Map(sampler_, model_, TruncationGiven(), device_, 0, latents_.count());
    for (const Edit& edit : edits) w = gan::MoveAlong(w, directions_.Step(edit.direction), edit.amount, layers_);
    WorkProgress progress("picture", latents_.count());
    const std::vector<gan::Image> pictures = MakePictures(sampler_, w, &noise_, &progress);
    text_.emplace_back("edit", absl::GetFlag(FLAGS_edit));
    for (size_t i = 0; i < pictures.size(); ++i) {
      std::vector<gan::PngText> text = text_;
      text.emplace_back("latent", latents_.Origin(static_cast<int64_t>(i)));
      const std::string path = absl::StrCat(outdir_, "/", latents_.Name(static_cast<int64_t>(i)), ".png");
      const absl::Status written = gan::WritePng(path, pictures[i], text);
      if (!written.ok()) return written;
      std::printf("%s\n", path.c_str());
    }
    const std::string path = absl::StrCat(outdir_, "/edited_w.npz");
    const absl::Status written =
        io::WriteNpz(path, {{"w", {w.dim(1), w.dim(0), w.dim(2)}, Permute(w, {1, 0, 2}).ToHost<float>()}});
    if (written.ok()) std::printf("%s\n", path.c_str());
    return written;
  }

 private:
  const gan::ModelConfig model_;
  const gan::Sampler sampler_;
  const gan::Directions& directions_;
  const std::vector<int64_t> layers_;
  const LatentInput& latents_;
  const Device device_;
  const std::string outdir_ = absl::GetFlag(FLAGS_outdir);
  gan::SamplerNoise noise_;
  std::vector<gan::PngText> text_;
};

// InvalidArgument if a flag asks for a direction that there is not.
absl::Status CheckDirections(const ParseResult& parsed, const gan::Directions& directions, Options* options) {
  const auto missing = [&](const char* flag, int64_t k) {
    return absl::InvalidArgumentError(
        absl::StrCat(flag, " names direction ", k, ", but there are 0 to ", directions.count() - 1));
  };
  for (const Edit& edit : options->edits) {
    if (edit.direction >= directions.count()) return missing("--edit", edit.direction);
  }
  std::vector<int64_t> show;
  for (int64_t k : options->show) {
    if (k < directions.count()) show.push_back(k);
    // The default may name more than were asked for.
    else if (parsed.Given("show"))
      return missing("--show", k);
  }
  options->show = std::move(show);
  return absl::OkStatus();
}

int Run(const ParseResult& parsed, const OpenedNetwork& opened, std::vector<int64_t> layers, Options options) {
  const gan::ModelConfig& model = opened.network.config.model;
  const std::string w = absl::GetFlag(FLAGS_w), save = absl::GetFlag(FLAGS_save);
  const absl::StatusOr<LatentInput> latents =
      w.empty() ? LatentInput::Seeds(options.seeds) : LatentInput::File(w, /*is_w=*/true, model, opened.chosen.device);
  if (!latents.ok()) return Fail(DirectionsProgram(), kExitBadInput, latents.status());
  const int steps = absl::GetFlag(FLAGS_steps);
  const absl::Status fits = gan::CheckGrid(latents->count() * steps, model.image_spec(), steps);
  if (!fits.ok()) return UsageError(DirectionsProgram(), absl::StrCat("--seeds: ", fits.message()));
  const absl::StatusOr<gan::Directions> directions = FindOrLoad(opened, layers, options.count);
  if (absl::IsCancelled(directions.status())) ReRaise(StopSignal());
  if (!directions.ok()) return Fail(DirectionsProgram(), kExitBadInput, directions.status());
  const absl::Status there = CheckDirections(parsed, *directions, &options);
  if (!there.ok()) return UsageError(DirectionsProgram(), there.message());

  std::fprintf(stderr, "%s\n", opened.chosen.description.c_str());
  absl::Status status = io::MakeDirectories(absl::GetFlag(FLAGS_outdir));
  if (status.ok() && !save.empty()) {
    status = gan::WriteDirections(save, *directions);
    if (status.ok()) std::printf("%s\n", save.c_str());
  }
  Editor editor(opened, *directions, std::move(layers), *latents);
  if (status.ok()) status = options.edits.empty() ? editor.Show(options) : editor.Apply(options.edits);
  if (absl::IsCancelled(status)) ReRaise(StopSignal());
  return status.ok() ? kExitOk : Fail(DirectionsProgram(), kExitRuntimeError, status);
}

int Main(int argc, char** argv) {
  TolerateLostConsole();
  UseShortWaiting(argv);
  const absl::Status entered = EnterWorkingDirectory();
  if (!entered.ok()) return Fail(DirectionsProgram(), kExitRuntimeError, entered);
  const ParseResult parsed = Parse(DirectionsProgram(), argc, argv);
  if (parsed.exit_code) return *parsed.exit_code;
  const auto usage = [](absl::string_view message) { return UsageError(DirectionsProgram(), message); };
  absl::StatusOr<Options> options = OptionsGiven(parsed);
  if (!options.ok()) return usage(options.status().message());
  const absl::Status sampling = CheckSamplingFlags();
  if (!sampling.ok()) return usage(sampling.message());
  const OpenedNetwork opened = OpenNetwork(DirectionsProgram());
  if (opened.exit_code) return *opened.exit_code;
  const gan::ModelConfig& model = opened.network.config.model;
  const bool maps_z = !parsed.Given("w") || (!parsed.Given("load") && absl::GetFlag(FLAGS_method) == "ganspace");
  const absl::Status class_fits = maps_z ? ResolveClass(opened.network, parsed.Given("class")) : absl::OkStatus();
  if (!class_fits.ok()) return usage(class_fits.message());
  absl::StatusOr<std::vector<int64_t>> layers = LayersGiven(model);
  if (!layers.ok()) return usage(layers.status().message());
  options->count = absl::GetFlag(FLAGS_count);
  if (!parsed.Given("count")) options->count = std::min<int64_t>(options->count, model.WDim());
  if (options->count > model.WDim()) {
    return usage(absl::StrCat("--count is ", options->count, ", must be from 1 to ", model.WDim(),
                              ", the elements of this network's w"));
  }
  InstallSignalHandlers();
  return Run(parsed, opened, *std::move(layers), *std::move(options));
}

}  // namespace
}  // namespace sg::cli

int main(int argc, char** argv) {
  return sg::cli::FinishOutput(sg::cli::DirectionsProgram(), sg::cli::Main(argc, argv));
}
