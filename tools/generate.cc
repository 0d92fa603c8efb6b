// generate: images from a checkpoint.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/io/npy.h"
#include "engine/io/standard_streams.h"
#include "engine/ops/shape_ops.h"
#include "engine/tensor/op_observer.h"
#include "gan/image/encode_png.h"
#include "gan/image/image_grid.h"
#include "gan/image/image_spec.h"
#include "gan/image/write_png.h"
#include "gan/interop/load_network.h"
#include "gan/model/common/latents.h"
#include "gan/sample/sampler.h"
#include "gan/train/pretrained.h"
#include "tools/cli/cli.h"
#include "tools/cli/device_flag.h"
#include "tools/cli/exit_codes.h"
#include "tools/cli/latent_file.h"
#include "tools/cli/number_list.h"
#include "tools/cli/printable.h"
#include "tools/cli/profile.h"
#include "tools/cli/wait_policy.h"
#include "tools/cli/working_directory.h"

ABSL_FLAG(std::string, network, "",
          "A checkpoint, the folder of a run (its newest checkpoint), or a file of another program, as for `convert`.");
ABSL_FLAG(std::string, seeds, "0-15",
          "Numbers and ranges, \"0,1,4-6\": z is np.random.RandomState(seed).randn(1, latent_dim).");
ABSL_FLAG(std::string, z, "", "Latents z from a .npy or .safetensors file instead of seeds, [N,latent_dim].");
ABSL_FLAG(
    std::string, w, "",
    "Latents w from a file instead of seeds: [N,w_dim], or [N,K,w_dim] with one for each of the network's K blocks or "
    "layers. w_dim is latent_dim unless the network says otherwise.");
ABSL_FLAG(double, trunc, 1.0,
          "Truncation psi, which moves w towards the average latent. 1 leaves it; 0 gives the average image.");
ABSL_FLAG(int, trunc_cutoff, 0,
          "Truncate only the first so many of the network's K blocks or layers. 0 truncates all of them.");
ABSL_FLAG(int, class, -1, "The class of all images, from 0 on, if the network was trained with labels.");
ABSL_FLAG(std::string, noise_mode, "const",
          "\"const\", \"random\" or \"none\". With \"const\" all images have the same noise: the network's own, if it "
          "has some.");
ABSL_FLAG(int64_t, noise_seed, 0, "Seed of the noise that the network does not have.");
ABSL_FLAG(std::string, outdir, "out", "Folder for one PNG per latent: seed0007.png, or image0000.png.");
ABSL_FLAG(std::string, grid, "", "Write one sheet to this PNG file instead of one file per image.");
ABSL_FLAG(int, columns, 0, "Columns of the sheet. 0 makes it square.");
ABSL_FLAG(std::string, raw, "",
          "Also write the float images [N,H,W,C], nominally 0 to 1 and before rounding, to this .npy file.");
ABSL_FLAG(std::string, profile, "", absl::StrCat("Write the operations that make the images", sg::cli::kProfileHelp));

namespace sg::cli {
namespace {

constexpr int64_t kMaxImages = 100000;
constexpr int64_t kMappedAtOnce = 64 * gan::Sampler::kMaxBatch;  // latents w in memory, in whole batches

const Program& GenerateProgram() {
  static const Program* const program = new Program{
      "generate",
      "makes images with a trained network",
      {{"bazel run //tools:generate -- --network=training-runs/00000-quick-emoji-batch8-gamma0.3 --seeds=0-63 "
        "--grid=fakes.png",
        "One sheet of 64 images."},
       {"bazel run //tools:generate -- --network=network-snapshot-000080.safetensors --seeds=85,265 --trunc=0.7",
        "out/seed0085.png and out/seed0265.png."}},
      {{"Input", {"network", "seeds", "z", "w", "class", "trunc", "trunc_cutoff", "noise_mode", "noise_seed"}},
       {"Output", {"outdir", "grid", "columns", "raw"}},
       {"Hardware", {"device", "threads", "memory_cap", "deterministic", "tf32"}},
       {"Diagnostics", {"profile"}}},
      "network"};
  return *program;
}

// The latents that the flags name. They are mapped in parts, because w of all images may be larger than the memory.
class LatentInput {
 public:
  static LatentInput Seeds(std::vector<uint32_t> seeds) {
    LatentInput input;
    input.count_ = static_cast<int64_t>(seeds.size());
    input.seeds_ = std::move(seeds);
    return input;
  }

