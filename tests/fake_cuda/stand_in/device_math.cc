// The functions that device_math.h names. With FAKE_CUDA_ULPS=n their results are off by up to n units in the last
// place, by a number that depends on the argument alone, as a GPU's are.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace {

int64_t Ulps() {
  static const int64_t ulps = [] {
    const char* given = std::getenv("FAKE_CUDA_ULPS");
    return given == nullptr ? 0 : std::strtoll(given, nullptr, 10);
  }();
  return ulps;
}

// `exact`, the result for x, moved. Neighboring floats are neighboring integers.
float Off(float x, double exact) {
  const auto result = static_cast<float>(exact);
  const int64_t ulps = Ulps();
  if (ulps == 0 || !std::isnormal(result) || x == 0) return result;
  uint32_t argument, bits;
  std::memcpy(&argument, &x, sizeof x);
  std::memcpy(&bits, &result, sizeof bits);
  const uint64_t scattered = argument * 0x9e3779b97f4a7c15u >> 32;
  bits += static_cast<uint32_t>(static_cast<int64_t>(scattered % (2 * ulps + 1)) - ulps);
  float moved;
  std::memcpy(&moved, &bits, sizeof moved);
  return moved;
}

}  // namespace

extern "C" {

float fake_cuda_expf(float x) { return Off(x, std::exp(static_cast<double>(x))); }
float fake_cuda_logf(float x) { return Off(x, std::log(static_cast<double>(x))); }
float fake_cuda_log1pf(float x) { return Off(x, std::log1p(static_cast<double>(x))); }
float fake_cuda_tanhf(float x) { return Off(x, std::tanh(static_cast<double>(x))); }
}
