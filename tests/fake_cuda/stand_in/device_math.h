// Names for the functions of the mathematical library that kernels call. A GPU has functions of its own, which are off
// by a few units in the last place (CUDA C++ Programming Guide, "Mathematical Functions"); a host's are not. Include
// it in a kernel's source, before any other header: std::exp() and the others then call device_math.cc.
//
// sqrt, division and fma are exact on a GPU, too. sin and cos, of which random normal numbers are made, are missing:
// g++ joins the two into one function of the host.
#ifndef TESTS_FAKE_CUDA_STAND_IN_DEVICE_MATH_H_
#define TESTS_FAKE_CUDA_STAND_IN_DEVICE_MATH_H_

extern "C" {
float expf(float x) noexcept __asm__("fake_cuda_expf");
float logf(float x) noexcept __asm__("fake_cuda_logf");
float log1pf(float x) noexcept __asm__("fake_cuda_log1pf");
float tanhf(float x) noexcept __asm__("fake_cuda_tanhf");
}

#endif  // TESTS_FAKE_CUDA_STAND_IN_DEVICE_MATH_H_
