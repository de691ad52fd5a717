#pragma once
// A value of the JSON that knows where it stands. Types and ranges are checked here: each read
// throws Error(Config) unless the value is what is asked for.
#include <cstdint>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "config/messages.h"

namespace actsparse {

using Names = std::vector<std::string>;

/// The text that values come from.
struct JsonSource {
  std::string label;                     ///< names the text in messages; may be empty
  std::filesystem::path base;            ///< absolute; relative paths are resolved against it
  std::filesystem::path outputs = base;  ///< those of files to write
  /// Takes the keys that are missing, to be told together; null: the first one throws.
  MissingKeys* missing = nullptr;
};

struct IntegerRange {
  int64_t least = std::numeric_limits<int64_t>::min();
  int64_t most = std::numeric_limits<int64_t>::max();
  std::string or_else = "";  ///< ends the message's list of what is allowed: " or null"
};

class JsonNode {
 public:
  /// `value` and `source` must outlive the node and its children.
  JsonNode(const nlohmann::json& value, const JsonSource& source, std::string path = "")
      : value_(&value), source_(&source), path_(std::move(path)) {}

  const nlohmann::json& json() const { return *value_; }
  const JsonSource& source() const { return *source_; }
  const std::string& path() const { return path_; }

  bool boolean() const;
  int64_t integer(const IntegerRange& range = {}) const;
  uint64_t seed() const;  ///< 0 to 2^64-1
  /// Not empty, no NUL character.
  std::string text(const std::string& allowed = "a string that is not empty") const;
  std::string one_of(const Names& names) const;
  std::vector<JsonNode> list(const std::string& allowed) const;
  std::vector<JsonNode> filled_list(const std::string& allowed) const;  ///< not empty
  /// text(), resolved against the source's base.
  std::filesystem::path file() const;
  std::filesystem::path output_file() const;  ///< file(), and not a folder
  double number() const;
  double positive_number() const;

  /// Throws unless the value is an object.
  void expect_object(const std::string& allowed = "an object") const;
  /// Throws unless the value is an object that has no other keys than `known`.
  void expect_keys(const Names& known) const;
  std::optional<JsonNode> find(const std::string& key) const;

  /// A key that is needed is not there.
  void miss(const std::string& key, const std::string& allowed) const;

  /// Throws Error(Config) that describes this value.
  [[noreturn]] void fail(const std::string& allowed, const std::string& hint = "") const;
  /// The same, when what is wrong is not the value itself.
  [[noreturn]] void fail_found(const std::string& found, const std::string& allowed,
                               const std::string& hint = "") const;

 private:
  const nlohmann::json* value_;
  const JsonSource* source_;
  std::string path_;
};

}  // namespace actsparse
