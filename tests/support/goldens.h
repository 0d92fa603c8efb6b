// PyTorch's results (tests/golden) in the layout of this engine, and comparison with them by norm.
//
//   GoldenCase golden("to_rgb", Device::Cpu());
//   ToRgb to_rgb(config, /*in=*/6, golden.init());
//   golden.Fill(nn::Parameters(to_rgb));
//   const Modulation modulation = to_rgb.Modulate(golden.Input("w"));
//   golden.ExpectMatches(to_rgb.Forward(golden.Input("x"), modulation));  // output and all gradients
#ifndef TESTS_SUPPORT_GOLDENS_H_
#define TESTS_SUPPORT_GOLDENS_H_

#include <string>
#include <vector>

#include "engine/base/device_options.h"
#include "engine/io/safetensors_reader.h"
#include "engine/ops/random.h"
#include "engine/runtime/devices.h"
#include "engine/tensor/tensor.h"
#include "nn/init.h"
#include "nn/module.h"

namespace sg::testing {

// Tolerances for outputs and gradients in f32, relative to each tensor's Euclidean norm.
constexpr double kOutputTolerance = 1e-5;
constexpr double kGradientTolerance = 1e-4;

// |got - want| / |want|. If want is zero, got must be zero.
double RelativeError(const Tensor& got, const Tensor& want);

// One file of tests/golden. Aborts if a file or tensor is missing, since fixtures are part of the test.
class Goldens {
 public:
  Goldens(const std::string& file, Device device);

  Device device() const { return device_; }
  bool Has(const std::string& name) const { return file_.Find(name) != nullptr; }
  // Returns the tensor in f32. A rank-4 tensor is [N,C,H,W] or [O,I,kH,kW] in the file and [N,H,W,C] or [O,kH,kW,I]
  // here.
  Tensor Get(const std::string& name) const;
  // The names that begin with `prefix`, in the file's order and without the prefix.
  std::vector<std::string> NamesUnder(const std::string& prefix) const;

  // Overwrites every parameter with the tensor "<prefix><name>". The file must not contain other parameters under the
  // prefix, except the constant kernels of the blurs.
  void Fill(const std::string& prefix, const std::vector<nn::NamedTensor>& parameters) const;

  // Fails unless `got` matches the tensor of that name.
  void ExpectClose(const std::string& name, const Tensor& got, double tolerance = kOutputTolerance) const;
  // Checks all tensors of a case's gradient, "<prefix><name>". Fails if the file contains more of them. Some gradients
  // are sums that cancel: in addition to the tolerance, each element may deviate by 1e-6 of the case's largest one.
  void ExpectGradients(const std::string& prefix, const std::vector<nn::NamedTensor>& got) const;

 private:
  io::SafetensorsReader file_;
  Device device_;
};

// One case of modules.safetensors, or of another file with the same structure.
class GoldenCase {
 public:
  GoldenCase(const std::string& name, Device device, const std::string& file = "modules.safetensors");

  // The context for constructing the module. Its initial values do not matter.
  nn::InitContext init();
  void Fill(const std::vector<nn::NamedTensor>& parameters);
  // A tracked input, whose gradient ExpectMatches checks. The layout is as in Goldens::Get.
  Tensor Input(const std::string& name);
  // An input without a gradient.
  Tensor Constant(const std::string& name) const { return file_.Get(name_ + "/in/" + name); }

  // Compares an output. "" is the main output.
  void ExpectOutput(const std::string& which, const Tensor& got) const;
  // Compares the main output and the gradients of sum(out * seed) with respect to all inputs and parameters.
  void ExpectMatches(const Tensor& out) const;

 private:
  Goldens file_;
  std::string name_;
  RandomStream random_;
  std::vector<nn::NamedTensor> leaves_;
};

// The devices that must reach f32 parity: all of them, with TF32 switched off.
inline std::vector<Device> ParityDevices() {
  DeviceOptions options;
  options.tf32 = false;
  std::vector<Device> devices = AvailableDevices();
  for (const Device device : devices) {
    if (device.type == DeviceType::kCuda) ConfigureDevice(device, options);
  }
  return devices;
}

}  // namespace sg::testing

#endif  // TESTS_SUPPORT_GOLDENS_H_
