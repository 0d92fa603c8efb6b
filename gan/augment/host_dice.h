// Random numbers of augmentation, drawn on the host. Every roll takes one block of the stream, whatever it gives, so
// the position of the stream depends only on how many images were augmented.
//
//   HostDice dice(&stream);
//   if (dice.Roll(0.5)) angle = dice.Uniform(0) * kPi;
#ifndef GAN_AUGMENT_HOST_DICE_H_
#define GAN_AUGMENT_HOST_DICE_H_

#include <cmath>

#include "engine/base/philox.h"
#include "engine/ops/random.h"

namespace sg::gan {

class HostDice {
 public:
  // Refers to the stream.
  explicit HostDice(RandomStream* stream) : stream_(*stream) {}

  // True with this probability. Gives the numbers below anew; they do not depend on the result.
  bool Roll(double probability) {
    block_ = PhiloxAt(stream_.seed, stream_.stream, stream_.offset++);
    return Unit(block_.v[3]) < probability;
  }
  // Independent numbers in [0, 1), for axis 0 or 1.
  double Uniform(int axis) const { return Unit(block_.v[axis]); }
  // A whole number from 0 to count - 1.
  int Index(int count, int axis) const { return static_cast<int>(Uniform(axis) * count); }
  // Standard normal numbers, for axis 0 or 1: independent of each other, but made of the same bits as the uniform ones.
  double Normal(int axis) const {
    float numbers[2];
    NormalPairFromBits(block_.v[0], block_.v[1], &numbers[0], &numbers[1]);
    return numbers[axis];
  }

 private:
  static double Unit(uint32_t bits) { return bits * (1.0 / 4294967296.0); }

  RandomStream& stream_;
  PhiloxBlock block_ = {};
};

}  // namespace sg::gan

#endif  // GAN_AUGMENT_HOST_DICE_H_
