// Elementwise operations. Operands have one floating dtype and broadcast by NumPy's rules. Differentiable to any order
// where the function is smooth. At kinks (|x|, leaky ReLU, clamp, maximum) the gradient is one-sided and the second
// derivative is 0.
//
//   Tensor y = Sqrt(Square(a) + Square(b)) - Scale(a, 2);
#ifndef ENGINE_OPS_ELEMENTWISE_H_
#define ENGINE_OPS_ELEMENTWISE_H_

#include "engine/tensor/tensor.h"

namespace sg {

// scale * x + shift
Tensor Affine(const Tensor& x, double scale, double shift);
inline Tensor Scale(const Tensor& x, double scale) { return Affine(x, scale, 0); }
// Returns x itself if the scale is 1.
inline Tensor ScaleIfNeeded(const Tensor& x, double scale) { return scale == 1 ? x : Scale(x, scale); }
inline Tensor Neg(const Tensor& x) { return Scale(x, -1); }

Tensor Exp(const Tensor& x);
Tensor Log(const Tensor& x);
Tensor Sqrt(const Tensor& x);
Tensor Rsqrt(const Tensor& x);  // 1 / sqrt(x)
Tensor Reciprocal(const Tensor& x);
Tensor Square(const Tensor& x);
Tensor Abs(const Tensor& x);
Tensor Tanh(const Tensor& x);
Tensor Sigmoid(const Tensor& x);
Tensor Softplus(const Tensor& x);  // log(1 + exp(x))
Tensor LeakyRelu(const Tensor& x, double slope);
inline Tensor Relu(const Tensor& x) { return LeakyRelu(x, 0); }
Tensor Clamp(const Tensor& x, double low, double high);  // a limit beyond the range of the dtype is no limit
Tensor Sign(const Tensor& x);                            // gradient zero

// alpha * a + beta * b
Tensor AddScaled(const Tensor& a, double alpha, const Tensor& b, double beta);
inline Tensor Add(const Tensor& a, const Tensor& b) { return AddScaled(a, 1, b, 1); }
inline Tensor Sub(const Tensor& a, const Tensor& b) { return AddScaled(a, 1, b, -1); }
// alpha * a * b
Tensor MulScaled(const Tensor& a, const Tensor& b, double alpha);
inline Tensor Mul(const Tensor& a, const Tensor& b) { return MulScaled(a, b, 1); }
// alpha * a / b
Tensor DivScaled(const Tensor& a, const Tensor& b, double alpha);
inline Tensor Div(const Tensor& a, const Tensor& b) { return DivScaled(a, b, 1); }
Tensor Maximum(const Tensor& a, const Tensor& b);
Tensor Greater(const Tensor& a, const Tensor& b);  // 1 where a > b, else 0; gradient zero
// a where condition is not 0, else b. The condition has the dtype of a and gets no gradient.
Tensor Where(const Tensor& condition, const Tensor& a, const Tensor& b);

// The value in another dtype. Returns x itself if it has that dtype already. Gradients pass between floating dtypes.
Tensor Cast(const Tensor& x, DType dtype);

inline Tensor operator+(const Tensor& a, const Tensor& b) { return Add(a, b); }
inline Tensor operator-(const Tensor& a, const Tensor& b) { return Sub(a, b); }
inline Tensor operator*(const Tensor& a, const Tensor& b) { return Mul(a, b); }
inline Tensor operator/(const Tensor& a, const Tensor& b) { return Div(a, b); }
inline Tensor operator-(const Tensor& x) { return Neg(x); }

}  // namespace sg

#endif  // ENGINE_OPS_ELEMENTWISE_H_
