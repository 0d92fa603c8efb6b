// Measures a whole training step, phase by phase and operation by operation.
#ifndef TOOLS_BENCHMARKS_STEP_BENCHMARK_H_
#define TOOLS_BENCHMARKS_STEP_BENCHMARK_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/backend/cuda/cuda_backend.h"
#include "engine/base/device.h"
#include "engine/tensor/op_observer.h"
#include "gan/config/config.h"

namespace sg::bench {

struct PhaseSeconds {
  std::string name;  // gfwd1 (one image), gfwd, dfwd, augment, dstep, dstep_gp, gstep, gstep_pl, iteration
  double seconds = 0;
};

// The memory that a phase needs in addition to the training state: the peak of each kind in bytes.
struct PhaseMemory {
  std::string name;            // dstep, dstep_gp, gstep, gstep_pl
  int64_t gradients = 0;       // gradients of all parameters that the phase updates
  int64_t activations = 0;     // peak of the phase's own tensors, including the gradients that exist at that time
  int64_t packed_weights = 0;  // weights in the layouts that kernels prefer
  int64_t scratch = 0;         // scratch memory of kernels
};
struct StepMemory {
  // The training state in bytes.
  int64_t parameters = 0;  // of the three networks
  int64_t averages = 0;    // moving averages
  int64_t moments = 0;     // Adam's
  std::vector<PhaseMemory> phases;
  int64_t reserved = 0;  // held from the system by the whole process at the end
};

struct StepMeasurement {
  std::vector<PhaseSeconds> phases;
  StepMemory memory;
};
// Medians of `runs` runs of every phase. A short phase runs until it has taken half a second in total. After `budget`
// seconds, phases run fewer times, but at least twice. `augment` is the augmentation in `dstep`, of fakes and reals; it
// is missing if there is none. `iteration` is the average training step, with the regularizers
// at the configured intervals. The memory is measured in the same runs.
StepMeasurement MeasurePhases(const gan::TrainConfig& config, Device device, int runs, double budget);

struct PhaseCounts {
  std::string name;  // dstep, dstep_gp, gstep, gstep_pl, step
  CudaCounts counts;
};
// Counts the requests to the GPU in each phase, and in a whole step without regularizers but with averages, after
// warming up. Empty if the device is not a GPU.
std::vector<PhaseCounts> CountPhases(const gan::TrainConfig& config, Device device);

// Runs one iteration to warm up primitives and memory, then one with both phases and both regularizers under the
// observer.
void ObserveStep(const gan::TrainConfig& config, Device device, OpObserver* observer);

struct OpSeconds {
  double seconds = 0;
  int64_t calls = 0;
};
// The time of that iteration by operation. Waits after every operation.
std::map<std::string, OpSeconds> ProfileStep(const gan::TrainConfig& config, Device device);

}  // namespace sg::bench

#endif  // TOOLS_BENCHMARKS_STEP_BENCHMARK_H_
