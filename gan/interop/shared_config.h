// The configuration in files that leave the machine.
#ifndef GAN_INTEROP_SHARED_CONFIG_H_
#define GAN_INTEROP_SHARED_CONFIG_H_

#include <string>

#include "gan/config/config.h"

namespace sg::gan {

// As ToJson (gan/config/json.h), without the place of the images, which is nobody else's business.
std::string SharedConfig(TrainConfig config);

}  // namespace sg::gan

#endif  // GAN_INTEROP_SHARED_CONFIG_H_
