#pragma once
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <type_traits>
#include <utility>

#include "base/error.h"

namespace actsparse {

/// What a command has to say: one document for programs, the same as text for people.
class Answer {
 public:
  using ToJson = std::function<nlohmann::ordered_json()>;
  using PrintText = std::function<void(std::ostream&)>;

  Answer(ToJson to_json, PrintText print_text)
      : to_json_(std::move(to_json)), print_text_(std::move(print_text)) {}

  /// Of any result that has to_json() and print_text().
  template <class Result, class = decltype(to_json(std::declval<const Result&>()))>
  Answer(Result result) {  // NOLINT(google-explicit-constructor): a result is an answer
    const auto shared = std::make_shared<const Result>(std::move(result));
    to_json_ = [shared] { return to_json(*shared); };
    print_text_ = [shared](std::ostream& out) { print_text(*shared, out); };
  }

  /// What it says is complete, but the command has failed: a gate, say.
  void fail(Error error) { failure_ = std::move(error); }
  const std::optional<Error>& failure() const { return failure_; }

  void print(std::ostream& out, bool as_json) const {
    if (as_json)
      out << to_json_().dump(2) << std::endl;
    else
      print_text_(out);
  }

 private:
  ToJson to_json_;
  PrintText print_text_;
  std::optional<Error> failure_;
};

}  // namespace actsparse
