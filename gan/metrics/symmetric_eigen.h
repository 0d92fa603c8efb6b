// Eigenvalues and eigenvectors of a symmetric matrix, in f64.
//
//   const EigenPairs pairs = SymmetricEigen(covariance, dim);
//   // pairs.vectors[k * dim + i] is element i of the k-th unit vector, of the k-th largest eigenvalue.
#ifndef GAN_METRICS_SYMMETRIC_EIGEN_H_
#define GAN_METRICS_SYMMETRIC_EIGEN_H_

#include <cstdint>
#include <vector>

namespace sg::gan {

struct EigenPairs {
  std::vector<double> values;   // [dim], in descending order
  std::vector<double> vectors;  // [dim,dim], one after the other; the largest element of each is positive
};

// `matrix` [dim,dim] must be symmetric and finite. O(dim^3).
EigenPairs SymmetricEigen(const std::vector<double>& matrix, int64_t dim);

}  // namespace sg::gan

#endif  // GAN_METRICS_SYMMETRIC_EIGEN_H_
