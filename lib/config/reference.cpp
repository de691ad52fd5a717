#include "config/reference.h"

#include "base/error.h"
#include "config/schema.h"
#include "config/sections.h"

namespace actsparse {
namespace {

std::string default_text(const Property& property) {
  if (!property.absent.otherwise.empty()) return property.absent.otherwise;
  if (property.is_required()) return "required";
  if (!property.default_value) return "";
  const auto& value = *property.default_value;
  return value.is_string() || value.is_array() ? "`" + value.dump() + "`" : value.dump();
}

std::string table_of(const Properties& properties) {
  std::string table = "| key | type | default | meaning |\n|---|---|---|---|\n";
  for (const auto& property : properties)
    table += "| `" + property.key + "` | " + property.form.type + " | " + default_text(property) +
             " | " + property.meaning + " |\n";
  return table;
}

Properties properties_named(const std::string& name) {
  if (name == "path") return properties_of(joined(file_fields(), conversion_fields()));
  if (name == "images") return properties_of(image_object().fields);
  if (name == "selector") return properties_of(selector_fields());
  for (const auto& definition : definitions())
    if (definition.name == name) return definition.properties;
  throw Error(ErrorKind::Usage, "no keys are named '" + name + "'");
}

}  // namespace

std::string with_key_tables(const std::string& page) {
  const std::string begin = "<!-- keys: ", close = " -->\n", end = "<!-- end of keys -->\n";
  std::string out;
  size_t done = 0;
  for (size_t at = page.find(begin); at != std::string::npos; at = page.find(begin, done)) {
    const size_t name_at = at + begin.size(), name_end = page.find(close, name_at);
    const size_t table_end = page.find(end, at);
    if (name_end == std::string::npos || table_end == std::string::npos)
      throw Error(ErrorKind::Usage, "a table of keys has no line '<!-- end of keys -->'");
    const std::string name = page.substr(name_at, name_end - name_at);
    out +=
        page.substr(done, name_end + close.size() - done) + table_of(properties_named(name)) + end;
    done = table_end + end.size();
  }
  return out + page.substr(done);
}

}  // namespace actsparse
