// Directions in w along which pictures change in one respect, found without labels.
//
//   absl::StatusOr<Directions> found = SefaDirections(model, generator.get(), AllEntries(model), /*count=*/10);
//   Tensor edited = MoveAlong(w, found->Vector(0), /*amount=*/3, AllEntries(model));
//   absl::Status status = WriteDirections("sefa.npz", *found);
#ifndef GAN_EDIT_DIRECTIONS_H_
#define GAN_EDIT_DIRECTIONS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "gan/config/config.h"
#include "gan/model/network.h"

namespace sg::gan {

struct Directions {
  int64_t dim = 0;                // elements of w
  std::vector<float> vectors;     // [count,dim], of unit length, the most important first
  std::vector<float> deviations;  // [count]: an amount of 1 moves w by so much
  std::vector<float> shares;      // [count], of the total of what the method ranks by
  std::vector<float> mean;        // [dim]: the mean of w, or zeros

  int64_t count() const { return static_cast<int64_t>(deviations.size()); }
  // Vector k times its deviation.
  std::vector<float> Step(int64_t k) const;
};

// 0, 1, ..., NumLatents() - 1.
std::vector<int64_t> AllEntries(const ModelConfig& model);

// SeFa (Shen and Zhou 2021, "Closed-form factorization of latent semantics in GANs"): the eigenvectors of A A^T, where
// the columns of A [dim,C] are the rows of the layers' style weights, each of unit length. They are the directions that
// change the styles most. The layers are those that the entries of w modulate: convolutions, and of the last of the
// entries for layers the last ToRGB. The deviations are 1. `count` is from 1 to dim; `entries` are not empty.
Directions SefaDirections(const ModelConfig& model, GeneratorNetwork* generator, absl::Span<const int64_t> entries,
                          int64_t count);

// GANSpace (Harkonen et al. 2020): the principal components of w, from the exact covariance of `samples` latents. The
// deviations are those of w along them. `labels_of` gives the labels [n,label_dim] of n samples, undefined without
// labels. `progress` gets the number of samples so far; Cancelled if it returns false. `count` is from 1 to dim.
struct GanspaceParams {
  int64_t samples = 100000;
  int64_t count = 80;
  uint64_t seed = 0;
};
absl::StatusOr<Directions> GanspaceDirections(const ModelConfig& model, const GeneratorNetwork& generator,
                                              const GanspaceParams& params, Device device,
                                              const std::function<Tensor(int64_t n)>& labels_of,
                                              const std::function<bool(int64_t done)>& progress);

// w [K,N,d] with amount * step [d] added in the entries `entries`.
Tensor MoveAlong(const Tensor& w, const std::vector<float>& step, double amount, absl::Span<const int64_t> entries);

// As .npz with the names of GANSpace's files: lat_comp [count,1,d], lat_stdev [count], var_ratio [count], lat_mean
// [1,d].
absl::Status WriteDirections(const std::string& path, const Directions& directions);
// Reads such a file, also one by GANSpace itself. Only lat_comp must be there, [count,d] or [count,1,d]; its vectors
// are brought to unit length. Errors begin with the path; InvalidArgument for another dimension than `dim`.
absl::StatusOr<Directions> ReadDirections(const std::string& path, int64_t dim);

}  // namespace sg::gan

#endif  // GAN_EDIT_DIRECTIONS_H_
