// mix: pictures that combine the styles of two latents.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "engine/io/directory.h"
#include "engine/ops/shape_ops.h"
#include "gan/edit/style_mix.h"
#include "gan/image/encode_png.h"
#include "gan/image/image.h"
#include "gan/image/image_grid.h"
#include "gan/image/image_spec.h"
#include "gan/image/write_png.h"
#include "gan/sample/sampler.h"
#include "tools/cli/cli.h"
#include "tools/cli/device_flag.h"
#include "tools/cli/exit_codes.h"
#include "tools/cli/latent_input.h"
#include "tools/cli/network_flags.h"
#include "tools/cli/pictures.h"
#include "tools/cli/program.h"
#include "tools/cli/sampling_flags.h"
#include "tools/cli/signals.h"
#include "tools/cli/standard_output.h"
#include "tools/cli/wait_policy.h"
#include "tools/cli/work_progress.h"
#include "tools/cli/working_directory.h"

ABSL_FLAG(std::string, rows, "85,100,75,458,1500", "Seeds of the rows, which give what --styles does not name.");
ABSL_FLAG(std::string, cols, "55,821,1789,293", "Seeds of the columns, which give the entries --styles of w.");
ABSL_FLAG(std::string, styles, "auto",
          "The entries of w that the columns give, from 0 on, \"0-6\" or \"4,5\". A network has one for every layer or "
          "for every block. \"auto\" is 0-6 for layers, and the first half for blocks.");
ABSL_FLAG(std::string, outdir, "out", "Folder for grid.png and ROW-COLUMN.png.");
ABSL_FLAG(bool, singles, true, "Write a file per picture beside the grid.");

namespace sg::cli {
namespace {

const Program& MixProgram() {
  static const Program* const program = new Program{
      "mix",
      "combines the styles of pairs of latents in a grid",
      {{"bazel run //tools:mix -- --network=training-runs/00000-quick-emoji-batch8-gamma0.3 --rows=0-3 --cols=4-8",
        "out/grid.png: the rows' pictures with the coarse styles of the columns."},
       {"bazel run //tools:mix -- --network=ffhq.pkl --styles=8-17 --trunc=0.7 --outdir=colors",
        "Fine styles of the columns: colors and texture."}},
      {{"Input", {"network", "rows", "cols", "styles", "class", "trunc", "trunc_cutoff", "noise_mode", "noise_seed"}},
       {"Output", {"outdir", "singles"}},
       {"Hardware", {"device", "threads", "memory_cap", "deterministic", "tf32"}}},
      "network"};
  return *program;
}

struct Seeds {
  std::vector<uint32_t> rows, columns;
};

absl::StatusOr<Seeds> SeedsGiven() {
  absl::StatusOr<std::vector<uint32_t>> rows = ParseSeeds("--rows", absl::GetFlag(FLAGS_rows));
  if (!rows.ok()) return rows.status();
  absl::StatusOr<std::vector<uint32_t>> columns = ParseSeeds("--cols", absl::GetFlag(FLAGS_cols));
  if (!columns.ok()) return columns.status();
  const auto pictures = static_cast<int64_t>((rows->size() + 1) * (columns->size() + 1));
  if (pictures > kMaxImages) {
    return absl::InvalidArgumentError(
        absl::StrCat("--rows and --cols make a grid of ", pictures, " pictures, which may have at most ", kMaxImages));
  }
  return Seeds{*std::move(rows), *std::move(columns)};
}

absl::StatusOr<std::vector<int64_t>> StylesGiven(const gan::ModelConfig& model) {
  const std::string text = absl::GetFlag(FLAGS_styles);
  if (text == "auto") return gan::DefaultMixedStyles(model);
  return ParseEntries("--styles", text, model);
}

// Makes the grid row by row and writes each row before the next is made.
class Mixer {
 public:
  Mixer(const gan::Pretrained& network, const Seeds& seeds, std::vector<int64_t> styles, Device device)
      : model_(network.config.model),
        sampler_(model_, network.generator, network.latent_average),
        seeds_(seeds),
        styles_(std::move(styles)),
        device_(device),
        noise_(NoiseGiven()),
        text_(RecipeText("mix", network)),
        progress_("picture", static_cast<int64_t>((seeds.rows.size() + 1) * (seeds.columns.size() + 1)) - 1) {
    if (model_.label_dim > 0) text_.emplace_back("class", absl::StrCat(ClassGiven()));
    text_.emplace_back("styles", absl::StrJoin(styles_, ","));
  }

