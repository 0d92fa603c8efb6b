// The library in twenty lines: one picture from a checkpoint. one_picture NETWORK PICTURE.png
#include <iostream>

#include "gan/image/write_png.h"
#include "gan/sample/sampler.h"
#include "gan/train/pretrained.h"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto network = sg::gan::LoadPretrained(argv[1], sg::Device::Cpu());
  if (!network.ok()) {
    std::cerr << network.status().message() << "\n";
    return 1;
  }
  const sg::gan::ModelConfig& model = network->config.model;
  const sg::gan::Sampler sampler(model, network->generator, network->latent_average);
  const sg::Tensor z = sg::gan::LatentsFromSeeds({85}, model.latent_dim, sg::Device::Cpu());
  const sg::Tensor w = sampler.MapLatents(z, /*truncation=*/0.7);
  const sg::Tensor pixels = sampler.Synthesize(w, sg::gan::NoiseMode::kConst, /*noise_seed=*/0);
  return sg::gan::WritePng(argv[2], sg::gan::ToImages(pixels)[0]).ok() ? 0 : 1;
}
