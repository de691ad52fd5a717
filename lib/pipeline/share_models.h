#pragma once
// Models that rank 0 has made, for the other ranks to judge.
#include <string>
#include <vector>

#include "distributed/process_group.h"
#include "pipeline/examination.h"

namespace actsparse {

/// Of rank 0: hands each model to all others, as the archive that its file would be. Throws
/// Error(Interrupted) if a rank fails, write_model()'s errors.
void send_models(const std::vector<Contestant>& models, const ProcessGroup& group);

/// Of the others: what send_models() hands over, on the device of `session` and called as it is;
/// `names` are those that they may be, in order: the last ones may be missing. Throws
/// Error(Interrupted) if rank 0 fails, Error(Model).
std::vector<Contestant> receive_models(const std::vector<std::string>& names,
                                       const Session& session, const ProcessGroup& group);

}  // namespace actsparse
