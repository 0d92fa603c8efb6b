// Style mixing (Karras et al., "A style-based generator architecture", 2019, section 3.1): a picture that takes some
// entries of w from one latent and the others from another. The first entries carry pose and shape, the last colors.
//
//   const std::vector<int64_t> coarse = {0, 1, 2, 3};
//   Tensor w = MixStyles(row, columns, coarse);   // [K,1,d], [K,C,d] -> [K,C,d]
#ifndef GAN_EDIT_STYLE_MIX_H_
#define GAN_EDIT_STYLE_MIX_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "engine/tensor/tensor.h"
#include "gan/config/config.h"

namespace sg::gan {

// The entries that a mix takes from the column unless told otherwise: with a latent for every layer the first seven,
// as NVIDIA's tool does, but not all; with a latent for every block the first half.
std::vector<int64_t> DefaultMixedStyles(const ModelConfig& model);

// row [K,1,d] and columns [K,C,d] -> [K,C,d]: the entries `styles`, each from 0 to K - 1, of the columns, and all
// others of the row.
Tensor MixStyles(const Tensor& row, const Tensor& columns, absl::Span<const int64_t> styles);

}  // namespace sg::gan

#endif  // GAN_EDIT_STYLE_MIX_H_
