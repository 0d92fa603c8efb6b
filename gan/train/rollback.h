// Where a training goes back to when it diverges (OnDivergence::kRollback): a checkpoint of its own. The learning rates
// are lower from there on.
//
//   Rollback rollback(&trainer, run);
//   if (rollback.enabled() && !rollback.HasGoodState()) rollback.StartHere();   // then a checkpoint is saved
//   rollback.EndTick(/*whole=*/true, stats.steady());
//   if (stats.diverged_in_a_row() >= 10 && rollback.IsAllowed()) status = rollback.GoBack();
//
// The choice depends on the training alone, and not on when it was stopped, killed and resumed, or when a user asked
// for a checkpoint. Only those at the end of a tick that is a multiple of config.snap count ("regular" ones), and one
// is good when a whole tick after it was steady (stats.h). What is known of this is in the state (RollbackState).
#ifndef GAN_TRAIN_ROLLBACK_H_
#define GAN_TRAIN_ROLLBACK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gan/train/run_directory.h"
#include "gan/train/trainer.h"

namespace sg::gan {

class Rollback {
 public:
  // Both must outlive this object.
  Rollback(Trainer* trainer, const RunDirectory& run) : trainer_(*trainer), run_(run) {}

  bool enabled() const { return trainer_.config().on_divergence == OnDivergence::kRollback; }
  // Whether the run may go back once more.
  bool IsAllowed() const { return enabled() && trainer_.rollback().count < trainer_.config().max_rollbacks; }

  // Whether the run's folder has the undamaged checkpoint of the good state.
  bool HasGoodState() const;
  std::string GoodPath() const { return PathOf(trainer_.rollback().good); }
  // The checkpoints that must not be removed: the good one, and one that may become it.
  std::vector<std::string> NeededPaths() const;

  // What follows changes nothing unless this is enabled.
  // The present state counts as good. Its checkpoint has to be saved.
  void StartHere();
  // The present state is that of a regular checkpoint, which has to be saved. Returns what was there before, for
  // Restore if that fails.
  RollbackState AtSnapshot();
  void Restore(const RollbackState& before);
  // The present state is about to be saved. `steady`: every gradient of the tick so far.
  void BeforeSave(bool steady);
  // A tick has ended, of which every gradient was `steady`. The last tick of a training may not be whole.
  void EndTick(bool whole, bool steady);

  // Loads the good state, counts, and with that lowers the learning rates. After an error the trainer is unchanged.
  absl::Status GoBack();

 private:
  std::string PathOf(int64_t steps) const;

  Trainer& trainer_;
  const RunDirectory& run_;
};

}  // namespace sg::gan

#endif  // GAN_TRAIN_ROLLBACK_H_
