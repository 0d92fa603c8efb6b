#include "gan/train/state_file.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "gan/config/json.h"
#include "nn/state/checkpoint.h"

namespace sg::gan {
namespace {

constexpr char kFormat[] = "stylegan2.cpp training state ";  // then the version
// Version 1 held the first moments of Adam even where beta1 is 0 and they equal the gradients.
// Version 2 had no augmentation, version 3 no rollbacks.
constexpr int kVersion = 4;

class Writer final : public StateVisitor {
 public:
  explicit Writer(Metadata metadata) : metadata(std::move(metadata)) {}
  void Tensors(int, const std::vector<nn::NamedTensor>& t) override {
    tensors.insert(tensors.end(), t.begin(), t.end());
  }
  int64_t Counter(int, const std::string& name, int64_t, int64_t value) override {
    metadata[name] = std::to_string(value);
    return value;
  }

  Metadata metadata;
  std::vector<nn::NamedTensor> tensors;
};

// Finds what a file of `version` must hold. Changes nothing.
class Expecter final : public StateVisitor {
 public:
  Expecter(const Metadata& metadata, int version) : metadata_(metadata), version_(version) {}
  void Tensors(int since, const std::vector<nn::NamedTensor>& t) override {
    if (since <= version_) tensors.insert(tensors.end(), t.begin(), t.end());
  }
  int64_t Counter(int since, const std::string& name, int64_t max, int64_t value) override {
    if (since > version_) return value;
    const absl::StatusOr<int64_t> count = ReadCount(metadata_, name, max);
    if (count.ok()) {
      counters[name] = *count;
    } else if (status.ok()) {
      status = count.status();
    }
    return value;
  }

  absl::Status status;  // the first counter's that is missing or wrong
  std::vector<nn::NamedTensor> tensors;
  std::map<std::string, int64_t> counters;

 private:
  const Metadata& metadata_;
  const int version_;
};

class CounterSetter final : public StateVisitor {
 public:
  explicit CounterSetter(const std::map<std::string, int64_t>& counters) : counters_(counters) {}
  void Tensors(int, const std::vector<nn::NamedTensor>&) override {}
  int64_t Counter(int, const std::string& name, int64_t, int64_t value) override {
    const auto it = counters_.find(name);
    return it == counters_.end() ? value : it->second;
  }

 private:
  const std::map<std::string, int64_t>& counters_;
};

Writer Write(const TrainConfig& config, TrainState* state, Metadata extra) {
  extra["format"] = absl::StrCat(kFormat, kVersion);
  extra["config"] = ToJson(config);
  Writer writer(std::move(extra));
  state->Visit(writer);
  return writer;
}

absl::StatusOr<int> ReadVersion(const Metadata& metadata) {
  const absl::StatusOr<std::string> format = ReadText(metadata, "format");
  int version = 0;
  absl::string_view number = format.ok() ? absl::string_view(*format) : absl::string_view();
  if (!absl::ConsumePrefix(&number, kFormat) || !absl::SimpleAtoi(number, &version) || version < 1) {
    return absl::FailedPreconditionError(absl::StrCat("not a training state (\"", kFormat, kVersion, "\")"));
  }
  if (version > kVersion) {
    return absl::FailedPreconditionError(absl::StrCat("a training state of format ", version,
                                                      ", from a later version of this program, which reads up to ",
                                                      kVersion));
  }
  return version;
}

// Tensors of a file of `version` that the state no longer has, with buffers of their own to be read into.
std::vector<nn::NamedTensor> FormerTensors(int version, const TrainConfig& config, const TrainState& state) {
  std::vector<nn::NamedTensor> former;
  if (version >= 2 || config.optimizer.beta1 != 0) return former;
  for (int i = 0; i < state.adam.num_groups(); ++i) {
    const std::string group = state.adam.name(i);
    for (const nn::NamedTensor& v : nn::WithoutPrefix(group + ".v.", state.adam.State())) {
      former.push_back(
          {absl::StrCat(group, ".m.", v.name), Tensor::Empty(v.tensor.shape(), v.tensor.dtype(), v.tensor.device())});
    }
  }
  return former;
}

// What the file must hold, by its version. The tensors share the buffers of `state`.
absl::StatusOr<Expecter> Expect(const io::SafetensorsReader& file, const TrainConfig& config, TrainState* state) {
  const auto error = [&file](const absl::Status& status) {
    return absl::FailedPreconditionError(absl::StrCat(file.path(), ": ", status.message()));
  };
  const absl::StatusOr<int> version = ReadVersion(file.metadata());
  if (!version.ok()) return error(version.status());
  Expecter expected(file.metadata(), *version);
  state->Visit(expected);
  if (!expected.status.ok()) return error(expected.status);
  for (nn::NamedTensor& former : FormerTensors(*version, config, *state)) {
    expected.tensors.push_back(std::move(former));
  }
  return expected;
}

}  // namespace

absl::Status SaveState(const std::string& path, const TrainConfig& config, TrainState* state, Metadata extra) {
  const Writer writer = Write(config, state, std::move(extra));
  return nn::SaveTensors(path, writer.tensors, writer.metadata);
}

absl::StatusOr<std::string> SerializeState(const TrainConfig& config, TrainState* state, Metadata extra) {
  const Writer writer = Write(config, state, std::move(extra));
  return nn::SerializeTensors(writer.tensors, writer.metadata);
}

bool IsState(const io::SafetensorsReader& file) {
  return absl::StartsWith(ReadText(file.metadata(), "format").value_or(""), kFormat);
}

absl::Status CheckState(const io::SafetensorsReader& file, const TrainConfig& config, TrainState* state) {
  const absl::StatusOr<Expecter> expected = Expect(file, config, state);
  if (!expected.ok()) return expected.status();
  return nn::CheckTensors(file, expected->tensors, nn::ExtraTensors::kForbid);
}

absl::Status LoadState(const io::SafetensorsReader& file, const TrainConfig& config, TrainState* state) {
  const absl::StatusOr<Expecter> expected = Expect(file, config, state);
  if (!expected.ok()) return expected.status();
  const absl::Status loaded = nn::LoadTensors(file, expected->tensors, nn::ExtraTensors::kForbid);
  if (!loaded.ok()) return loaded;
  CounterSetter setter(expected->counters);
  state->Visit(setter);
  return absl::OkStatus();
}

}  // namespace sg::gan
