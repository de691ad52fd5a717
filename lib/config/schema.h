#pragma once
// What the config's tables say of themselves: docs/config.schema.json.
#include "config/fields.h"

namespace actsparse {

/// An object of the config.
struct Definition {
  std::string name, meaning;
  Properties properties;
  Schema rules;               ///< what the schema says of keys that depend on each other
  Schema other_keys = false;  ///< what keys beside `properties` may be; false: none
};

/// All objects, "config", the whole, first.
const std::vector<Definition>& definitions();

/// JSON Schema, draft 7.
Schema config_schema();

}  // namespace actsparse
