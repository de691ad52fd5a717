#include "pipeline/share_models.h"

#include <algorithm>
#include <sstream>

#include "model/load_model.h"

namespace actsparse {

void send_models(const std::vector<Contestant>& models, const ProcessGroup& group) {
  if (group.is_alone()) return;
  for (int64_t rank = 1; rank < group.size(); ++rank)
    group.send(std::to_string(models.size()), rank);
  for (const auto& [name, session] : models) {
    std::ostringstream archive;
    write_model(session.model, archive);
    const std::string bytes = archive.str();
    for (int64_t rank = 1; rank < group.size(); ++rank) group.send(bytes, rank);
  }
}

std::vector<Contestant> receive_models(const std::vector<std::string>& names,
                                       const Session& session, const ProcessGroup& group) {
  std::vector<Contestant> models;
  const size_t count = std::min<size_t>(names.size(), std::stoul(group.receive(0)));
  for (size_t i = 0; i < count; ++i) {
    std::istringstream archive(group.receive(0));
    models.push_back({names[i], session.with(read_model(archive, session.device))});
  }
  return models;
}

}  // namespace actsparse
