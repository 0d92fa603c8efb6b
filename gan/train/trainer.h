// The training step: everything that changes while the model learns, and nothing about files or screens.
//
//   Trainer trainer(config, Device::Cpu());
//   trainer.Step(batch_of_bytes);
//   trainer.Save("network-snapshot-000004.safetensors", extra);
//
// A step is one update of the discriminator and one of generator and mapping network, with the lazy regularizers of
// LossConfig added to their losses, or with separate_regularizers as updates of their own after these. The whole state
// is in Save: a loaded trainer goes on bit for bit (same device, threads and instruction set).
#ifndef GAN_TRAIN_TRAINER_H_
#define GAN_TRAIN_TRAINER_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/io/safetensors_reader.h"
#include "gan/config/config.h"
#include "gan/loss/path_length_penalty.h"
#include "gan/model/networks.h"
#include "gan/train/random_streams.h"
#include "nn/optim/adam.h"

namespace sg::gan {

// A scalar of one step, still on the device: reading it would wait.
struct StepScalar {
  const char* name;  // "Loss/D/loss", ...
  Tensor value;
};

class Trainer {
 public:
  Trainer(const TrainConfig& config, Device device);
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  // `images` are config.batch images [N,R,R,3], 8 bit. Returns the scalars of this step.
  std::vector<StepScalar> Step(absl::Span<const uint8_t> images);

  // The halves of Step, for benchmarks and tests: each with or without its regularizer, whatever the schedule says.
  void StepDiscriminator(absl::Span<const uint8_t> images, bool r1, std::vector<StepScalar>* scalars);
  void StepGenerator(bool path_length, std::vector<StepScalar>* scalars);
  struct Images {
    Tensor w;       // [num_latents,N,d]
    Tensor pixels;  // [N,R,R,3], nominally in the model's image_range
  };
  // New images of the current generator, with the mixing and the noise of training.
  Images Generate(int64_t batch);

  // Whether step number `step` (from 0) applies the regularizer.
  static bool AppliesR1(const LossConfig& loss, int64_t step);
  static bool AppliesPathLength(const LossConfig& loss, int64_t step);

  const TrainConfig& config() const { return config_; }
  Device device() const { return device_; }
  int64_t steps() const { return steps_; }
  int64_t images_seen() const { return steps_ * config_.batch; }
  const Discriminator& discriminator() const { return discriminator_; }
  const LatentToImage& average() const { return average_; }  // the moving average of generator and mapping network
  const Tensor& latent_average() const { return latent_average_; }  // [d], the mean of w

  // `extra` metadata is kept beside ours.
  absl::Status Save(const std::string& path, std::map<std::string, std::string> extra) const;
  // The bytes of that file in memory.
  absl::StatusOr<std::string> Serialize(std::map<std::string, std::string> extra) const;
  // Into a trainer of the same model configuration. Nothing changes on an error.
  absl::Status Load(const io::SafetensorsReader& file);

  // For tests: every tensor of the state by its name in the file.
  std::vector<nn::NamedTensor> State() const;

 private:
  // The gradients of the discriminator's parameters for one micro-batch [n,R,R,3] of each kind; with R1 added to the
  // loss.
  std::vector<Tensor> DiscriminatorGradients(const Tensor& fake, const Tensor& real,
                                             std::vector<StepScalar>* scalars) const;
  std::vector<Tensor> GradientsWithR1(const Tensor& fake, const Tensor& real, std::vector<StepScalar>* scalars) const;
  // Uploads images, [n,R,R,3] of bytes.
  Tensor ToDevice(absl::Span<const uint8_t> images) const;
  // Bytes to the range of the model.
  Tensor ToPixels(const Tensor& bytes) const;
  // Names a phase of the step for Backend::BeginStep.
  std::string GraphKey(const char* phase) const;
  // A lazy regularizer counts as often as it is left out.
  double R1Weight() const { return 0.5 * config_.loss.r1_gamma * config_.loss.r1_interval; }
  double PathLengthWeight() const;
  Tensor PathLength(const Images& fake, std::vector<StepScalar>* scalars);
  // The regularizers on their own: R1 as an update, the path length on images of its own added to the gradients of
  // generator and mapping network.
  void RegularizeDiscriminator(const std::vector<Tensor>& bytes, std::vector<StepScalar>* scalars);
  void AddPathLengthGradients(const std::vector<Tensor>& parameters, std::vector<Tensor>* gradients,
                              std::vector<StepScalar>* scalars);
  struct NormNames {
    const char *generator, *mapping;
  };
  void UpdateGenerator(const std::vector<Tensor>& gradients, const NormNames& names, std::vector<StepScalar>* scalars);
  void UpdateAverages();
  // The metadata of a checkpoint.
  std::map<std::string, std::string> WithOurs(std::map<std::string, std::string> extra) const;

  TrainConfig config_;
  Device device_;
  RandomStreams streams_;
  LatentToImage networks_;
  Discriminator discriminator_;
  LatentToImage average_;
  Tensor latent_average_;
  PathLengthPenalty path_length_;
  std::vector<nn::NamedTensor> g_parameters_, m_parameters_, d_parameters_;
  std::vector<nn::NamedTensor> current_parameters_, average_parameters_;
  nn::Adam adam_;
  int64_t steps_ = 0;
};

}  // namespace sg::gan

#endif  // GAN_TRAIN_TRAINER_H_
