#include "sparsifier/document_reader.h"

#include <ATen/core/Dict.h>
#include <ATen/core/List.h>

#include <algorithm>

#include "base/digest.h"
#include "base/error.h"
#include "sparsifier/json_ivalue.h"

namespace actsparse {
namespace {

using c10::IValue;

// More are no real data's; lists of them would take all memory.
constexpr int64_t kMostBatches = 100'000'000;

bool is_count(const IValue& value) { return value.isInt() && value.toInt() >= 0; }

bool is_batch_count(const IValue& value) {
  return is_count(value) && value.toInt() <= kMostBatches;
}

BatchRun read_batch_run(const IValue& value, const std::string& place) {
  const auto numbers = value.isList() ? value.toListRef().vec() : std::vector<IValue>();
  if (numbers.size() != 3 || !std::all_of(numbers.begin(), numbers.end(), is_batch_count) ||
      numbers[1].toInt() < 1)
    broken_state(place + " is not a list of batches");
  return {numbers[0].toInt(), numbers[1].toInt(), numbers[2].toInt()};
}

}  // namespace

void broken_state(const std::string& what) {
  throw Error(ErrorKind::State, "not a whole actsparse state: " + what +
                                    "; give a file that an actsparse command wrote as its state");
}

DocumentReader::DocumentReader(const IValue& value, std::string place) : place_(std::move(place)) {
  if (!value.isGenericDict()) broken_state(place_ + " is not a dict");
  for (const auto& entry : value.toGenericDict()) {
    if (!entry.key().isString()) broken_state(place_ + " has a key that is not a string");
    entries_.emplace_back(entry.key().toStringRef(), entry.value());
  }
}

const IValue* DocumentReader::find(const std::string& key) const {
  for (const auto& [name, value] : entries_)
    if (name == key) return &value;
  return nullptr;
}

const IValue& DocumentReader::at(const std::string& key) const {
  const IValue* value = find(key);
  if (value == nullptr) broken_state(place_ + " lacks '" + key + "'");
  return *value;
}

DocumentReader DocumentReader::dict(const std::string& key) const {
  return {at(key), place_ + "." + key};
}

int64_t DocumentReader::integer(const std::string& key) const {
  if (!is_count(at(key))) broken_state(place_ + "." + key + " is not a count");
  return at(key).toInt();
}

int64_t DocumentReader::batches(const std::string& key) const {
  if (!is_batch_count(at(key))) broken_state(place_ + "." + key + " is not a number of batches");
  return at(key).toInt();
}

std::string DocumentReader::text(const std::string& key) const {
  if (!at(key).isString()) broken_state(place_ + "." + key + " is not a string");
  return at(key).toStringRef();
}

std::vector<IValue> DocumentReader::list(const std::string& key) const {
  if (!at(key).isList()) broken_state(place_ + "." + key + " is not a list");
  return at(key).toListRef().vec();
}

std::vector<int64_t> DocumentReader::integers(const std::string& key) const {
  std::vector<int64_t> values;
  for (const IValue& element : list(key)) {
    if (!is_count(element)) broken_state(place_ + "." + key + " is not a list of sizes");
    values.push_back(element.toInt());
  }
  return values;
}

std::vector<BatchRun> DocumentReader::coverage(const std::string& key) const {
  std::vector<BatchRun> runs;
  int64_t count = 0;
  for (const IValue& run : list(key)) {
    runs.push_back(read_batch_run(run, place_ + "." + key));
    count += runs.back().count;
    if (count > kMostBatches) broken_state(place_ + "." + key + " is not a list of batches");
  }
  return runs;
}

std::vector<FunctionSource> DocumentReader::sources(const std::string& key) const {
  std::vector<FunctionSource> sources;
  for (const IValue& entry : list(key)) {
    const DocumentReader source(entry, place_ + "." + key);
    sources.push_back({source.text("label"), source.text("text")});
  }
  return sources;
}

IValue coverage_document(const std::vector<BatchRun>& coverage) {
  auto list = untyped_list();
  for (const auto& run : coverage) {
    auto numbers = untyped_list();
    for (const int64_t number : {run.first, run.step, run.count}) numbers.push_back(number);
    list.push_back(numbers);
  }
  return list;
}

IValue sources_document(const std::vector<FunctionSource>& sources) {
  auto list = untyped_list();
  for (const auto& source : sources) {
    auto entry = untyped_dict();
    entry.insert("label", source.label);
    entry.insert("sha256", digest_of(source.text));
    entry.insert("text", source.text);
    list.push_back(entry);
  }
  return list;
}

}  // namespace actsparse
