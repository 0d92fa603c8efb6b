// generate: pictures from a checkpoint.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/io/npy.h"
#include "engine/ops/shape_ops.h"
#include "engine/tensor/op_observer.h"
#include "gan/image/encode_png.h"
#include "gan/image/image_grid.h"
#include "gan/image/write_png.h"
#include "gan/sample/sampler.h"
#include "gan/train/pretrained.h"
#include "tools/cli/cli.h"
#include "tools/cli/device_flag.h"
#include "tools/cli/exit_codes.h"
#include "tools/cli/latent_file.h"
#include "tools/cli/number_list.h"
#include "tools/cli/profile.h"
#include "tools/cli/wait_policy.h"
#include "tools/cli/working_directory.h"

ABSL_FLAG(std::string, network, "", "A checkpoint, or the folder of a run (its newest checkpoint).");
ABSL_FLAG(std::string, seeds, "0-15",
          "Numbers and ranges, \"0,1,4-6\": z is np.random.RandomState(seed).randn(1, latent_dim).");
ABSL_FLAG(std::string, z, "", "Latents z from a .npy or .safetensors file instead of seeds, [N,latent_dim].");
ABSL_FLAG(
    std::string, w, "",
    "Latents w from a file instead: [N,latent_dim], or [N,K,latent_dim] with one for each of the network's K blocks or "
    "layers.");
ABSL_FLAG(double, trunc, 1.0,
          "Truncation psi: w is moved towards the average latent; 1 changes nothing, 0 gives the average image.");
ABSL_FLAG(std::string, noise_mode, "const", "\"const\", \"random\" or \"none\".");
ABSL_FLAG(int64_t, noise_seed, 0, "Of the noise.");
ABSL_FLAG(std::string, outdir, "out", "Folder for one PNG per latent: seed0007.png, or image0000.png.");
ABSL_FLAG(std::string, grid, "", "Write one sheet to this PNG file instead of one file per image.");
ABSL_FLAG(int, columns, 0, "Of the sheet; 0 makes it square.");
ABSL_FLAG(std::string, raw, "",
          "Also write the float images [N,H,W,3], nominally 0 to 1 and before rounding, to this .npy file.");
ABSL_FLAG(std::string, device, "auto", sg::cli::kDeviceHelp);
ABSL_FLAG(int, threads, 0, sg::cli::kThreadsHelp);
ABSL_FLAG(bool, deterministic, false, sg::cli::kDeterministicHelp);
ABSL_FLAG(bool, tf32, true, sg::cli::kTf32Help);
ABSL_FLAG(std::string, profile, "", absl::StrCat("Write how the pictures are made", sg::cli::kProfileHelp));

