#include "tools/cli/network_flags.h"

#include <cstdio>
#include <string>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "engine/io/printable.h"
#include "gan/interop/load_network.h"
#include "gan/sample/sampler.h"
#include "tools/cli/cli.h"
#include "tools/cli/exit_codes.h"

ABSL_FLAG(std::string, network, "",
          "A checkpoint, the folder of a run (its newest checkpoint), or a file of another program, as for `convert`.");
ABSL_FLAG(int, class, -1, "The class of all images, from 0 on, if the network was trained with labels.");

namespace sg::cli {

OpenedNetwork OpenNetwork(const Program& program) {
  OpenedNetwork opened;
  if (absl::GetFlag(FLAGS_network).empty()) {
    opened.exit_code = UsageError(program, "--network is needed: a checkpoint or the folder of a run");
    return opened;
  }
  absl::StatusOr<ChosenDevice> chosen = ChooseDevice(DeviceFlagsGiven());
  if (!chosen.ok()) {
    opened.exit_code = DeviceError(program, chosen.status());
    return opened;
  }
  opened.chosen = *std::move(chosen);
  absl::StatusOr<gan::LoadedNetwork> loaded = gan::LoadNetwork(absl::GetFlag(FLAGS_network), opened.chosen.device);
  if (!loaded.ok()) {
    opened.exit_code = Fail(program, kExitBadInput, loaded.status());
    return opened;
  }
  for (const std::string& note : loaded->notes) std::fprintf(stderr, "%s\n", io::Printable(note).c_str());
  opened.network = std::move(loaded->pretrained);
  return opened;
}

absl::Status CheckClass(const gan::ModelConfig& model, bool given) {
  const int index = ClassGiven();
  if (model.label_dim == 0) {
    return given ? absl::InvalidArgumentError("--class: this network was trained without labels") : absl::OkStatus();
  }
  if (index >= 0 && index < model.label_dim) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("--class ", given ? absl::StrCat("is ", index) : "is needed",
                                                 ": this network has the classes 0 to ", model.label_dim - 1));
}

int ClassGiven() { return absl::GetFlag(FLAGS_class); }

Tensor LabelsGiven(const gan::ModelConfig& model, int64_t count, Device device) {
  if (model.label_dim == 0) return Tensor();
  return gan::ClassLabels(ClassGiven(), count, model.label_dim, device);
}

}  // namespace sg::cli
