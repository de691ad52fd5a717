#pragma once
// Ranks of one job as threads of the test.
#include <functional>
#include <thread>
#include <vector>

#include "config/launch.h"

namespace actsparse {

/// A port of this machine that nobody listens at.
uint16_t free_port();

/// What a launcher would tell rank `rank` of `size` on this machine.
Launch local_launch(int64_t rank, int64_t size, uint16_t port);

/// Runs `work` for every rank at the same time; returns what each threw, or "".
std::vector<std::string> run_ranks(int64_t size, const std::function<void(const Launch&)>& work);

}  // namespace actsparse
