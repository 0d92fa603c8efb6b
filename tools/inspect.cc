// inspect: describes a checkpoint, any other safetensors file, or a network of another program.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/io/printable.h"
#include "engine/io/safetensors_format.h"
#include "engine/io/safetensors_reader.h"
#include "engine/io/standard_streams.h"
#include "engine/io/weight_file_kind.h"
#include "gan/config/config.h"
#include "gan/config/image_size.h"
#include "gan/config/json.h"
#include "gan/interop/import_network.h"
#include "gan/interop/imported_network.h"
#include "gan/interop/load_network.h"
#include "gan/train/run_directory.h"
#include "nlohmann/json.hpp"
#include "tools/cli/cli.h"
#include "tools/cli/exit_codes.h"
#include "tools/cli/progress.h"
#include "tools/cli/standard_output.h"
#include "tools/cli/working_directory.h"
#include "tools/report/run_report.h"

ABSL_FLAG(std::string, network, "",
          "A checkpoint or another safetensors file, the folder of a run or of runs (the newest checkpoint), or a file "
          "of another program, as for `convert`.");
ABSL_FLAG(bool, tensors, false, "List every tensor.");
ABSL_FLAG(bool, verify, true, "Read all data and check it against its checksums.");
ABSL_FLAG(bool, json, false, "Print one JSON object instead of text.");
ABSL_FLAG(std::string, report, "",
          "Write the page that shows the course of a run to this file, such as run.html, instead: the report.html that "
          "`train` writes, for a run of an earlier version or one that was cut off. --network is the run's folder.");

