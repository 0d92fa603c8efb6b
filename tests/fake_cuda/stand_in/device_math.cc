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

// Neighboring floats are neighboring integers.
template <typename Int, typename T>
T Off(T x, T exact) {
  const int64_t ulps = Ulps();
  if (ulps == 0 || !std::isnormal(exact) || x == 0) return exact;
  Int argument, bits;
  std::memcpy(&argument, &x, sizeof x);
  std::memcpy(&bits, &exact, sizeof bits);
  const uint64_t scattered = static_cast<uint64_t>(argument) * 0x9e3779b97f4a7c15u >> 32;
  bits += static_cast<Int>(static_cast<int64_t>(scattered % (2 * ulps + 1)) - ulps);
  T result;
  std::memcpy(&result, &bits, sizeof result);
  return result;
}

float OffF(float x, double exact) { return Off<uint32_t>(x, static_cast<float>(exact)); }
double OffD(double x, double exact) { return Off<uint64_t>(x, exact); }

}  // namespace

extern "C" {

float fake_cuda_expf(float x) { return OffF(x, std::exp(static_cast<double>(x))); }
float fake_cuda_logf(float x) { return OffF(x, std::log(static_cast<double>(x))); }
float fake_cuda_log1pf(float x) { return OffF(x, std::log1p(static_cast<double>(x))); }
float fake_cuda_tanhf(float x) { return OffF(x, std::tanh(static_cast<double>(x))); }
double fake_cuda_exp(double x) { return OffD(x, std::exp(x)); }
double fake_cuda_log(double x) { return OffD(x, std::log(x)); }
double fake_cuda_log1p(double x) { return OffD(x, std::log1p(x)); }
double fake_cuda_tanh(double x) { return OffD(x, std::tanh(x)); }
}
