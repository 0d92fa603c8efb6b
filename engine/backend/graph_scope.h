// Work that the device may take as a whole, if the backend was told to: see Backend::BeginGraph.
//
//   {
//     const GraphScope graph(backend, "G 32");
//     ... operations, none of which waits ...
//   }
//   loss.Item();  // not before
#ifndef ENGINE_BACKEND_GRAPH_SCOPE_H_
#define ENGINE_BACKEND_GRAPH_SCOPE_H_

#include <string>

#include "engine/backend/backend.h"

namespace sg {

class GraphScope {
 public:
  GraphScope(Backend& backend, const std::string& key) : backend_(backend) { backend_.BeginGraph(key); }
  ~GraphScope() { backend_.EndGraph(); }
  GraphScope(const GraphScope&) = delete;
  GraphScope& operator=(const GraphScope&) = delete;

 private:
  Backend& backend_;
};

}  // namespace sg

#endif  // ENGINE_BACKEND_GRAPH_SCOPE_H_
