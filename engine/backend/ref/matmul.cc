#include "engine/backend/ref/loops.h"
#include "engine/backend/ref/ref_kernels.h"

namespace sg::ref {

void RefKernels::MatMul(const MatMulArgs& args) {
  const Shape &a_shape = args.a.shape, &y_shape = args.y.shape;
  const int64_t batch = y_shape.rank() == 3 ? y_shape.dim(0) : 1, rows = y_shape.dim(-2), cols = y_shape.dim(-1);
  const int64_t depth = a_shape.dim(args.transpose_a ? -2 : -1);
  const int64_t a_cols = args.transpose_a ? rows : depth, b_cols = args.transpose_b ? depth : cols;

  // op(a)[i,k] is at i * a_i + k * a_k, and op(b)[k,j] is at k * b_k + j * b_j.
  const int64_t a_i = args.transpose_a ? 1 : a_cols, a_k = args.transpose_a ? a_cols : 1;
  const int64_t b_k = args.transpose_b ? 1 : b_cols, b_j = args.transpose_b ? b_cols : 1;
  DispatchContraction("MatMul", args.a.dtype, [&](auto in, auto out) {
    using In = decltype(in);
    using Out = decltype(out);
    for (int64_t n = 0; n < batch; ++n) {
      const In* a = args.a.as<In>() + n * rows * depth;
      const In* b = args.b.as<In>() + n * depth * cols;
      Out* y = args.y.as<Out>() + n * rows * cols;
      for (int64_t i = 0; i < rows; ++i) {
        for (int64_t j = 0; j < cols; ++j) {
          double sum = 0;
          for (int64_t k = 0; k < depth; ++k) {
            sum += static_cast<double>(static_cast<Out>(a[i * a_i + k * a_k])) * static_cast<Out>(b[k * b_k + j * b_j]);
          }
          y[i * cols + j] = static_cast<Out>(args.alpha * sum);
        }
      }
    }
  });
}

}  // namespace sg::ref
