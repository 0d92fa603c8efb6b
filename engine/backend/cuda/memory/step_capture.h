// Captures a phase of a training step as one CUDA graph, and launches it. Scalars and addresses change from step to
// step, so the phase is captured anew every time. The executable graph of the previous time is then updated, which is
// cheap while the nodes keep their kinds, and launched. The host does the same work as before, but the driver and the
// GPU get one launch instead of a thousand.
//
//   capture.Begin("discriminator");  // the first time with this key, nothing is captured
//   ...                              // kernels, library calls and copies on the stream
//   capture.End();                   // launches them
//
// Some operations cannot be captured (freeing memory) or happen only once (making a handle). They interrupt the
// capture: its content so far is launched, and the rest of the phase goes to the stream directly. The first run of a
// phase is not captured, because it loads kernels and fills caches.
//
// While a phase is open, only one thread may use the backend.
#ifndef ENGINE_BACKEND_CUDA_MEMORY_STEP_CAPTURE_H_
#define ENGINE_BACKEND_CUDA_MEMORY_STEP_CAPTURE_H_

#include <cuda_runtime.h>

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace sg::cuda {

class StepCapture {
 public:
  // Executable graphs kept for one key. A phase that mixes latents has other nodes than one that does not.
  static constexpr size_t kMaxExecutables = 4;

  explicit StepCapture(cudaStream_t stream) : stream_(stream) {}
  ~StepCapture() { Clear(); }
  StepCapture(const StepCapture&) = delete;
  StepCapture& operator=(const StepCapture&) = delete;

  // Opens and closes a phase. Phases do not nest. The GPU must be current, as for every function here.
  void Begin(const std::string& key);
  void End();

  bool open() const { return phase_ != nullptr; }
  const std::string& key() const { return key_; }
  bool capturing() const { return capturing_; }
  // Launches what was captured. The rest of the phase is not captured. Does nothing outside a capture.
  void Interrupt();

  // Records `event` after all work issued so far; during a capture, once the captured graph has been launched. The
  // event itself is never captured, so it can be queried and waited for.
  void Record(cudaEvent_t event);
  // Whether Record(event) still waits for the launch of a capture.
  bool IsPending(cudaEvent_t event) const;

  void Clear();

 private:
  struct Executable {
    size_t nodes;
    cudaGraphExec_t graph;
  };
  struct Phase {
    bool has_run = false;
    std::vector<Executable> executables;  // most recently used first
  };
  void Finish(bool keep);
  void Launch(cudaGraphExec_t graph);
  cudaGraphExec_t UpToDate(cudaGraph_t graph, size_t nodes);

  const cudaStream_t stream_;
  std::map<std::string, Phase> phases_;
  Phase* phase_ = nullptr;  // the open one, or null
  std::string key_;
  bool capturing_ = false;
  std::vector<cudaEvent_t> pending_;
};

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_MEMORY_STEP_CAPTURE_H_
