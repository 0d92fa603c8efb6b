// The C interface of the shared library that load_test.cc opens.

#include <cstdint>

#include "gan/config/config.h"
#include "gan/train/memory_plan.h"

// The peak memory of a training step of the default configuration, in bytes.
extern "C" int64_t Stylegan2PeakBytes() { return sg::gan::PredictPeakBytes(sg::gan::TrainConfig()); }
