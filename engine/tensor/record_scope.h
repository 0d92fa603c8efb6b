// Switches recording for the life of the scope, on this thread.
//
//   {
//     const RecordScope off(false);
//     fake = generator.Forward(w, noise);  // no history, because this step does not train the generator
//   }
#ifndef ENGINE_TENSOR_RECORD_SCOPE_H_
#define ENGINE_TENSOR_RECORD_SCOPE_H_

namespace sg {

class RecordScope {
 public:
  explicit RecordScope(bool record);
  ~RecordScope();
  RecordScope(const RecordScope&) = delete;
  RecordScope& operator=(const RecordScope&) = delete;

  static bool IsRecording();  // true at the start of every thread

 private:
  bool previous_;
};

}  // namespace sg

#endif  // ENGINE_TENSOR_RECORD_SCOPE_H_
