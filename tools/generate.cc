// generate: images from a checkpoint.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "engine/io/directory.h"
#include "engine/io/npy.h"
#include "engine/io/standard_streams.h"
#include "engine/tensor/op_observer.h"
#include "gan/image/encode_png.h"
#include "gan/image/image_grid.h"
#include "gan/image/image_spec.h"
#include "gan/image/write_image.h"
#include "gan/image/write_png.h"
#include "gan/sample/image_batches.h"
#include "gan/sample/sampler.h"
#include "gan/train/pretrained.h"
#include "tools/cli/cli.h"
#include "tools/cli/device_flag.h"
#include "tools/cli/exit_codes.h"
#include "tools/cli/file_suffix.h"
#include "tools/cli/latent_input.h"
#include "tools/cli/network_flags.h"
#include "tools/cli/profile.h"
#include "tools/cli/recipe.h"
#include "tools/cli/sampling_flags.h"
#include "tools/cli/signals.h"
#include "tools/cli/standard_output.h"
#include "tools/cli/wait_policy.h"
#include "tools/cli/working_directory.h"

ABSL_FLAG(std::string, seeds, "0-15",
          "Numbers and ranges, \"0,1,4-6\": z is np.random.RandomState(seed).randn(1, latent_dim).");
ABSL_FLAG(std::string, z, "", "Latents z from a .npy or .safetensors file instead of seeds, [N,latent_dim].");
ABSL_FLAG(
    std::string, w, "",
    "Latents w from a file instead of seeds: [N,w_dim], or [N,K,w_dim] with one for each of the network's K blocks or "
    "layers. w_dim is latent_dim unless the network says otherwise.");
ABSL_FLAG(std::string, like, "",
          "A PNG file of this program: makes it again, by the flags that its text names. Flags of the command line go "
          "before those.");
ABSL_FLAG(std::string, outdir, "out", "Folder for one file per latent: seed0007.png, or image0000.png.");
ABSL_FLAG(std::string, format, "png",
          "\"png\", \"jpg\" or \"webp\". Only PNG files keep how they were made, and a sheet always is one.");
ABSL_FLAG(int, quality, 90, "Of JPEG and WebP, from 1 to 100. At 100, WebP keeps every pixel.");
ABSL_FLAG(std::string, grid, "", "Write one sheet to this PNG file instead of one file per image.");
ABSL_FLAG(int, columns, 0, "Columns of the sheet. 0 makes it square.");
ABSL_FLAG(std::string, raw, "",
          "Also write the float images [N,H,W,C], nominally 0 to 1 and before rounding, to this .npy file.");
ABSL_FLAG(std::string, profile, "", absl::StrCat("Write the operations that make the images", sg::cli::kProfileHelp));

namespace sg::cli {
namespace {

const Program& GenerateProgram() {
  static const Program* const program = new Program{
      "generate",
      "makes images with a trained network",
      {{"bazel run //tools:generate -- --network=training-runs/00000-quick-emoji-batch8-gamma0.3 --seeds=0-63 "
        "--grid=fakes.png",
        "One sheet of 64 images."},
       {"bazel run //tools:generate -- --network=network-snapshot-000080.safetensors --seeds=85,265 --trunc=0.7",
        "out/seed0085.png and out/seed0265.png."},
       {"bazel run //tools:generate -- --like=out/seed0085.png --trunc=0.5", "The same picture, truncated more."}},
      {{"Input", {"network", "seeds", "z", "w", "like", "class", "trunc", "trunc_cutoff", "noise_mode", "noise_seed"}},
       {"Output", {"outdir", "format", "quality", "grid", "columns", "raw"}},
       {"Hardware", {"device", "threads", "memory_cap", "deterministic", "tf32"}},
       {"Diagnostics", {"profile"}}},
      "network"};
  return *program;
}

int GridColumns(int64_t images) {
  const int columns = absl::GetFlag(FLAGS_columns);
  return columns > 0 ? columns : static_cast<int>(std::ceil(std::sqrt(static_cast<double>(images))));
}

// Writes the images where the flags say: to single files or to one sheet, and as floats to --raw. Of a sheet, one
// row of images is in memory at a time.
class ImageOutput {
 public:
  ImageOutput(const LatentInput& latents, gan::ImageFormat format, std::vector<gan::PngText> text)
      : latents_(latents), format_(format), text_(std::move(text)), grid_(absl::GetFlag(FLAGS_grid)) {}

  absl::Status Open(const gan::ImageSpec& spec) {
    const std::string raw = absl::GetFlag(FLAGS_raw);
    if (!raw.empty()) {
      absl::StatusOr<io::NpyWriter> file = io::NpyWriter::Open(raw, spec.BatchShape(latents_.count()));
      if (!file.ok()) return file.status();
      raw_.emplace(*std::move(file));
    }
    if (!grid_.empty()) return OpenSheet(spec);
    return io::MakeDirectories(outdir_);
  }

