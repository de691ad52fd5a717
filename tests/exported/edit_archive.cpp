#include "exported/edit_archive.h"

#include <caffe2/serialize/inline_container.h>

#include "data/torch_records.h"
#include "support/files.h"

namespace actsparse {
namespace {

void edit_json(const std::filesystem::path& path, const std::string& record,
               const std::function<void(nlohmann::json&)>& edit) {
  edit_archive(path, [&](Records& records) {
    auto json = nlohmann::json::parse(records.at(record));
    edit(json);
    records[record] = json.dump();
  });
}

}  // namespace

std::filesystem::path archive_named(const std::string& name) {
  return source_dir() / "tests/exported/archives" / (name + ".pt2");
}

void edit_archive(const std::filesystem::path& path, const std::function<void(Records&)>& edit) {
  const TorchRecords original(archive_named("2.14/tiny").string(), ErrorKind::Model);
  Records records;
  for (const auto& [name, entry] : original.all())
    if (name.front() != '.') records[name] = original.text(name);  // the writer has its own
  edit(records);
  caffe2::serialize::PyTorchStreamWriter writer(path.string());
  for (const auto& [name, bytes] : records)
    if (name != "byteorder") writer.writeRecord(name, bytes.data(), bytes.size());
  writer.writeEndOfFile();
}

void edit_program(const std::filesystem::path& path,
                  const std::function<void(nlohmann::json&)>& edit) {
  edit_json(path, "models/model.json", edit);
}

void edit_weights(const std::filesystem::path& path,
                  const std::function<void(nlohmann::json&)>& edit) {
  edit_json(path, "data/weights/model_weights_config.json", edit);
}

}  // namespace actsparse
