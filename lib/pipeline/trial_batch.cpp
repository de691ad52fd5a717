#include "pipeline/trial_batch.h"

#include <algorithm>

#include "base/error.h"
#include "record/run.h"

namespace actsparse {
namespace {

bool is_like(const ArgumentRecord& a, const ArgumentRecord& b) {
  return a.shape == b.shape && sizes_in(a.constant) == sizes_in(b.constant);
}

bool is_of_use(const std::vector<c10::IValue>& first, const std::vector<c10::IValue>& other) {
  const auto a = describe(first), b = describe(other);
  return batch_size_of(a) < kEnoughSamples ||
         !std::equal(a.begin(), a.end(), b.begin(), b.end(), is_like);
}

// The next batch, if it can be read: that it cannot is for those to tell who need it.
void take_next(BatchSource& data, TrialBatch& batch) try {
  auto next = data.next();
  if (next && is_of_use(batch.arguments, next->arguments))
    batch.others.push_back(std::move(next->arguments));
} catch (const Error& error) {
  if (error.kind() == ErrorKind::Interrupted) throw;
}

}  // namespace

TrialBatch first_batch(BatchSource& data, const std::string& name) {
  data.rewind();
  auto first = data.next();
  if (!first) throw Error(ErrorKind::Data, "the data has no batch");
  TrialBatch batch{std::move(first->arguments), name};
  const int64_t more = data.batches() - 1;
  if (more >= 1) take_next(data, batch);
  if (more >= 2) {
    data.skip(more - 2);
    take_next(data, batch);
  }
  return batch;
}

}  // namespace actsparse
