// What a layer applies to its result: gain * leaky ReLU.
#ifndef NN_ACTIVATION_H_
#define NN_ACTIVATION_H_

namespace sg::nn {

struct Activation {
  double slope = 1;  // of the negative side; 1 is linear
  double gain = 1;
};

}  // namespace sg::nn

#endif  // NN_ACTIVATION_H_