  // pixels [n,H,W,3]: the next n images.
  absl::Status Add(const Tensor& pixels) {
    if (raw_) {
      const absl::Status written = raw_->Append(absl::MakeConstSpan(pixels.ToHost<float>()));
      if (!written.ok()) return written;
    }
    for (gan::Image& image : gan::ToImages(pixels)) {
      if (sheet_) {
        sheet_row_.push_back(std::move(image));
        const absl::Status written = sheet_row_.size() == sheet_columns_ ? WriteSheetRow() : absl::OkStatus();
        if (!written.ok()) return written;
        continue;
      }
      const std::string path = absl::StrCat(outdir_, "/", latents_.Name(done_), ".", gan::Extension(format_));
      const absl::Status written =
          gan::WriteImage(path, image, format_, absl::GetFlag(FLAGS_quality), Text("latent", latents_.Origin(done_)));
      if (!written.ok()) return written;
      std::printf("%s\n", path.c_str());
      ++done_;
    }
    return absl::OkStatus();
  }

  absl::Status Close() {
    if (sheet_) {
      const absl::Status written = CloseSheet();
      if (!written.ok()) return written;
    }
    return raw_ ? raw_->Commit() : absl::OkStatus();
  }

 private:
  std::vector<gan::PngText> Text(const char* keyword, std::string origin) const {
    std::vector<gan::PngText> text = text_;
    text.emplace_back(keyword, std::move(origin));
    return text;
  }

  absl::Status OpenSheet(const gan::ImageSpec& spec) {
    sheet_columns_ = static_cast<size_t>(std::min<int64_t>(GridColumns(latents_.count()), latents_.count()));
    const auto columns = static_cast<int64_t>(sheet_columns_);
    const int64_t rows = (latents_.count() + columns - 1) / columns;
    std::vector<gan::PngText> text = Text("latents", latents_.Origins(absl::GetFlag(FLAGS_seeds)));
    text.emplace_back("columns", absl::StrCat(columns));
    absl::StatusOr<gan::PngWriter> sheet = gan::PngWriter::Open(
        grid_, static_cast<int>(columns * spec.width), static_cast<int>(rows * spec.height), spec.channels, text);
    if (!sheet.ok()) return sheet.status();
    sheet_.emplace(*std::move(sheet));
    return absl::OkStatus();
  }

  absl::Status WriteSheetRow() {
    const absl::Status written = sheet_->Append(gan::MakeGrid(sheet_row_, static_cast<int>(sheet_columns_)).pixels);
    sheet_row_.clear();
    return written;
  }

  absl::Status CloseSheet() {
    if (!sheet_row_.empty()) {
      // The places after the last image are white.
      gan::Image white = sheet_row_.front();
      std::fill(white.pixels.begin(), white.pixels.end(), uint8_t{255});
      sheet_row_.resize(sheet_columns_, white);
      const absl::Status written = WriteSheetRow();
      if (!written.ok()) return written;
    }
    const absl::Status written = sheet_->Commit();
    if (written.ok()) std::printf("%s\n", grid_.c_str());
    return written;
  }

