#include "pipeline/trial_batch.h"

namespace actsparse {

TrialBatch first_batch(BatchSource& data) {
  data.rewind();
  return {data.next().value().arguments, "calibration batch"};
}

}  // namespace actsparse
