// A whole training step under the clock, phase by phase and operation by operation.
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
  std::string name;  // gfwd1 (one image), gfwd, dfwd, dstep, dstep_gp, gstep, gstep_pl, iteration
  double seconds = 0;
};

// What a phase of a step needs beside the state of training: the highest of each kind, in bytes.
struct PhaseMemory {
  std::string name;            // dstep, dstep_gp, gstep, gstep_pl
  int64_t gradients = 0;       // of the parameters that the phase updates, when all are there
  int64_t activations = 0;     // of the phase's own tensors at their peak: with the gradients that are there by then
  int64_t packed_weights = 0;  // in the layouts that kernels prefer
  int64_t scratch = 0;         // of kernels
};
struct StepMemory {
  // The state of training.
  int64_t parameters = 0;  // of the three networks
  int64_t averages = 0;    // moving averages
  int64_t moments = 0;     // Adam's
  std::vector<PhaseMemory> phases;
  int64_t reserved = 0;  // held from the system at the end, by the whole process
};

struct StepMeasurement {
  std::vector<PhaseSeconds> phases;
  StepMemory memory;
};
// Medians of `runs` runs of every phase: more of one that is so short that they take less than half a second, fewer,
// but at least two, once `budget` seconds have passed. `iteration` is the average training step with the regularizers
// at the intervals of the configuration. The memory is that of the same runs.
StepMeasurement MeasurePhases(const gan::TrainConfig& config, Device device, int runs, double budget);

struct PhaseCounts {
  std::string name;  // dstep, dstep_gp, gstep, gstep_pl, step
  CudaCounts counts;
};
// What the host asks of the GPU in each phase, and in a whole step without regularizers, averages included: once
// everything is warm. Empty where the device is not a GPU.
std::vector<PhaseCounts> CountPhases(const gan::TrainConfig& config, Device device);

// Shows the observer one iteration of both phases with both regularizers, after another that pays for primitives and
// memory.
void ObserveStep(const gan::TrainConfig& config, Device device, OpObserver* observer);

struct OpSeconds {
  double seconds = 0;
  int64_t calls = 0;
};
// Where that iteration spends its time. Waits after every operation.
std::map<std::string, OpSeconds> ProfileStep(const gan::TrainConfig& config, Device device);

}  // namespace sg::bench

#endif  // TOOLS_BENCHMARKS_STEP_BENCHMARK_H_
