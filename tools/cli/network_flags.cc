#include "tools/cli/network_flags.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/io/printable.h"
#include "gan/interop/load_network.h"
#include "gan/sample/sampler.h"
#include "tools/cli/class_list.h"
#include "tools/cli/cli.h"
#include "tools/cli/exit_codes.h"

ABSL_FLAG(std::string, network, "",
          "A checkpoint, the folder of a run or of runs (the newest checkpoint), or a file of another program, as for "
          "`convert`.");
ABSL_FLAG(std::string, class, "",
          "The class of all images, if the network was trained with labels: its number, from 0 on, or its name, if its "
          "checkpoint knows the names of the folders.");

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

absl::Status ResolveClass(const gan::Pretrained& network, bool given) {
  const int classes = network.config.model.label_dim;
  const std::string text = absl::GetFlag(FLAGS_class);
  if (classes == 0) {
    return given ? absl::InvalidArgumentError("--class: this network was trained without labels") : absl::OkStatus();
  }
  const std::vector<std::string>& names = network.class_names;
  const int number = ClassGiven();
  if (number >= 0 && number < classes) return absl::OkStatus();
  const auto named = std::find(names.begin(), names.end(), text);
  if (given && named != names.end()) {
    absl::SetFlag(&FLAGS_class, absl::StrCat(named - names.begin()));
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--class ", given ? absl::StrCat("is ", text) : "is needed", ": this network has the classes ",
                   names.empty() ? absl::StrCat("0 to ", classes - 1) : ListClasses(names)));
}

int ClassGiven() {
  int number = -1;
  return absl::SimpleAtoi(absl::GetFlag(FLAGS_class), &number) ? number : -1;
}

Tensor LabelsGiven(const gan::ModelConfig& model, int64_t count, Device device) {
  if (model.label_dim == 0) return Tensor();
  return gan::ClassLabels(ClassGiven(), count, model.label_dim, device);
}

}  // namespace sg::cli
