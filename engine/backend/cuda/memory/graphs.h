// A phase of a training step as one CUDA graph. The phase is captured anew every time, for scalars and addresses change
// from step to step; the executable graph of the last time is brought up to date with it, which is cheap while the
// nodes are of the same kinds, and launched. The host's own work stays what it is; the driver and the GPU get one
// launch instead of a thousand.
//
// What a capture cannot do, such as freeing memory, and what is done once, such as making a handle, interrupts it: what
// was captured so far is launched, and the rest of the phase goes to the stream directly. Before a phase is captured it
// has run once, so that kernels are loaded and caches are filled.
//
// While a phase is open, its backend belongs to one thread.
#ifndef ENGINE_BACKEND_CUDA_MEMORY_GRAPHS_H_
#define ENGINE_BACKEND_CUDA_MEMORY_GRAPHS_H_

#include <cuda_runtime.h>

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace sg::cuda {

class Graphs {
 public:
  // Executable graphs kept for one key: a phase that mixes latents has other nodes than one that does not.
  static constexpr size_t kMaxExecutables = 4;

  explicit Graphs(cudaStream_t stream) : stream_(stream) {}
  ~Graphs() { Clear(); }
  Graphs(const Graphs&) = delete;
  Graphs& operator=(const Graphs&) = delete;

  // A phase; they do not nest. The GPU must be current, as for every function here.
  void Begin(const std::string& key);
  void End();

  bool open() const { return phase_ != nullptr; }
  const std::string& key() const { return key_; }
  bool capturing() const { return capturing_; }
  // Launches what was captured; the rest of the phase is not captured. Nothing happens outside a capture.
  void Interrupt();

  // Records `event` on the stream behind all that was asked for: now, or as soon as the capture that goes on is
  // launched. The event itself is never captured, so it can be queried and waited for.
  void Record(cudaEvent_t event);
  // Whether that is still to come.
  bool IsPending(cudaEvent_t event) const;

  void Clear();

 private:
  struct Executable {
    size_t nodes;
    cudaGraphExec_t graph;
  };
  struct Phase {
    bool has_run = false;
    std::vector<Executable> executables;  // the last used first
  };
  void Finish(bool keep);
  void Launch(cudaGraphExec_t graph);
  cudaGraphExec_t UpToDate(cudaGraph_t graph, size_t nodes);

  const cudaStream_t stream_;
  std::map<std::string, Phase> phases_;
  Phase* phase_ = nullptr;  // that is open
  std::string key_;
  bool capturing_ = false;
  std::vector<cudaEvent_t> pending_;
};

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_MEMORY_GRAPHS_H_