namespace sg::cli {
namespace {

const Program& InspectProgram() {
  static const Program* const program =
      new Program{"inspect",
                  "describes a checkpoint: architecture, parameters, step",
                  {{"bazel run //tools:inspect -- --network=network-snapshot-000080.safetensors", ""},
                   {"bazel run //tools:inspect -- --network=training-runs/00000-quick-emoji-batch8-gamma0.3",
                    "The newest checkpoint of a run."},
                   {"bazel run //tools:inspect -- --network=model.safetensors --tensors --json", "For scripts."},
                   {"bazel run //tools:inspect -- --network=training-runs/00000-quick-emoji-batch8-gamma0.3 "
                    "--report=run.html",
                    "The page that shows a run, from the files in its folder."}},
                  {{"Input", {"network", "verify"}}, {"Output", {"tensors", "json", "report"}}},
                  "network"};
  return *program;
}

// The text, with control characters escaped.
std::string TextOf(const nlohmann::ordered_json& text) { return io::Printable(text.get<std::string>()); }

// An object of these members. A file may have over a hundred thousand of them, and the operator [] of ordered_json
// searches all of them for each new one.
template <typename Value>
nlohmann::ordered_json ObjectOf(const std::map<std::string, Value>& members) {
  nlohmann::ordered_json::object_t object;
  for (const auto& [key, value] : members) object.emplace_back(key, value);
  return object;
}

// The part of the network that a tensor belongs to.
std::string PartOf(const std::string& name) {
  for (const char* two_words : {"ema.generator", "ema.mapping_network"}) {
    if (absl::StartsWith(name, absl::StrCat(two_words, "."))) return two_words;
  }
  return name.substr(0, name.find('.'));
}

// Elements by part of the network. A tensor of a type that the format lacks counts as empty, because the reader cannot
// check its shape against its bytes.
std::map<std::string, int64_t> ElementsByPart(const io::SafetensorsReader& file) {
  std::map<std::string, int64_t> parts;
  for (const io::TensorInfo& t : file.tensors()) {
    parts[PartOf(t.name)] += io::FindSafetensorsDType(t.dtype_name) != nullptr ? t.shape.NumElements() : 0;
  }
  return parts;
}

nlohmann::ordered_json Describe(const io::SafetensorsReader& file, bool list_tensors) {
  nlohmann::ordered_json out;
  out["path"] = file.path();
  out["checksums"] = file.has_checksums();
  if (!file.tensors().empty()) out["elements"] = ObjectOf(ElementsByPart(file));
  std::map<std::string, std::string> metadata = file.metadata();
  metadata.erase("config");
  if (!metadata.empty()) out["metadata"] = ObjectOf(metadata);
  const auto config = file.metadata().find("config");
  if (config != file.metadata().end()) {
    const absl::StatusOr<gan::TrainConfig> parsed = gan::TrainConfigFromJson(config->second);
    if (parsed.ok()) {
      out["image_size"] = gan::ImageSizeText(parsed->model);
      out["config"] = nlohmann::ordered_json::parse(config->second);
    } else {
      out["config_error"] = std::string(parsed.status().message());
    }
  }
  if (list_tensors) {
    for (const io::TensorInfo& t : file.tensors()) {
      out["tensors"].push_back({{"name", t.name}, {"dtype", t.dtype_name}, {"shape", ToString(t.shape)}});
    }
  }
  return out;
}

// A network in a file of another program, by our names.
nlohmann::ordered_json Describe(const gan::ImportedNetwork& network, bool list_tensors) {
  nlohmann::ordered_json out;
  out["path"] = network.path;
  out["origin"] = network.origin;
  std::map<std::string, int64_t> parts;
  for (const auto& [name, tensor] : network.tensors) parts[PartOf(name)] += tensor.shape.NumElements();
  out["elements"] = ObjectOf(parts);
  if (network.augment_p) out["augment_p"] = *network.augment_p;
  for (const std::string& note : network.notes) out["notes"].push_back(note);
  out["image_size"] = gan::ImageSizeText(network.config.model);
  out["config"] = nlohmann::ordered_json::parse(gan::ToJson(network.config));
  if (list_tensors) {
    for (const auto& [name, tensor] : network.tensors) {
      out["tensors"].push_back({{"name", name}, {"dtype", "F32"}, {"shape", ToString(tensor.shape)}});
    }
  }
  return out;
}

void PrintText(const nlohmann::ordered_json& d) {
  std::printf("%s\n", d["path"].get<std::string>().c_str());
  if (d.contains("origin")) std::printf("  a network of %s\n", TextOf(d["origin"]).c_str());
  if (d.contains("config")) {
    const auto& m = d["config"]["model"];
    std::printf("  StyleGAN2 %s, latent %d, %d mapping layers, preset \"%s\"\n",
                d["image_size"].get<std::string>().c_str(), m["latent_dim"].get<int>(), m["mapping_layers"].get<int>(),
                TextOf(d["config"]["preset"]).c_str());
  } else if (d.contains("config_error")) {
    std::printf("  not a training state of this version: %s\n", TextOf(d["config_error"]).c_str());
  } else {
    std::printf("  a safetensors file of another program\n");
  }
  if (d.contains("elements")) {
    for (const auto& part : d["elements"].items()) {
      std::printf("  %-24s %12lld numbers\n", io::Printable(part.key()).c_str(),
                  static_cast<long long>(part.value().get<int64_t>()));
    }
  }
  if (d.contains("metadata")) {
    for (const auto& item : d["metadata"].items()) {
      std::printf("  %s: %s\n", io::Printable(item.key()).c_str(), TextOf(item.value()).c_str());
    }
  }
  if (d.contains("checksums")) std::printf("  checksums: %s\n", d["checksums"].get<bool>() ? "yes" : "none");
  if (d.contains("augment_p")) std::printf("  augmentation p: %g\n", d["augment_p"].get<double>());
  if (d.contains("notes")) {
    for (const auto& note : d["notes"]) std::printf("  %s\n", TextOf(note).c_str());
  }
  if (d.contains("tensors")) {
    for (const auto& t : d["tensors"]) {
      std::printf("  %-5s %-20s %s\n", TextOf(t["dtype"]).c_str(), TextOf(t["shape"]).c_str(),
                  TextOf(t["name"]).c_str());
    }
  }
}

absl::StatusOr<nlohmann::ordered_json> DescribeSafetensors(const std::string& path) {
  const absl::StatusOr<io::SafetensorsReader> file = io::SafetensorsReader::Open(path);
  if (!file.ok()) return file.status();
  if (absl::GetFlag(FLAGS_verify)) {
    const absl::Status intact = file->Verify();
    if (!intact.ok()) return intact;
  }
  return Describe(*file, absl::GetFlag(FLAGS_tensors));
}

absl::StatusOr<nlohmann::ordered_json> DescribeForeign(const std::string& path) {
  const absl::StatusOr<gan::ImportedNetwork> network = gan::ImportNetwork(path);
  if (!network.ok()) return network.status();
  if (absl::GetFlag(FLAGS_verify)) {
    for (const auto& [name, tensor] : network->tensors) {
      const absl::Status intact = tensor.read().status();
      if (!intact.ok()) return intact;
    }
  }
  return Describe(*network, absl::GetFlag(FLAGS_tensors));
}

absl::StatusOr<nlohmann::ordered_json> DescribeFile(const std::string& path) {
  const absl::StatusOr<io::WeightFileKind> kind = io::FindWeightFileKind(path);
  if (!kind.ok()) return kind.status();
  return *kind == io::WeightFileKind::kSafetensors ? DescribeSafetensors(path) : DescribeForeign(path);
}

// The folder of the run that --network means: itself, or where its newest checkpoint lies.
absl::StatusOr<std::string> RunFolderAt(const std::string& network) {
  if (gan::IsRunDirectory(network)) return network;
  const absl::StatusOr<std::string> checkpoint = gan::NetworkFileAt(network);
  if (!checkpoint.ok()) return checkpoint;
  const std::filesystem::path parent = std::filesystem::path(*checkpoint).parent_path();
  const std::string folder = parent.empty() ? "." : parent.string();
  if (gan::IsRunDirectory(folder)) return folder;
  return absl::FailedPreconditionError(
      absl::StrCat(network, ": not in the folder of a run, which --report needs; give the folder that `train` made"));
}

int WriteReport(const std::string& network, const std::string& path) {
  const absl::StatusOr<std::string> folder = RunFolderAt(network);
  if (!folder.ok()) return Fail(InspectProgram(), kExitBadInput, folder.status());
  const absl::Status written = report::RunReport(*folder).Write(path, report::RunState::kUnknown);
  if (!written.ok()) return Fail(InspectProgram(), kExitRuntimeError, written);
  std::printf("wrote %s\n", io::Printable(path).c_str());
  return kExitOk;
}

int Main(int argc, char** argv) {
  io::OpenStandardStreams();
  const absl::Status entered = EnterWorkingDirectory();
  if (!entered.ok()) return Fail(InspectProgram(), kExitRuntimeError, entered);
  const ParseResult parsed = Parse(InspectProgram(), argc, argv);
  if (parsed.exit_code) return *parsed.exit_code;
  const std::string network = absl::GetFlag(FLAGS_network);
  if (network.empty()) {
    return UsageError(InspectProgram(), "--network is needed: the file to inspect, or the folder of a run");
  }
  const std::string page = absl::GetFlag(FLAGS_report);
  if (!page.empty()) return WriteReport(network, page);
  const absl::StatusOr<std::string> path = gan::NetworkFileAt(network);
  if (!path.ok()) return Fail(InspectProgram(), kExitBadInput, path.status());
  const absl::StatusOr<nlohmann::ordered_json> description = DescribeFile(*path);
  if (!description.ok()) return Fail(InspectProgram(), kExitBadInput, description.status());
  if (absl::GetFlag(FLAGS_json)) {
    std::printf("%s\n", description->dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace).c_str());
  } else {
    PrintText(*description);
  }
  return kExitOk;
}

}  // namespace
}  // namespace sg::cli

int main(int argc, char** argv) { return sg::cli::FinishOutput(sg::cli::InspectProgram(), sg::cli::Main(argc, argv)); }
