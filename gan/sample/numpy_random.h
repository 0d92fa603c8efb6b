// The latents of the Python implementations: numpy.random.RandomState(seed).randn(n), bit for bit. With the same
// weights, `--seeds=85` gives the same face in both.
//
//   NumpyRandomState random(85);
//   std::vector<double> z = random.RandN(512);    // np.random.RandomState(85).randn(1, 512)
//
// The generator is MT19937 with NumPy's legacy Gaussian, Marsaglia's polar method, which draws pairs and keeps the
// second number for the next call. Equality to the last bit requires the same log in the C library; others differ by 1
// ulp.
#ifndef GAN_SAMPLE_NUMPY_RANDOM_H_
#define GAN_SAMPLE_NUMPY_RANDOM_H_

#include <cstdint>
#include <optional>
#include <random>
#include <vector>

namespace sg::gan {

class NumpyRandomState {
 public:
  explicit NumpyRandomState(uint32_t seed) : engine_(seed) {}

  double RandN();  // standard normal
  std::vector<double> RandN(int64_t n);

 private:
  double Uniform();  // in [0, 1), with 53 bits

  std::mt19937 engine_;  // its seeding from 32 bits equals NumPy's legacy seeding
  std::optional<double> spare_;
};

}  // namespace sg::gan

#endif  // GAN_SAMPLE_NUMPY_RANDOM_H_