  static absl::StatusOr<LatentInput> File(const std::string& path, bool is_w, const gan::ModelConfig& model,
                                          Device device) {
    absl::StatusOr<Tensor> read =
        ReadLatents(path, is_w ? model.WDim() : model.latent_dim, is_w ? model.NumLatents() : 0, device);
    if (!read.ok()) return read.status();
    LatentInput input;
    input.count_ = read->dim(0);
    input.rows_ = *std::move(read);
    input.path_ = path;
    input.is_w_ = is_w;
    return input;
  }

  int64_t count() const { return count_; }

  // The name of image i's file, without ".png".
  std::string Name(int64_t i) const {
    return seeds_.empty() ? absl::StrFormat("image%04d", i) : absl::StrFormat("seed%04d", seeds_[i]);
  }

  // The origin of latent i, for the text in the PNG.
  std::string Origin(int64_t i) const {
    return seeds_.empty() ? absl::StrCat(is_w_ ? "--w=" : "--z=", path_, " row ", i)
                          : absl::StrCat("--seeds=", seeds_[i]);
  }

  // w [num_latents,count,d] of the images [begin, begin + count), truncated.
  Tensor Map(const gan::Sampler& sampler, const gan::ModelConfig& model, const gan::Truncation& truncation,
             Device device, int64_t begin, int64_t count) const {
    Tensor labels;
    if (model.label_dim > 0) {
      labels = gan::ClassLabels(absl::GetFlag(FLAGS_class), count, model.label_dim, device);
    }
    if (!seeds_.empty()) {
      const std::vector<uint32_t> part(seeds_.begin() + begin, seeds_.begin() + begin + count);
      return sampler.MapLatents(gan::LatentsFromSeeds(part, model.latent_dim, device), labels, truncation);
    }
    const Tensor rows = Narrow(rows_, 0, begin, count);
    if (!is_w_) return sampler.MapLatents(rows, labels, truncation);
    return sampler.Truncate(
        rows.shape().rank() == 3 ? Permute(rows, {1, 0, 2}) : gan::RepeatLatent(rows, model.NumLatents()), truncation);
  }

 private:
  LatentInput() = default;

  int64_t count_ = 0;
  std::vector<uint32_t> seeds_;  // empty if the latents are from a file
  Tensor rows_;                  // [count,d] or [count,num_latents,d]
  std::string path_;
  bool is_w_ = false;
};

absl::StatusOr<std::vector<uint32_t>> SeedsFromFlags() {
  NumberListLimits limits;
  limits.max = UINT32_MAX;
  limits.count = kMaxImages;
  const absl::StatusOr<std::vector<int64_t>> numbers = ParseNumberList(absl::GetFlag(FLAGS_seeds), limits);
  if (!numbers.ok()) return absl::InvalidArgumentError(absl::StrCat("--seeds: ", numbers.status().message()));
  return std::vector<uint32_t>(numbers->begin(), numbers->end());
}

int GridColumns(int64_t images) {
  const int columns = absl::GetFlag(FLAGS_columns);
  return columns > 0 ? columns : static_cast<int>(std::ceil(std::sqrt(static_cast<double>(images))));
}

// Whether --class fits the network. The latents w of a file say already what to make.
absl::Status CheckClass(const gan::ModelConfig& model, bool given, bool from_w) {
  const int index = absl::GetFlag(FLAGS_class);
  if (model.label_dim == 0 || from_w) {
    if (!given) return absl::OkStatus();
    return absl::InvalidArgumentError(from_w ? "--class: latents w are behind the labels already"
                                             : "--class: this network was trained without labels");
  }
  if (index >= 0 && index < model.label_dim) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("--class ", given ? absl::StrCat("is ", index) : "is needed",
                                                 ": this network has the classes 0 to ", model.label_dim - 1));
}

// Writes the images where the flags say: to single PNG files or to one sheet, and as floats to --raw. Of a sheet, one
// row of images is in memory at a time.
class ImageOutput {
 public:
  ImageOutput(const LatentInput& latents, std::vector<gan::PngText> text)
      : latents_(latents), text_(std::move(text)), grid_(absl::GetFlag(FLAGS_grid)) {}

