// Modules are plain values. The Visit method of a module lists its parameters and submodules. Counting, optimizers,
// averages, saving and loading all use that one list.
//
//   class Block {
//    public:
//     void Visit(ParamVisitor& v) { v("weight", weight_); v("conv0", conv0_); v("blocks", blocks_); }
//    private:
//     Tensor weight_; EqualizedConv2d conv0_; std::vector<Block> blocks_;
//   };
//   for (const NamedTensor& p : Parameters(block)) ...   // "weight", "conv0.bias", "blocks.0.weight", ...
#ifndef NN_MODULE_H_
#define NN_MODULE_H_

#include <string>
#include <vector>

#include "engine/tensor/tensor.h"

namespace sg::nn {

class ParamVisitor {
 public:
  virtual ~ParamVisitor() = default;

  void operator()(const std::string& name, Tensor& parameter) { OnParameter(prefix_ + name, parameter); }

  // A tensor that belongs to the module's state but is not learned.
  void Buffer(const std::string& name, Tensor& buffer) { OnBuffer(prefix_ + name, buffer); }

  template <typename Module>
  void operator()(const std::string& name, Module& module) {
    const std::string outer = prefix_;
    prefix_ += name + ".";
    module.Visit(*this);
    prefix_ = outer;
  }

  // Elements are named name.0, name.1, ...
  template <typename Module>
  void operator()(const std::string& name, std::vector<Module>& modules) {
    for (size_t i = 0; i < modules.size(); ++i) (*this)(name + "." + std::to_string(i), modules[i]);
  }

 protected:
  virtual void OnParameter(const std::string& name, Tensor& parameter) = 0;
  virtual void OnBuffer(const std::string&, Tensor&) {}

 private:
  std::string prefix_;
};

struct NamedTensor {
  std::string name;
  Tensor tensor;
};

namespace internal {
class Collector final : public ParamVisitor {
 public:
  std::vector<NamedTensor> found;

 private:
  void OnParameter(const std::string& name, Tensor& parameter) override { found.push_back({name, parameter}); }
};

class BufferCollector final : public ParamVisitor {
 public:
  std::vector<NamedTensor> found;

 private:
  void OnParameter(const std::string&, Tensor&) override {}
  void OnBuffer(const std::string& name, Tensor& buffer) override { found.push_back({name, buffer}); }
};
}  // namespace internal

// All parameters, in the order of Visit. The returned tensors share their buffers with the module.
template <typename Module>
std::vector<NamedTensor> Parameters(Module& module) {
  internal::Collector collector;
  module.Visit(collector);
  return std::move(collector.found);
}

// All buffers, likewise.
template <typename Module>
std::vector<NamedTensor> Buffers(Module& module) {
  internal::BufferCollector collector;
  module.Visit(collector);
  return std::move(collector.found);
}

// Prepends `prefix` to every name.
std::vector<NamedTensor> WithPrefix(const std::string& prefix, std::vector<NamedTensor> tensors);
// The tensors whose names begin with `prefix`, named without it.
std::vector<NamedTensor> WithoutPrefix(const std::string& prefix, const std::vector<NamedTensor>& tensors);
std::vector<Tensor> Tensors(const std::vector<NamedTensor>& named);
int64_t CountElements(const std::vector<NamedTensor>& named);

}  // namespace sg::nn

#endif  // NN_MODULE_H_
