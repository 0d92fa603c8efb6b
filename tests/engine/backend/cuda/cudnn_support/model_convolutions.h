// Every convolution that a training step of a configuration computes, found by running the step on the plan device.
#ifndef TESTS_ENGINE_BACKEND_CUDA_CUDNN_SUPPORT_MODEL_CONVOLUTIONS_H_
#define TESTS_ENGINE_BACKEND_CUDA_CUDNN_SUPPORT_MODEL_CONVOLUTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "engine/backend/cuda/conv/conv_problem.h"
#include "gan/config/config.h"

namespace sg::cuda {

struct NamedConfig {
  std::string name;  // "official 256x256, batch 64"
  gan::TrainConfig config;
};

// The presets at the resolutions that people train: "quick", "annotated" from 64x64 to 256x256, "official" from 64x64
// to 1024x1024. The micro-batch is the largest that needs at most `gpu_bytes`.
std::vector<NamedConfig> PresetsForGpu(int64_t gpu_bytes);

// Every preset at the resolution that it has, with a micro-batch of at most 32 images.
std::vector<NamedConfig> PresetsAsTheyAre();

// Both networks with every regularizer, each problem once. The type is f32, with TF32, and not deterministic. A
// convolution with an epilogue is also one without.
std::vector<ConvProblem> ConvolutionsOf(const gan::TrainConfig& config);

}  // namespace sg::cuda

#endif  // TESTS_ENGINE_BACKEND_CUDA_CUDNN_SUPPORT_MODEL_CONVOLUTIONS_H_