  const LatentInput& latents_;
  const gan::ImageFormat format_;
  const std::vector<gan::PngText> text_;
  const std::string grid_;
  const std::string outdir_ = absl::GetFlag(FLAGS_outdir);
  std::optional<io::NpyWriter> raw_;
  std::optional<gan::PngWriter> sheet_;  // with --grid
  size_t sheet_columns_ = 0;
  std::vector<gan::Image> sheet_row_;
  int64_t done_ = 0;  // files written
};

absl::Status MakeImages(const gan::Pretrained& network, const LatentInput& latents, Device device,
                        ImageOutput* output) {
  const gan::ModelConfig& model = network.config.model;
  const gan::Sampler sampler(model, network.generator, network.latent_average);
  const auto map = [&](int64_t begin, int64_t count) {
    return latents.Map(sampler, model, TruncationGiven(), device, begin, count);
  };
  return gan::SynthesizeInBatches(sampler, latents.count(), map, NoiseGiven(), [&](const Tensor& pixels) {
    const absl::Status added = output->Add(pixels);
    return added.ok() && StopRequested() ? absl::CancelledError("stopped") : added;
  });
}

struct Input {
  std::vector<uint32_t> seeds;  // if there is neither --z nor --w
  Recipe recipe;                // of --like
  gan::ImageFormat format = gan::ImageFormat::kPng;
};

// Returns the exit code, or Cancelled if a signal has stopped it: then all files that it has begun are whole or gone.
absl::StatusOr<int> Run(const gan::Pretrained& network, const Input& input, const ChosenDevice& chosen) {
  const Device device = chosen.device;
  const gan::ModelConfig& model = network.config.model;
  const std::string z = absl::GetFlag(FLAGS_z), w = absl::GetFlag(FLAGS_w);
  absl::StatusOr<LatentInput> latents = z.empty() && w.empty()
                                            ? LatentInput::Seeds(input.seeds)
                                            : LatentInput::File(w.empty() ? z : w, !w.empty(), model, device);
  if (!latents.ok()) return Fail(GenerateProgram(), kExitBadInput, latents.status());
  if (input.recipe.row) {
    const absl::Status kept = latents->KeepRow(*input.recipe.row);
    if (!kept.ok()) return Fail(GenerateProgram(), kExitBadInput, kept);
  }
  if (!absl::GetFlag(FLAGS_grid).empty()) {
    const absl::Status fits = gan::CheckGrid(latents->count(), model.image_spec(), GridColumns(latents->count()));
    if (!fits.ok()) return UsageError(GenerateProgram(), absl::StrCat("--grid: ", fits.message()));
  }
  std::vector<gan::PngText> text = RecipeText("generate", network);
  if (model.label_dim > 0 && w.empty()) text.emplace_back("class", absl::StrCat(ClassGiven()));
  ImageOutput output(*latents, input.format, std::move(text));
  absl::Status status = output.Open(model.image_spec());
  if (status.ok()) std::fprintf(stderr, "%s\n", chosen.description.c_str());  // an error is the only line
  if (status.ok()) status = MakeImages(network, *latents, device, &output);
  if (status.ok()) status = output.Close();
  if (absl::IsCancelled(status)) return status;
  return status.ok() ? kExitOk : Fail(GenerateProgram(), kExitRuntimeError, status);
}

int Main(int argc, char** argv) {
  TolerateLostConsole();
  UseShortWaiting(argv);
  const absl::Status entered = EnterWorkingDirectory();
  if (!entered.ok()) return Fail(GenerateProgram(), kExitRuntimeError, entered);
  ParseResult parsed = Parse(GenerateProgram(), argc, argv);
  if (parsed.exit_code) return *parsed.exit_code;
  const auto usage = [](absl::string_view message) { return UsageError(GenerateProgram(), message); };

  if (parsed.Given("seeds") + parsed.Given("z") + parsed.Given("w") > 1)
    return usage("give one of --seeds, --z and --w");
  Input input;
  if (const std::string like = absl::GetFlag(FLAGS_like); !like.empty()) {
    const absl::StatusOr<Recipe> recipe = ApplyRecipe(GenerateProgram(), like, &parsed);
    if (!recipe.ok()) return Fail(GenerateProgram(), kExitBadInput, recipe.status());
    input.recipe = *recipe;
  }
  absl::StatusOr<std::vector<uint32_t>> seeds = ParseSeeds("--seeds", absl::GetFlag(FLAGS_seeds));
  if (!seeds.ok()) return usage(seeds.status().message());
  input.seeds = *std::move(seeds);
  const std::string format_name = absl::GetFlag(FLAGS_format);
  const std::optional<gan::ImageFormat> format = gan::ImageFormatNamed(format_name);
  if (!format) {
    return usage(absl::StrCat("--format is \"", format_name, "\", must be \"png\", \"jpg\" or \"webp\""));
  }
  if (*format != gan::ImageFormat::kPng && parsed.Given("grid")) {
    return usage(absl::StrCat("--format=", format_name, ": --grid is a PNG file"));
  }
  const std::string grid = absl::GetFlag(FLAGS_grid);
  if (const absl::string_view suffix = FileSuffix(grid); !suffix.empty() && !absl::EqualsIgnoreCase(suffix, ".png")) {
    return usage(absl::StrCat("--grid=", grid, ": it is a PNG file, so its name must end in .png and not in ", suffix));
  }
  input.format = *format;
  if (const int quality = absl::GetFlag(FLAGS_quality); quality < 1 || quality > 100) {
    return usage(absl::StrCat("--quality is ", quality, ", must be from 1 to 100"));
  }
  if (absl::GetFlag(FLAGS_columns) < 0) return usage("--columns must not be negative");
  const absl::Status sampling = CheckSamplingFlags();
  if (!sampling.ok()) return usage(sampling.message());
  const OpenedNetwork opened = OpenNetwork(GenerateProgram());
  if (opened.exit_code) return *opened.exit_code;
  const bool class_given = parsed.Given("class"), from_w = parsed.Given("w");
  if (from_w && class_given) return usage("--class: latents w are behind the labels already");
  const absl::Status class_fits = from_w ? absl::OkStatus() : ResolveClass(opened.network, class_given);
  if (!class_fits.ok()) return usage(class_fits.message());
  const absl::StatusOr<std::unique_ptr<TraceWriter>> profile =
      OpenProfile(absl::GetFlag(FLAGS_profile), GenerateProgram(), opened.chosen.device);
  if (!profile.ok()) return Fail(GenerateProgram(), kExitRuntimeError, profile.status());
  SetOpObserver(profile->get());
  InstallSignalHandlers();
  const absl::StatusOr<int> exit_code = Run(opened.network, input, opened.chosen);
  CloseProfile(GenerateProgram(), profile->get());
  if (!exit_code.ok()) ReRaise(StopSignal());
  return *exit_code;
}

}  // namespace
}  // namespace sg::cli

int main(int argc, char** argv) { return sg::cli::FinishOutput(sg::cli::GenerateProgram(), sg::cli::Main(argc, argv)); }
