// convert: weights of other programs to this program's form and back.
#include <cstdio>
#include <filesystem>
#include <string>
#include <system_error>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "engine/io/printable.h"
#include "gan/config/config.h"
#include "gan/config/image_size.h"
#include "gan/interop/export_network.h"
#include "gan/interop/export_onnx.h"
#include "gan/interop/import_network.h"
#include "gan/interop/imported_network.h"
#include "gan/interop/load_network.h"
#include "tools/cli/cli.h"
#include "tools/cli/exit_codes.h"
#include "tools/cli/file_suffix.h"
#include "tools/cli/program.h"
#include "tools/cli/signals.h"
#include "tools/cli/standard_output.h"
#include "tools/cli/wait_policy.h"
#include "tools/cli/working_directory.h"

ABSL_FLAG(std::string, network, "",
          "A checkpoint, the folder of a run or of runs, or a file of another program: NVIDIA's .pkl (PyTorch and "
          "TensorFlow), rosinality's .pt, state dicts of the annotated implementation. Nothing in the file is run.");
ABSL_FLAG(std::string, out, "", "The file or folder to write.");
ABSL_FLAG(
    std::string, format, "auto",
    "\"safetensors\" for this program, \"pt\" for rosinality's stylegan2-pytorch, \"onnx\" for ONNX runtimes (the "
    "generator only), or \"folder\" with config.json, model.safetensors and README.md, as models are shared. \"auto\" "
    "goes by the end of --out: .safetensors, .pt or .pth, .onnx, and otherwise a folder.");
ABSL_FLAG(std::string, onnx_part, "both",
          "What an ONNX file computes: \"mapping\" from z, labels and the truncation psi to ws, \"synthesis\" from ws "
          "to images, or \"both\".");
ABSL_FLAG(std::string, onnx_noise, "const",
          "The noise of an ONNX file: \"const\" is that of generate --noise-mode=const, \"input\" makes an input of "
          "each map, \"none\" has none.");
ABSL_FLAG(int, onnx_batch, 0, "Images at a time that an ONNX file makes; 0: whatever its input has.");

namespace sg::cli {
namespace {

const Program& ConvertProgram() {
  static const Program* const program = new Program{
      "convert",
      "reads the weights of other programs, and writes them for others",
      {{"bazel run //tools:convert -- --network=ffhq.pkl --out=ffhq.safetensors",
        "For `generate`, which also takes ffhq.pkl itself."},
       {"bazel run //tools:convert -- --network=network-snapshot-000080.safetensors --out=faces.pt",
        "For programs that read rosinality's checkpoints. The preset must be \"official\"."},
       {"bazel run //tools:convert -- --network=training-runs/00000-quick-emoji-batch8-gamma0.3 --out=my-model",
        "A folder to share."},
       {"bazel run //tools:convert -- --network=ffhq.pkl --out=ffhq.onnx",
        "For ONNX runtimes: a graph with the inputs z and psi, and the output images."}},
      {{"Input", {"network"}},
       {"Output", {"out", "format"}},
       {"ONNX files", {"onnx_part", "onnx_noise", "onnx_batch"}}},
      "network"};
  return *program;
}

// The format that the flags name: "safetensors", "pt", "onnx" or "folder"; empty where it cannot be told.
std::string FormatOf(const std::string& flag, const std::string& out) {
  if (flag == "safetensors" || flag == "pt" || flag == "onnx" || flag == "folder") return flag;
  if (flag != "auto") return "";
  if (absl::EndsWith(out, ".safetensors")) return "safetensors";
  if (absl::EndsWith(out, ".onnx")) return "onnx";
  if (absl::EndsWith(out, ".pt") || absl::EndsWith(out, ".pth")) return "pt";
  // Somebody who writes "net.pkl" does not want a folder of that name.
  return FileSuffix(out).empty() ? "folder" : "";
}

// What the flags say of an ONNX file. Errors are for a user of the flags.
absl::StatusOr<gan::OnnxOptions> OnnxOptionsOf(const std::string& format) {
  const std::string part = absl::GetFlag(FLAGS_onnx_part), noise = absl::GetFlag(FLAGS_onnx_noise);
  gan::OnnxOptions options;
  options.batch = absl::GetFlag(FLAGS_onnx_batch);
  if (format != "onnx" && (part != "both" || noise != "const" || options.batch != 0)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--onnx-part, --onnx-noise and --onnx-batch need the format \"onnx\", not \"", format, "\""));
  }
  if (part == "mapping") {
    options.part = gan::OnnxPart::kMapping;
  } else if (part == "synthesis") {
    options.part = gan::OnnxPart::kSynthesis;
  } else if (part != "both") {
    return absl::InvalidArgumentError(
        absl::StrCat("--onnx-part is \"", part, "\", must be \"both\", \"synthesis\" or \"mapping\""));
  }
  if (noise == "input") {
    options.noise = gan::OnnxNoise::kInput;
  } else if (noise == "none") {
    options.noise = gan::OnnxNoise::kNone;
  } else if (noise != "const") {
    return absl::InvalidArgumentError(
        absl::StrCat("--onnx-noise is \"", noise, "\", must be \"const\", \"input\" or \"none\""));
  }
  if (options.batch < 0) {
    return absl::InvalidArgumentError(absl::StrCat("--onnx-batch is ", options.batch, ", must be at least 0"));
  }
  return options;
}