  // Cancelled if a signal asked to stop: then the grid is not written.
  absl::Status Run() {
    const gan::ImageSpec spec = model_.image_spec();
    const auto columns = static_cast<int64_t>(seeds_.columns.size() + 1);
    const auto rows = static_cast<int64_t>(seeds_.rows.size() + 1);
    absl::Status status = io::MakeDirectories(outdir_);
    if (!status.ok()) return status;
    std::vector<gan::PngText> text = text_;
    text.emplace_back("rows", absl::StrJoin(seeds_.rows, ","));
    text.emplace_back("columns", absl::StrJoin(seeds_.columns, ","));
    absl::StatusOr<gan::PngWriter> grid =
        gan::PngWriter::Open(GridPath(), static_cast<int>(columns * spec.width), static_cast<int>(rows * spec.height),
                             static_cast<int>(spec.channels), text);
    if (!grid.ok()) return grid.status();

    const Tensor column_w = Map(seeds_.columns);
    std::vector<gan::Image> pictures = MakePictures(sampler_, column_w, &noise_, &progress_);
    for (size_t c = 0; status.ok() && c < seeds_.columns.size(); ++c) {
      status = WriteSingle(seeds_.columns[c], seeds_.columns[c], pictures[c]);
    }
    gan::Image black = pictures.front();
    std::fill(black.pixels.begin(), black.pixels.end(), uint8_t{0});
    if (black.channels % 2 == 0) black = Opaque(std::move(black));
    pictures.insert(pictures.begin(), std::move(black));
    if (status.ok()) status = grid->Append(gan::MakeGrid(pictures, static_cast<int>(columns)).pixels);
    for (size_t r = 0; status.ok() && r < seeds_.rows.size(); ++r) {
      const Tensor row_w = Map({seeds_.rows[r]});
      const Tensor w = Concat({row_w, gan::MixStyles(row_w, column_w, styles_)}, 1);
      pictures = MakePictures(sampler_, w, &noise_, &progress_);
      status = WriteSingle(seeds_.rows[r], seeds_.rows[r], pictures[0]);
      for (size_t c = 0; status.ok() && c < seeds_.columns.size(); ++c) {
        status = WriteSingle(seeds_.rows[r], seeds_.columns[c], pictures[c + 1]);
      }
      if (status.ok()) status = grid->Append(gan::MakeGrid(pictures, static_cast<int>(columns)).pixels);
      if (status.ok() && StopRequested()) status = absl::CancelledError("stopped");
    }
    if (status.ok()) status = grid->Commit();
    if (status.ok()) std::printf("%s\n", GridPath().c_str());
    return status;
  }

 private:
  std::string GridPath() const { return absl::StrCat(outdir_, "/grid.png"); }

  Tensor Map(const std::vector<uint32_t>& seeds) const {
    return LatentInput::Seeds(seeds).Map(sampler_, model_, TruncationGiven(), device_, 0,
                                         static_cast<int64_t>(seeds.size()));
  }

  // Of pictures with an alpha channel.
  static gan::Image Opaque(gan::Image image) {
    for (size_t i = image.channels - 1; i < image.pixels.size(); i += image.channels) image.pixels[i] = 255;
    return image;
  }

  absl::Status WriteSingle(uint32_t row, uint32_t column, const gan::Image& picture) const {
    if (!absl::GetFlag(FLAGS_singles)) return absl::OkStatus();
    const std::string path = absl::StrCat(outdir_, "/", row, "-", column, ".png");
    std::vector<gan::PngText> text = text_;
    text.emplace_back("row", absl::StrCat(row));
    text.emplace_back("column", absl::StrCat(column));
    const absl::Status written = gan::WritePng(path, picture, text);
    if (written.ok()) std::printf("%s\n", path.c_str());
    return written;
  }

  const gan::ModelConfig model_;
  const gan::Sampler sampler_;
  const Seeds& seeds_;
  const std::vector<int64_t> styles_;
  const Device device_;
  const std::string outdir_ = absl::GetFlag(FLAGS_outdir);
  gan::SamplerNoise noise_;
  std::vector<gan::PngText> text_;
  WorkProgress progress_;
};

int Main(int argc, char** argv) {
  TolerateLostConsole();
  UseShortWaiting(argv);
  const absl::Status entered = EnterWorkingDirectory();
  if (!entered.ok()) return Fail(MixProgram(), kExitRuntimeError, entered);
  const ParseResult parsed = Parse(MixProgram(), argc, argv);
  if (parsed.exit_code) return *parsed.exit_code;
  const auto usage = [](absl::string_view message) { return UsageError(MixProgram(), message); };
  const absl::StatusOr<Seeds> seeds = SeedsGiven();
  if (!seeds.ok()) return usage(seeds.status().message());
  const absl::Status sampling = CheckSamplingFlags();
  if (!sampling.ok()) return usage(sampling.message());

  const OpenedNetwork opened = OpenNetwork(MixProgram());
  if (opened.exit_code) return *opened.exit_code;
  const gan::ModelConfig& model = opened.network.config.model;
  const absl::Status class_fits = ResolveClass(opened.network, parsed.Given("class"));
  if (!class_fits.ok()) return usage(class_fits.message());
  absl::StatusOr<std::vector<int64_t>> styles = StylesGiven(model);
  if (!styles.ok()) return usage(styles.status().message());
  const auto columns = static_cast<int64_t>(seeds->columns.size() + 1);
  const absl::Status fits =
      gan::CheckGrid(columns * static_cast<int64_t>(seeds->rows.size() + 1), model.image_spec(), columns);
  if (!fits.ok()) return usage(absl::StrCat("--rows and --cols: ", fits.message()));

  std::fprintf(stderr, "%s\n", opened.chosen.description.c_str());
  InstallSignalHandlers();
  const absl::Status mixed = Mixer(opened.network, *seeds, *std::move(styles), opened.chosen.device).Run();
  if (absl::IsCancelled(mixed)) ReRaise(StopSignal());
  return mixed.ok() ? kExitOk : Fail(MixProgram(), kExitRuntimeError, mixed);
}

}  // namespace
}  // namespace sg::cli

int main(int argc, char** argv) { return sg::cli::FinishOutput(sg::cli::MixProgram(), sg::cli::Main(argc, argv)); }