namespace sg::cli {
namespace {

constexpr int64_t kMaxImages = 100000;

const Program& GenerateProgram() {
  static const Program* const program = new Program{
      "generate",
      "makes pictures with a trained network",
      {{"bazel run //tools:generate -- --network=training-runs/00000-quick-emoji-batch8-gamma0.3 --seeds=0-63 "
        "--grid=fakes.png",
        "A sheet of 64."},
       {"bazel run //tools:generate -- --network=network-snapshot-000080.safetensors --seeds=85,265 --trunc=0.7",
        "out/seed0085.png and out/seed0265.png."}},
      {{"Input", {"network", "seeds", "z", "w", "trunc", "noise_mode", "noise_seed"}},
       {"Output", {"outdir", "grid", "columns", "raw"}},
       {"Hardware", {"device", "threads", "deterministic", "tf32"}},
       {"Diagnostics", {"profile"}}},
      "network"};
  return *program;
}

struct Latents {
  Tensor w;                         // [num_latents,N,d]
  std::vector<std::string> names;   // of the files
  std::vector<std::string> recipe;  // how each came about, for the PNG's text
};

absl::StatusOr<Latents> LatentsFromFile(const gan::Sampler& sampler, const gan::ModelConfig& model,
                                        const std::string& path, bool is_w, double truncation, Device device) {
  absl::StatusOr<Tensor> read = ReadLatents(path, model.latent_dim, is_w ? model.NumLatents() : 0, device);
  if (!read.ok()) return read.status();
  Latents latents;
  if (!is_w) {
    latents.w = sampler.MapLatents(*read, truncation);
  } else {
    latents.w = sampler.Truncate(
        read->shape().rank() == 3 ? Permute(*read, {1, 0, 2}) : gan::RepeatLatent(*read, model.NumLatents()),
        truncation);
  }
  for (int64_t i = 0; i < latents.w.dim(1); ++i) {
    latents.names.push_back(absl::StrFormat("image%04d", i));
    latents.recipe.push_back(absl::StrCat(is_w ? "--w=" : "--z=", path, " row ", i));
  }
  return latents;
}

absl::StatusOr<std::vector<uint32_t>> SeedsFromFlags() {
  NumberListLimits limits;
  limits.max = UINT32_MAX;
  limits.count = kMaxImages;
  const absl::StatusOr<std::vector<int64_t>> numbers = ParseNumberList(absl::GetFlag(FLAGS_seeds), limits);
  if (!numbers.ok()) return absl::InvalidArgumentError(absl::StrCat("--seeds: ", numbers.status().message()));
  return std::vector<uint32_t>(numbers->begin(), numbers->end());
}

Latents LatentsOfSeeds(const gan::Sampler& sampler, const gan::ModelConfig& model, const std::vector<uint32_t>& seeds,
                       double truncation, Device device) {
  Latents latents;
  for (uint32_t seed : seeds) {
    latents.names.push_back(absl::StrFormat("seed%04d", seed));
    latents.recipe.push_back(absl::StrCat("--seeds=", seed));
  }
  latents.w = sampler.MapLatents(gan::LatentsFromSeeds(seeds, model.latent_dim, device), truncation);
  return latents;
}

absl::Status WriteRaw(const std::string& path, const Tensor& pixels) {
  return nn::WriteNpy(path, pixels.shape(), absl::MakeConstSpan(pixels.ToHost<float>()));
}

absl::Status WriteImages(const std::vector<gan::Image>& images, const Latents& latents,
                         const std::vector<gan::PngText>& text) {
  const std::string grid = absl::GetFlag(FLAGS_grid);
  if (!grid.empty()) {
    int columns = absl::GetFlag(FLAGS_columns);
    if (columns == 0) columns = static_cast<int>(std::ceil(std::sqrt(static_cast<double>(images.size()))));
    std::vector<gan::PngText> sheet_text = text;
    sheet_text.emplace_back("latents", absl::StrCat(latents.recipe.front(), " ... ", latents.recipe.back()));
    const absl::Status written = gan::WritePng(grid, gan::MakeGrid(images, columns), sheet_text);
    if (written.ok()) std::printf("%s\n", grid.c_str());
    return written;
  }
  const std::string outdir = absl::GetFlag(FLAGS_outdir);
  std::error_code error;
  std::filesystem::create_directories(outdir, error);
  if (error) return absl::UnavailableError(absl::StrCat(outdir, ": cannot make the folder: ", error.message()));
  for (size_t i = 0; i < images.size(); ++i) {
    const std::string path = absl::StrCat(outdir, "/", latents.names[i], ".png");
    std::vector<gan::PngText> own_text = text;
    own_text.emplace_back("latent", latents.recipe[i]);
    const absl::Status written = gan::WritePng(path, images[i], own_text);
    if (!written.ok()) return written;
    std::printf("%s\n", path.c_str());
  }
  return absl::OkStatus();
}

int Run(const gan::Pretrained& network, const std::vector<uint32_t>& seeds, gan::NoiseMode noise, Device device) {
  const gan::ModelConfig& model = network.config.model;
  const double truncation = absl::GetFlag(FLAGS_trunc);
  const std::string z = absl::GetFlag(FLAGS_z), w = absl::GetFlag(FLAGS_w);
  const gan::Sampler sampler(model, *network.networks, network.latent_average);
  const absl::StatusOr<Latents> latents =
      z.empty() && w.empty() ? LatentsOfSeeds(sampler, model, seeds, truncation, device)
                             : LatentsFromFile(sampler, model, w.empty() ? z : w, !w.empty(), truncation, device);
  if (!latents.ok()) return Fail(GenerateProgram(), kExitBadInput, latents.status());
  const Tensor pixels = sampler.Synthesize(latents->w, noise, static_cast<uint64_t>(absl::GetFlag(FLAGS_noise_seed)));
  const std::vector<gan::PngText> text = {{"software", "stylegan2.cpp generate"},
                                          {"network", network.path},
                                          {"truncation", absl::StrCat(truncation)},
                                          {"noise_mode", absl::GetFlag(FLAGS_noise_mode)},
                                          {"noise_seed", absl::StrCat(absl::GetFlag(FLAGS_noise_seed))}};
  absl::Status written = WriteImages(gan::ToImages(pixels), *latents, text);
  const std::string raw = absl::GetFlag(FLAGS_raw);
  if (written.ok() && !raw.empty()) written = WriteRaw(raw, pixels);
  return written.ok() ? kExitOk : Fail(GenerateProgram(), kExitRuntimeError, written);
}

int Main(int argc, char** argv) {
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
  const std::string mode = absl::GetFlag(FLAGS_noise_mode);
  if (mode != "const" && mode != "random" && mode != "none") {
    return usage(absl::StrCat("--noise-mode is \"", mode, "\", must be \"const\", \"random\" or \"none\""));
  }
  const gan::NoiseMode noise = mode == "const"    ? gan::NoiseMode::kConst
                               : mode == "random" ? gan::NoiseMode::kRandom
                                                  : gan::NoiseMode::kNone;
  const absl::StatusOr<ChosenDevice> chosen =
      ChooseDevice({absl::GetFlag(FLAGS_device), absl::GetFlag(FLAGS_threads), absl::GetFlag(FLAGS_deterministic),
                    absl::GetFlag(FLAGS_tf32)});
  if (!chosen.ok()) return DeviceError(GenerateProgram(), chosen.status());
  std::fprintf(stderr, "%s\n", chosen->description.c_str());
  const absl::StatusOr<gan::Pretrained> network = gan::LoadPretrained(absl::GetFlag(FLAGS_network), chosen->device);
  if (!network.ok()) return Fail(GenerateProgram(), kExitBadInput, network.status());
  const absl::StatusOr<std::unique_ptr<TraceWriter>> profile =
      OpenProfile(absl::GetFlag(FLAGS_profile), GenerateProgram(), chosen->device);
  if (!profile.ok()) return Fail(GenerateProgram(), kExitRuntimeError, profile.status());
  SetOpObserver(profile->get());
  const int exit_code = Run(*network, *seeds, noise, chosen->device);
  CloseProfile(GenerateProgram(), profile->get());
  return exit_code;
}

}  // namespace
}  // namespace sg::cli

int main(int argc, char** argv) { return sg::cli::Main(argc, argv); }