  absl::Status Open(const gan::ImageSpec& spec) {
    const std::string raw = absl::GetFlag(FLAGS_raw);
    if (!raw.empty()) {
      absl::StatusOr<io::NpyWriter> file = io::NpyWriter::Open(raw, spec.BatchShape(latents_.count()));
      if (!file.ok()) return file.status();
      raw_.emplace(*std::move(file));
    }
    if (!grid_.empty()) return OpenSheet(spec);
    std::error_code error;
    std::filesystem::create_directories(outdir_, error);
    if (error) return absl::UnavailableError(absl::StrCat(outdir_, ": cannot make the folder: ", error.message()));
    return absl::OkStatus();
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
      const std::string path = absl::StrCat(outdir_, "/", latents_.Name(done_), ".png");
      const absl::Status written = gan::WritePng(path, image, Text("latent", latents_.Origin(done_)));
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
    absl::StatusOr<gan::PngWriter> sheet = gan::PngWriter::Open(
        grid_, static_cast<int>(columns * spec.width), static_cast<int>(rows * spec.height), spec.channels,
        Text("latents", absl::StrCat(latents_.Origin(0), " ... ", latents_.Origin(latents_.count() - 1))));
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
  const std::vector<gan::PngText> text_;
  const std::string grid_;
  const std::string outdir_ = absl::GetFlag(FLAGS_outdir);
  std::optional<io::NpyWriter> raw_;
  std::optional<gan::PngWriter> sheet_;  // with --grid
  size_t sheet_columns_ = 0;
  std::vector<gan::Image> sheet_row_;
  int64_t done_ = 0;  // PNG files written
};

absl::Status MakeImages(const gan::Pretrained& network, const LatentInput& latents, gan::NoiseMode mode, Device device,
                        ImageOutput* output) {
  const gan::ModelConfig& model = network.config.model;
  const gan::Sampler sampler(model, network.generator, network.latent_average);
  const gan::Truncation truncation = {absl::GetFlag(FLAGS_trunc), absl::GetFlag(FLAGS_trunc_cutoff)};
  gan::SamplerNoise noise(mode, static_cast<uint64_t>(absl::GetFlag(FLAGS_noise_seed)));
  for (int64_t begin = 0; begin < latents.count(); begin += kMappedAtOnce) {
    const int64_t mapped = std::min(kMappedAtOnce, latents.count() - begin);
    const Tensor w = latents.Map(sampler, model, truncation, device, begin, mapped);
    for (int64_t i = 0; i < mapped; i += gan::Sampler::kMaxBatch) {
      const Tensor part = Narrow(w, 1, i, std::min(gan::Sampler::kMaxBatch, mapped - i));
      const absl::Status added = output->Add(sampler.SynthesizeBatch(part, &noise));
      if (!added.ok()) return added;
    }
  }
  return absl::OkStatus();
}

int Run(const gan::Pretrained& network, const std::vector<uint32_t>& seeds, gan::NoiseMode mode,
        const ChosenDevice& chosen) {
  const Device device = chosen.device;
  const gan::ModelConfig& model = network.config.model;
  const std::string z = absl::GetFlag(FLAGS_z), w = absl::GetFlag(FLAGS_w);
  const absl::StatusOr<LatentInput> latents = z.empty() && w.empty()
                                                  ? LatentInput::Seeds(seeds)
                                                  : LatentInput::File(w.empty() ? z : w, !w.empty(), model, device);
  if (!latents.ok()) return Fail(GenerateProgram(), kExitBadInput, latents.status());
  if (!absl::GetFlag(FLAGS_grid).empty()) {
    const absl::Status fits = gan::CheckGrid(latents->count(), model.image_spec(), GridColumns(latents->count()));
    if (!fits.ok()) return UsageError(GenerateProgram(), absl::StrCat("--grid: ", fits.message()));
  }
  std::vector<gan::PngText> text = {{"software", "stylegan2.cpp generate"},
                                    {"network", network.path},
                                    {"truncation", absl::StrCat(absl::GetFlag(FLAGS_trunc))},
                                    {"truncation_cutoff", absl::StrCat(absl::GetFlag(FLAGS_trunc_cutoff))},
                                    {"noise_mode", absl::GetFlag(FLAGS_noise_mode)},
                                    {"noise_seed", absl::StrCat(absl::GetFlag(FLAGS_noise_seed))}};
  if (model.label_dim > 0 && w.empty()) text.emplace_back("class", absl::StrCat(absl::GetFlag(FLAGS_class)));
  ImageOutput output(*latents, std::move(text));
  absl::Status status = output.Open(model.image_spec());
  if (status.ok()) std::fprintf(stderr, "%s\n", chosen.description.c_str());  // an error is the only line
  if (status.ok()) status = MakeImages(network, *latents, mode, device, &output);
  if (status.ok()) status = output.Close();
  return status.ok() ? kExitOk : Fail(GenerateProgram(), kExitRuntimeError, status);
}

int Main(int argc, char** argv) {
  io::OpenStandardStreams();
  UseShortWaiting(argv);
  const absl::Status entered = EnterWorkingDirectory();
  if (!entered.ok()) return Fail(GenerateProgram(), kExitRuntimeError, entered);
  const ParseResult parsed = Parse(GenerateProgram(), argc, argv);
  if (parsed.exit_code) return *parsed.exit_code;
  const auto usage = [](absl::string_view message) { return UsageError(GenerateProgram(), message); };

  if (absl::GetFlag(FLAGS_network).empty()) return usage("--network is needed: a checkpoint or the folder of a run");
  if (parsed.Given("seeds") + parsed.Given("z") + parsed.Given("w") > 1)
    return usage("give one of --seeds, --z and --w");
  const absl::StatusOr<std::vector<uint32_t>> seeds = SeedsFromFlags();
  if (!seeds.ok()) return usage(seeds.status().message());
  if (absl::GetFlag(FLAGS_columns) < 0) return usage("--columns must not be negative");
  if (absl::GetFlag(FLAGS_trunc_cutoff) < 0) return usage("--trunc-cutoff must not be negative");
  const std::string mode = absl::GetFlag(FLAGS_noise_mode);
  if (mode != "const" && mode != "random" && mode != "none") {
    return usage(absl::StrCat("--noise-mode is \"", mode, "\", must be \"const\", \"random\" or \"none\""));
  }
  const gan::NoiseMode noise = mode == "const"    ? gan::NoiseMode::kConst
                               : mode == "random" ? gan::NoiseMode::kRandom
                                                  : gan::NoiseMode::kNone;
  const absl::StatusOr<ChosenDevice> chosen = ChooseDevice(DeviceFlagsGiven());
  if (!chosen.ok()) return DeviceError(GenerateProgram(), chosen.status());
  const absl::StatusOr<gan::LoadedNetwork> network = gan::LoadNetwork(absl::GetFlag(FLAGS_network), chosen->device);
  if (!network.ok()) return Fail(GenerateProgram(), kExitBadInput, network.status());
  for (const std::string& note : network->notes) std::fprintf(stderr, "%s\n", Printable(note).c_str());
  const absl::Status class_fits =
      CheckClass(network->pretrained.config.model, parsed.Given("class"), parsed.Given("w"));
  if (!class_fits.ok()) return usage(class_fits.message());
  const absl::StatusOr<std::unique_ptr<TraceWriter>> profile =
      OpenProfile(absl::GetFlag(FLAGS_profile), GenerateProgram(), chosen->device);
  if (!profile.ok()) return Fail(GenerateProgram(), kExitRuntimeError, profile.status());
  SetOpObserver(profile->get());
  const int exit_code = Run(network->pretrained, *seeds, noise, *chosen);
  CloseProfile(GenerateProgram(), profile->get());
  return exit_code;
}

}  // namespace
}  // namespace sg::cli

int main(int argc, char** argv) { return sg::cli::Main(argc, argv); }