absl::Status WriteAs(const std::string& format, const std::string& out, const gan::ImportedNetwork& network,
                     const gan::OnnxOptions& onnx) {
  if (format == "onnx") return gan::WriteOnnx(out, network, onnx);
  if (format == "safetensors") return gan::WriteModel(out, network);
  if (format == "pt") return gan::WriteRosinality(out, network);
  return gan::WriteModelFolder(out, network);
}

int Main(int argc, char** argv) {
  TolerateLostConsole();
  UseShortWaiting(argv);
  const absl::Status entered = EnterWorkingDirectory();
  if (!entered.ok()) return Fail(ConvertProgram(), kExitRuntimeError, entered);
  const ParseResult parsed = Parse(ConvertProgram(), argc, argv);
  if (parsed.exit_code) return *parsed.exit_code;
  const auto usage = [](absl::string_view message) { return UsageError(ConvertProgram(), message); };
  const std::string path = absl::GetFlag(FLAGS_network), out = absl::GetFlag(FLAGS_out);
  if (path.empty()) return usage("--network is needed: the file to convert");
  if (out.empty()) return usage("--out is needed: the file or folder to write");
  const std::string format = FormatOf(absl::GetFlag(FLAGS_format), out);
  if (format.empty() && absl::GetFlag(FLAGS_format) == "auto") {
    return usage(
        absl::StrCat("--out=", out, " must end in .safetensors, .pt or .onnx, or be a folder (--format=folder)"));
  }
  if (format.empty()) {
    return usage(absl::StrCat("--format is \"", absl::GetFlag(FLAGS_format),
                              "\", must be \"auto\", \"safetensors\", \"pt\", \"onnx\" or \"folder\""));
  }
  const absl::StatusOr<gan::OnnxOptions> onnx = OnnxOptionsOf(format);
  if (!onnx.ok()) return usage(onnx.status().message());
  const absl::StatusOr<std::string> file = gan::NetworkFileAt(path);
  if (!file.ok()) return Fail(ConvertProgram(), kExitBadInput, file.status());
  std::error_code error;
  if (std::filesystem::equivalent(*file, out, error)) return usage("--out is the file of --network");
  if (format != "folder" && std::filesystem::is_directory(out, error)) {
    return usage(absl::StrCat("--out=", out, " is a folder; give a file, or --format=folder"));
  }

  const absl::StatusOr<gan::ImportedNetwork> network = gan::ImportNetwork(*file);
  if (!network.ok()) return Fail(ConvertProgram(), kExitBadInput, network.status());
  std::fprintf(stderr, "%s: a StyleGAN2 of %s pixels, from %s\n", io::Printable(*file).c_str(),
               gan::ImageSizeText(network->config.model).c_str(), network->origin.c_str());
  for (const std::string& note : network->notes) std::fprintf(stderr, "%s\n", io::Printable(note).c_str());
  if (format == "pt") {
    const std::string warning = gan::RosinalityWarning(*network);
    if (!warning.empty()) std::fprintf(stderr, "%s\n", warning.c_str());
  }
  InstallSignalHandlers();  // An interruption would leave a part of the file behind.
  const absl::Status written = WriteAs(format, out, *network, *onnx);
  if (!written.ok()) {
    // A damaged tensor shows only when it is read.
    const bool bad_input = absl::StartsWith(written.message(), *file) || absl::IsFailedPrecondition(written);
    return Fail(ConvertProgram(), bad_input ? kExitBadInput : kExitRuntimeError, written);
  }
  std::printf("%s\n", out.c_str());
  if (StopRequested()) ReRaise(StopSignal());
  return kExitOk;
}

}  // namespace
}  // namespace sg::cli

int main(int argc, char** argv) { return sg::cli::FinishOutput(sg::cli::ConvertProgram(), sg::cli::Main(argc, argv)); }
