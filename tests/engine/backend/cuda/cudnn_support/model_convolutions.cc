#include "tests/engine/backend/cuda/cudnn_support/model_convolutions.h"

#include <cstdint>
#include <map>
#include <sstream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/device.h"
#include "engine/tensor/attribute_visitor.h"
#include "engine/tensor/op.h"
#include "engine/tensor/op_observer.h"
#include "gan/config/presets.h"
#include "gan/data/batch.h"
#include "gan/train/memory_plan.h"
#include "gan/train/trainer.h"

namespace sg::cuda {
namespace {

// Reads a ConvGeometry and an epilogue from the attributes of an operation.
class ConvReader final : public AttributeVisitor {
 public:
  void Real(const char* name, double value) override { numbers_[name] = static_cast<float>(value); }
  void Integer(const char* name, int64_t value) override { values_[name] = value; }
  void Flag(const char* name, bool value) override { values_[name] = value; }
  void Choice(const char*, const char*) override {}
  void Extents(const char*, const Shape&) override {}
  void Integers(const char*, absl::Span<const int>) override {}
  void Reals(const char*, absl::Span<const float>) override {}

  ConvGeometry geometry() const {
    return {values_.at("stride_h"), values_.at("stride_w"), values_.at("pad_h"), values_.at("pad_w"),
            values_.at("groups")};
  }
  // Of a Conv2d.
  ConvEpilogue epilogue() const {
    return {values_.at("has_scale") != 0, values_.at("has_bias") != 0, values_.at("has_noise") != 0,
            numbers_.at("in_gain"),       numbers_.at("slope"),        numbers_.at("gain"),
            numbers_.at("clamp")};
  }

 private:
  std::map<std::string, int64_t> values_;
  std::map<std::string, float> numbers_;
};

class ConvolutionCollector final : public OpObserver {
 public:
  ConvolutionCollector() { SetOpObserver(this); }
  ~ConvolutionCollector() override { SetOpObserver(nullptr); }
  ConvolutionCollector(const ConvolutionCollector&) = delete;
  ConvolutionCollector& operator=(const ConvolutionCollector&) = delete;

  void Before(const Op&, absl::Span<const Tensor>, const Tensor&) override {}
  void After(const Op& op, absl::Span<const Tensor> in, const Tensor& out) override {
    for (ConvKind kind : {ConvKind::kForward, ConvKind::kInputGrad, ConvKind::kWeightGrad}) {
      if (std::string(op.name()) == Name(kind)) Add(kind, op, in[0].shape(), in[1].shape(), out.shape());
    }
  }

  std::vector<ConvProblem> problems() const {
    std::vector<ConvProblem> problems;
    for (const auto& entry : problems_) problems.push_back(entry.second);
    return problems;
  }

 private:
  void Add(ConvKind kind, const Op& op, const Shape& first, const Shape& second, const Shape& result) {
    ConvReader reader;
    op.Describe(reader);
    ConvProblem problem = {kind, DType::kF32, first, second, result, reader.geometry(), /*tf32=*/true, false};
    if (kind == ConvKind::kInputGrad) {
      problem.x = result;
      problem.w = second;
      problem.y = first;
    } else if (kind == ConvKind::kWeightGrad) {
      problem.w = result;
      problem.y = second;
    }
    Insert(problem);
    if (kind != ConvKind::kForward) return;
    // Without it before, because the backend runs the first calls so.
    problem.epilogue = reader.epilogue();
    Insert(problem);
  }
  void Insert(const ConvProblem& problem) {
    std::ostringstream name;
    name << problem;
    problems_.emplace(name.str(), problem);
  }

  std::map<std::string, ConvProblem> problems_;  // by what describes them completely
};

void AddPreset(const char* preset, int resolution, int64_t gpu_bytes, std::vector<NamedConfig>* configs) {
  gan::TrainConfig config = gan::PresetConfig(preset).value();
  config.model.resolution = resolution;
  const int micro_batch = gan::LargestMicroBatch(config, gpu_bytes);
  SG_CHECK(micro_batch > 0) << "[PresetsForGpu] " << preset << " at " << resolution << " fits with no micro-batch";
  config.grad_accum = config.batch / micro_batch;
  configs->push_back(
      {absl::StrCat(preset, " ", resolution, "x", resolution, ", batch ", micro_batch), std::move(config)});
}

}  // namespace

std::vector<NamedConfig> PresetsForGpu(int64_t gpu_bytes) {
  std::vector<NamedConfig> configs;
  AddPreset("quick", 32, gpu_bytes, &configs);
  for (int resolution : {64, 128, 256}) AddPreset("annotated", resolution, gpu_bytes, &configs);
  for (int resolution : {64, 128, 256, 512, 1024}) AddPreset("official", resolution, gpu_bytes, &configs);
  return configs;
}

std::vector<NamedConfig> PresetsAsTheyAre() {
  constexpr int kMostImages = 32;
  std::vector<NamedConfig> configs;
  for (const std::string& name : gan::PresetNames()) {
    gan::TrainConfig config = gan::PresetConfig(name).value();
    while (config.MicroBatch() > kMostImages) config.grad_accum *= 2;
    configs.push_back({name, config});
  }
  return configs;
}

std::vector<ConvProblem> ConvolutionsOf(const gan::TrainConfig& config) {
  gan::TrainConfig every_step = config;
  every_step.batch = config.MicroBatch();
  every_step.grad_accum = 1;
  every_step.loss.r1_interval = 1;
  every_step.loss.pl_start = 0;
  every_step.loss.pl_interval = 1;
  gan::Trainer trainer(every_step, Device::Plan());
  gan::Batch batch;
  batch.pixels.resize(every_step.batch * every_step.model.image_spec().NumValues());
  const ConvolutionCollector collector;
  for (int i = 0; i < 2; ++i) trainer.Step(batch);  // regularizers begin in the second step
  return collector.problems();
}

}  // namespace sg::cuda
