// Archives that lie.
#include "exported/archive.h"

#include "exported/edit_archive.h"
#include "model/load_model.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/files.h"

namespace actsparse {
namespace {

using exported::is_archive;
using exported::read_archive;

std::string archive_error(const std::filesystem::path& path) {
  const Error error = error_of([&] { load_model(path); });
  CHECK(error.kind() == ErrorKind::Model);
  CHECK_FALSE(contains(error.what(), "\n"));
  return error.what();
}

}  // namespace

TEST_CASE("archives of torch.export are told by their entries", "[exported]") {
  CHECK(is_archive(archive_named("2.6/tiny")));
  CHECK(is_archive(archive_named("2.14/tiny")));
  CHECK_FALSE(is_archive(source_dir() / "sample_models" / "digits_cnn.pt"));
}

TEST_CASE("weights lie on the file itself", "[exported]") {
  const auto archive = read_archive(archive_named("2.14/tiny"));
  CHECK(archive.tensors.size() == 9);
  CHECK(archive.tensors.at("conv.weight").sizes() == at::IntArrayRef({8, 3, 3, 3}));
  const auto tied = read_archive(archive_named("2.14/tied"));
  CHECK(tied.tensors.at("embed.weight").is_same(tied.tensors.at("head.weight")));
}

TEST_CASE("weights that do not fit what is there are refused", "[exported]") {
  const TemporaryFolder folder;
  const auto edited = [&](const std::function<void(nlohmann::json&)>& edit) {
    edit_weights(folder / "x.pt2",
                 [&](nlohmann::json& weights) { edit(weights["config"]["conv.weight"]); });
    return archive_error(folder / "x.pt2");
  };
  using nlohmann::json;
  const auto meta = [](const char* key, const json& value) {
    return [key, value](json& entry) { entry["tensor_meta"][key] = value; };
  };
  const json huge = {{"as_int", int64_t{1} << 60}};
  CHECK(contains(edited(meta("sizes", {huge, huge, huge, huge})), "impossible"));
  CHECK(contains(edited(meta("sizes", {huge, {{"as_int", 1}}, {{"as_int", 1}}, {{"as_int", 1}}})),
                 "impossible"));
  CHECK(contains(edited(meta("storage_offset", {{"as_int", 4000}})), "shorter than its shape"));
  CHECK(contains(edited(meta("storage_offset", {{"as_int", -1}})), "do not fit"));
  CHECK(contains(edited(meta("strides", json::array())), "do not fit"));
  CHECK(contains(edited(meta("dtype", 77)), "number 77"));
  CHECK(contains(edited(meta("layout", 1)), "sparse tensors"));
  CHECK(contains(edited([](json& entry) { entry["path_name"] = "weight_99"; }),
                 "has no data/weights/weight_99"));
  CHECK(contains(edited([](json& entry) { entry["use_pickle"] = true; }), "pickled object"));
  CHECK(contains(edited([](json& entry) { entry = nullptr; }), "cannot be taken"));
}

TEST_CASE("archives with parts missing, or too many, are refused", "[exported]") {
  const TemporaryFolder folder;
  const auto edited = [&](const std::function<void(Records&)>& edit) {
    edit_archive(folder / "x.pt2", edit);
    return archive_error(folder / "x.pt2");
  };
  CHECK(contains(edited([](Records& records) { records.erase("models/model.json"); }),
                 "holds no program"));
  CHECK(contains(edited([](Records& records) {
                   records.erase("models/model.json");
                   records["data/aotinductor/model/model.so"] = "ELF";
                 }),
                 "compiled code (AOTInductor)"));
  CHECK(contains(edited([](Records& records) { records["models/other.json"] = "{}"; }),
                 "several models (model, other)"));
  CHECK(contains(
      edited([](Records& records) { records.erase("data/weights/model_weights_config.json"); }),
      "lacks the tensor"));
  CHECK(contains(edited([](Records& records) { records["models/model.json"] = "{"; }),
                 "JSON is damaged"));
  CHECK(contains(edited([](Records& records) { records["models/model.json"] = "{}"; }),
                 "its program is damaged"));
  CHECK(contains(
      edited([](Records& records) { records["models/model.json"] = std::string(1 << 20, '['); }),
      "nested too deeply"));
}

TEST_CASE("an archive that is cut off is refused", "[exported]") {
  const TemporaryFolder folder;
  for (const std::string name : {"2.6/tiny", "2.14/tiny"}) {
    const std::string bytes = read_file(archive_named(name));
    for (size_t length = 64; length < bytes.size(); length += bytes.size() / 23) {
      write_file(folder / "x.pt2", bytes.substr(0, length));
      CHECK(contains(archive_error(folder / "x.pt2"), "x.pt2"));
    }
  }
}

}  // namespace actsparse
