#include "pipeline/trial_batch.h"

namespace actsparse {

TrialBatch first_batch(BatchSource& data, const std::string& name) {
  data.rewind();
  return {data.next().value().arguments, name};
}

}  // namespace actsparse
