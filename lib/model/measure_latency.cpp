#include "model/measure_latency.h"

#include <algorithm>

#include "base/stopwatch.h"
#include "model/device_of.h"
#include "model/freeze.h"
#include "model/run_method.h"

namespace actsparse {
namespace {

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

Medians measure_latency(const std::vector<Session>& sessions, const std::vector<c10::IValue>& batch,
                        double budget) {
  std::vector<Session> contestants;
  for (const auto& session : sessions) contestants.push_back(session.with(frozen(session)));
  for (auto& [model, method, training, device] : contestants) {
    run_method(model, method, batch);
    wait_for(device);
  }
  std::vector<std::vector<double>> seconds(sessions.size());
  const Stopwatch all;
  int64_t rounds = 0;
  for (; rounds < 3 || (rounds < 15 && all.seconds() < budget); ++rounds)
    for (size_t i = 0; i < sessions.size(); ++i) {
      const Stopwatch one;
      run_method(contestants[i].model, contestants[i].method, batch);
      wait_for(contestants[i].device);
      seconds[i].push_back(one.seconds());
    }
  Medians medians{{}, rounds};
  for (auto& values : seconds) medians.seconds.push_back(median(std::move(values)));
  return medians;
}

}  // namespace actsparse
