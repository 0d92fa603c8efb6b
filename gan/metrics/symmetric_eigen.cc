#include "gan/metrics/symmetric_eigen.h"

#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <cstddef>

#include "engine/base/check.h"

namespace sg::gan {

EigenPairs SymmetricEigen(const std::vector<double>& matrix, int64_t dim) {
  SG_CHECK(dim > 0 && static_cast<int64_t>(matrix.size()) == dim * dim)
      << "[SymmetricEigen] " << matrix.size() << " values for " << dim << " rows";
  const Eigen::Map<const Eigen::MatrixXd> symmetric(matrix.data(), dim, dim);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(symmetric);
  EigenPairs pairs;
  for (Eigen::Index k = dim - 1; k >= 0; --k) {  // the solver's order is ascending
    pairs.values.push_back(solver.eigenvalues()[k]);
    Eigen::Index largest = 0;
    solver.eigenvectors().col(k).cwiseAbs().maxCoeff(&largest);
    const double sign = solver.eigenvectors()(largest, k) < 0 ? -1 : 1;
    for (Eigen::Index i = 0; i < dim; ++i) pairs.vectors.push_back(sign * solver.eigenvectors()(i, k));
  }
  return pairs;
}

}  // namespace sg::gan
