#include "model/extra_files.h"

#include <fstream>

#include "model/load_model.h"
#include "support/catch.h"
#include "support/error_of.h"
#include "support/files.h"
#include "support/models.h"

using namespace actsparse;

namespace {

std::filesystem::path written(const TemporaryFolder& folder, const ExtraFiles& files) {
  std::ofstream out(folder / "m.pt", std::ios::binary);
  write_model(chain(), out, files);
  return folder / "m.pt";
}

}  // namespace

TEST_CASE("Extra files are read as they were written, whatever their names and bytes", "[model]") {
  const TemporaryFolder folder;
  CHECK(read_extra_files(written(folder, {})).empty());
  const ExtraFiles files = {
      {"labels.txt", "cat\ndog\n"}, {"deep/er.bin", std::string("\0\xff", 2)}, {"empty", ""}};
  CHECK(read_extra_files(written(folder, files)) == files);
}

TEST_CASE("A model's provenance is the last one added", "[model]") {
  ExtraFiles files = {{"labels.txt", "cat"}};
  CHECK_FALSE(provenance_in(files).has_value());
  Provenance provenance;
  provenance.model_digest = "aa";
  add_provenance(files, provenance);
  provenance.model_digest = "bb";
  add_provenance(files, provenance);
  CHECK(provenance_in(files).value().model_digest == "bb");
  CHECK(files.size() == 2);
}

TEST_CASE("A foreign actsparse.json is no provenance", "[model]") {
  for (const char* text : {"", "{", "[]", "null", "{}", R"({"tool_version": 3})"}) {
    INFO(text);
    CHECK_FALSE(provenance_in({{"actsparse.json", text}}).has_value());
  }
}

TEST_CASE("Extra files of what is no archive are a model error", "[model]") {
  const TemporaryFolder folder;
  write_file(folder / "m.pt", "PK\3\4 and nothing else");
  CHECK(error_of([&] { read_extra_files(folder / "m.pt"); }).kind() == ErrorKind::Model);
}
