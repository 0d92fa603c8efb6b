// The latents of the Python implementations: numpy.random.RandomState(seed).randn(n), bit for bit. `--seeds=85` shows
// the same face here as there.
//
//   NumpyRandomState random(85);
//   std::vector<double> z = random.RandN(512);    // np.random.RandomState(85).randn(1, 512)
//
// MT19937 and NumPy's frozen legacy Gaussian, Marsaglia's polar method; it draws pairs and keeps the second number for
// the next call. (Bit for bit as far as the C library's log is the same, which is within 1 ulp everywhere.)
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

  std::mt19937 engine_;  // seeds itself from 32 bits just as NumPy's legacy seeding does
  std::optional<double> spare_;
};

}  // namespace sg::gan

#endif  // GAN_SAMPLE_NUMPY_RANDOM_H_
