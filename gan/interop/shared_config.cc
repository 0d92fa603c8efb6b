#include "gan/interop/shared_config.h"

#include "gan/config/json.h"

namespace sg::gan {

std::string SharedConfig(TrainConfig config) {
  config.data.clear();
  return ToJson(config);
}

}  // namespace sg::gan
