#include "model/extra_files.h"

#include <caffe2/serialize/inline_container.h>

#include "base/error.h"
#include "exported/archive.h"

namespace actsparse {
namespace {

constexpr const char* kFolder = "extra/";
constexpr const char* kProvenance = "actsparse.json";

}  // namespace

ExtraFiles read_extra_files(const std::filesystem::path& path) {
  ExtraFiles files;
  if (exported::is_archive(path)) return files;  // it has none
  try {
    caffe2::serialize::PyTorchStreamReader reader(path.string());
    for (const auto& name : reader.getAllRecords()) {
      if (name.rfind(kFolder, 0) != 0) continue;
      const auto [bytes, size] = reader.getRecord(name);
      files[name.substr(std::string(kFolder).size())] =
          std::string(static_cast<const char*>(bytes.get()), size);
    }
  } catch (const std::exception& cause) {
    throw Error(ErrorKind::Model, path.string() + ": the archive's extra files cannot be read: " +
                                      first_line(cause.what()))
        .with_details(cause.what());
  }
  return files;
}

void add_provenance(ExtraFiles& files, const Provenance& provenance) {
  files[kProvenance] = to_json(provenance).dump(2) + "\n";
}

std::optional<Provenance> provenance_in(const ExtraFiles& files) {
  const auto found = files.find(kProvenance);
  if (found == files.end()) return std::nullopt;
  try {
    return provenance_from_json(nlohmann::ordered_json::parse(found->second));
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

}  // namespace actsparse
