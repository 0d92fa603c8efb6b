#include "tests/fake_cuda/stand_in/cudnn_run.h"

#include <cstring>

#include "tests/fake_cuda/stand_in/call.h"
#include "tests/fake_cuda/stand_in/check.h"
#include "tests/fake_cuda/stand_in/memory.h"
#include "tests/fake_cuda/stand_in/stream.h"

namespace fake_cuda {
namespace {

constexpr size_t kAlignment = 16;  // of operands, for 16-byte accesses of channels

}  // namespace

cudnnStatus_t RunConvolution(cudaStream_t stream, const ConvolutionRun& run) {
  if (LostGpu()) return CUDNN_STATUS_EXECUTION_FAILED;
  std::vector<Operand> operands;
  std::vector<const ConvolutionTensor*> tensors = {&run.first, &run.second, &run.result};
  for (const ConvolutionTensor& operand : run.operands) tensors.push_back(&operand);
  for (const ConvolutionTensor* tensor : tensors) {
    FAKE_CUDA_CHECK(Memory::Get().IsDevice(tensor->data))
        << tensor->name << " is " << Memory::Get().Describe(tensor->data);
    FAKE_CUDA_CHECK(reinterpret_cast<uintptr_t>(tensor->data) % kAlignment == 0)
        << tensor->name << " is not aligned to " << kAlignment << " bytes";
    operands.push_back({tensor->data, static_cast<size_t>(tensor->count) * SizeOf(tensor->number),
                        tensor == &run.result, tensor->name});
  }
  const size_t needed = run.workspace_bytes;
  if (needed > 0) operands.push_back({run.workspace, needed, true, "workspace"});
  for (const Operand& operand : operands) {
    const char *begin = static_cast<const char*>(operands[2].data), *other = static_cast<const char*>(operand.data);
    FAKE_CUDA_CHECK(&operand == &operands[2] || other + operand.bytes <= begin || begin + operands[2].bytes <= other)
        << "the result overlaps " << operand.name;
  }
  const cudaError_t error =
      Submit(stream, {Context(),
                      operands,
                      [run, needed] {
                        std::vector<double> result = run.compute(
                            run.shape, Load(run.first.data, run.first.number, run.first.count, run.precision),
                            Load(run.second.data, run.second.number, run.second.count, run.precision),
                            SumsOf(run.first.number, run.precision));
                        if (run.epilogue != nullptr) result = run.epilogue(result);
                        if (needed > 0) std::memset(run.workspace, 0xff, needed);
                        Store(result.data(), run.result.count, run.scale, run.result.number,
                              const_cast<void*>(run.result.data));
                        ++MutableCounters().library_launches;
                      },
                      {}});
  return error == cudaSuccess ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_EXECUTION_FAILED;
}

}  // namespace fake_cuda
