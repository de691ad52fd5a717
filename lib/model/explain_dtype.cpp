#include <algorithm>
#include <cctype>
#include <iterator>
#include <map>
#include <optional>

#include "data/dtypes.h"
#include "model/explain_failure.h"

namespace actsparse {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A word of its own, or before "Tensor": "Float" of "Float but", "FloatTensor", not of "BFloat16".
bool has_word(const std::string& text, const std::string& word) {
  const auto is_letter = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const size_t end = at + word.size();
    const bool begins = at == 0 || !is_letter(text[at - 1]);
    const bool ends =
        end == text.size() || !is_letter(text[end]) || !text.compare(end, 6, "Tensor");
    if (begins && ends) return true;
  }
  return false;
}

// What C++, ATen and torch call a dtype.
bool is_mentioned(at::ScalarType dtype, const std::string& text) {
  static const std::map<at::ScalarType, std::vector<std::string>> cpp_names = {
      {at::kByte, {"unsigned char"}}, {at::kChar, {"signed char"}},
      {at::kShort, {"short"}},        {at::kInt, {"int"}},
      {at::kLong, {"long"}},          {at::kFloat, {"float"}},
      {at::kDouble, {"double"}}};
  const std::string aten = c10::toString(dtype);
  if (has_word(text, aten) || has_word(text, "CPU" + aten + "Type") ||
      has_word(text, name_of_dtype(dtype)))
    return true;
  const auto names = cpp_names.find(dtype);
  return names != cpp_names.end() &&
         std::any_of(names->second.begin(), names->second.end(),
                     [&](const std::string& name) { return has_word(text, name); });
}

bool is_about_dtypes(const std::string& cause) {
  return has(cause, "dtype") || has(cause, "scalar type");
}

// Weaker: of a dtype only if one of the inputs' is named.
bool may_be_about_dtypes(const std::string& cause) {
  return is_about_dtypes(cause) || has(cause, "not implemented for") || has_word(cause, "type");
}

bool is_about_indices(const std::string& cause) {
  for (const char* word : {"indices", "index", "indexes"})
    if (has_word(cause, word)) return true;
  return false;
}

std::optional<at::ScalarType> floating_dtype(const torch::jit::Module& module) {
  for (const at::Tensor& parameter : module.parameters())
    if (parameter.is_floating_point()) return parameter.scalar_type();
  return std::nullopt;
}

std::string advice(const NamedInput& input, at::ScalarType wanted) {
  const std::string name = name_of_dtype(wanted);
  std::string text = input_text(input) + name + " there: put \"dtype\": \"" + name +
                     "\" beside its \"path\" in data.inputs, or save it so";
  if (input.tensor.scalar_type() == at::kByte && at::isFloatingType(wanted))
    text += " (\"divide_by\": 255 makes pixels 0..1)";
  return text;
}

// Token numbers are right where the model looks them up, whatever else fails.
bool has_embedding(const torch::jit::Module& module) {
  for (const auto& part : module.modules())
    if (part.type()->name() && has(part.type()->name()->name(), "Embedding")) return true;
  return false;
}

// Those that can be meant when something else than indices is wanted.
std::vector<NamedInput> without_indices(const torch::jit::Module& module,
                                        const std::vector<NamedInput>& inputs) {
  const auto is_index = [](const NamedInput& input) {
    return input.tensor.scalar_type() == at::kLong || input.tensor.scalar_type() == at::kBool;
  };
  const bool others = !std::all_of(inputs.begin(), inputs.end(), is_index);
  if (!others && !has_embedding(module)) return inputs;
  std::vector<NamedInput> rest;
  std::remove_copy_if(inputs.begin(), inputs.end(), std::back_inserter(rest), is_index);
  return rest;
}

// The input that is not `wanted`: one whose dtype is named, else the only one that can be meant.
const NamedInput* input_to_blame(const std::string& cause, const std::vector<NamedInput>& inputs,
                                 at::ScalarType wanted) {
  std::vector<const NamedInput*> others;
  for (const auto& input : inputs) {
    if (input.tensor.scalar_type() == wanted) continue;
    if (is_mentioned(input.tensor.scalar_type(), cause)) return &input;
    others.push_back(&input);
  }
  const bool strong = is_about_dtypes(cause) || is_about_indices(cause);
  return strong && others.size() == 1 ? others.front() : nullptr;
}

}  // namespace

std::string explain_dtype(const std::string& cause, const torch::jit::Module& module,
                          const std::vector<NamedInput>& inputs) {
  const bool indices =
      is_about_indices(cause) && (is_mentioned(at::kLong, cause) || has(cause, "index tensor"));
  if (!indices && !may_be_about_dtypes(cause)) return "";
  const auto wanted = indices ? at::kLong : floating_dtype(module).value_or(at::kFloat);
  const auto candidates = indices ? inputs : without_indices(module, inputs);
  const NamedInput* input = input_to_blame(cause, candidates, wanted);
  return input == nullptr ? "" : advice(*input, wanted);
}

}  // namespace actsparse
