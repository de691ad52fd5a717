#include "exported/read_program.h"

#include <algorithm>
#include <stdexcept>

#include "exported/read_argument.h"
#include "exported/read_node.h"
#include "exported/read_tree.h"

namespace actsparse::exported {
namespace {

using nlohmann::json;

constexpr int64_t schema_major = 8;

void check_version(const json& program) {
  const auto major = program.at("schema_version").at("major").get<int64_t>();
  if (major != schema_major)
    throw std::runtime_error("its schema is version " + std::to_string(major) +
                             ", this importer's " + std::to_string(schema_major) +
                             "; save it with another PyTorch (2.6 to 2.14 are known to work)");
}

// The one key of a tagged union, and what it holds.
std::pair<std::string, const json*> tagged(const json& item) {
  if (!item.is_object() || item.size() != 1) throw std::runtime_error("its signature is damaged");
  return {item.begin().key(), &item.begin().value()};
}

std::string name_in(const json& spec) { return spec.at("arg").at("name").get<std::string>(); }

InputSpec read_input(const json& item) {
  const auto [kind, spec] = tagged(item);
  InputSpec input;
  if (kind == "parameter") {
    input.kind = InputSpec::Kind::Parameter;
    input.name = name_in(*spec);
    input.target = spec->at("parameter_name").get<std::string>();
  } else if (kind == "buffer") {
    input.kind = InputSpec::Kind::Buffer;
    input.name = name_in(*spec);
    input.target = spec->at("buffer_name").get<std::string>();
    input.is_persistent = spec->at("persistent").get<bool>();
  } else if (kind == "tensor_constant") {
    input.kind = InputSpec::Kind::Constant;
    input.name = name_in(*spec);
    input.target = spec->at("tensor_constant_name").get<std::string>();
  } else if (kind == "user_input") {
    const Argument argument = read_argument(spec->at("arg"));
    input.kind = argument.is_value() ? InputSpec::Kind::User : InputSpec::Kind::FixedUser;
    input.name = argument.name;
    input.fixed = argument.constant;
  } else if (kind == "constant_input") {
    input.kind = InputSpec::Kind::FixedUser;
    input.name = spec->at("name").get<std::string>();
    input.fixed = read_argument(spec->at("value")).constant;
  } else {
    throw std::runtime_error("it has an input of the kind '" + kind + "', which is not taken");
  }
  return input;
}

OutputSpec read_output(const json& item) {
  const auto [kind, spec] = tagged(item);
  OutputSpec output;
  if (kind == "user_output") {
    output.value = read_argument(spec->at("arg"));
    return output;
  }
  if (kind == "buffer_mutation") {
    output.kind = OutputSpec::Kind::BufferMutation;
    output.target = spec->at("buffer_name").get<std::string>();
  } else if (kind == "user_input_mutation") {
    output.kind = OutputSpec::Kind::UserInputMutation;
    output.target = spec->at("user_input_name").get<std::string>();
  } else {
    throw std::runtime_error("it has an output of the kind '" + kind + "', which is not taken");
  }
  output.value.kind = Argument::Kind::Value;
  output.value.name = name_in(*spec);
  return output;
}

Size read_size(const json& size) {
  if (const auto fixed = size.find("as_int"); fixed != size.end())
    return {fixed->get<int64_t>(), ""};
  return {std::nullopt, size.at("as_expr").at("expr_str").get<std::string>()};
}

// A dtype that is not known counts where the value is used.
std::map<std::string, TensorShape> read_shapes(const json& graph) {
  std::map<std::string, TensorShape> shapes;
  for (const auto& [name, meta] : graph.at("tensor_values").items()) {
    TensorShape& shape = shapes[name];
    const auto number = meta.at("dtype").get<int64_t>();
    if (number >= 1 && number <= 13) shape.dtype = read_dtype(meta.at("dtype"));
    for (const auto& size : meta.at("sizes")) shape.sizes.push_back(read_size(size));
  }
  return shapes;
}

std::optional<int64_t> bound(const json& range, const char* key) {
  const auto value = range.find(key);
  if (value == range.end() || !value->is_number_integer()) return std::nullopt;
  return value->get<int64_t>();
}

void read_calls(const json& calls, Program& program) {
  for (const auto& call : calls) {
    const auto fqn = call.at("fqn").get<std::string>();
    const auto at = fqn.find('@');  // a second call: no second module
    if (at == std::string::npos) program.modules.push_back(fqn);
  }
  const json& root = calls.at(0).at("signature");
  program.arguments = read_tree(root.at("in_spec").get<std::string>());
  program.results = read_tree(root.at("out_spec").get<std::string>());
  const auto names = root.find("forward_arg_names");
  if (names != root.end() && names->is_array())
    program.argument_names = names->get<std::vector<std::string>>();
}

Program read_parts(const json& given) {
  check_version(given);
  Program program;
  const auto& module = given.at("graph_module");
  const auto& signature = module.at("signature");
  program.graph = read_graph(module.at("graph"));
  program.shapes = read_shapes(module.at("graph"));
  for (const auto& input : signature.at("input_specs")) program.inputs.push_back(read_input(input));
  for (const auto& output : signature.at("output_specs"))
    program.outputs.push_back(read_output(output));
  for (const auto& [symbol, range] : given.at("range_constraints").items())
    program.ranges[symbol] = {bound(range, "min_val"), bound(range, "max_val")};
  read_calls(module.at("module_call_graph"), program);
  return program;
}

void check_parts(const Program& program) {
  size_t users = 0, results = 0;
  for (const auto& input : program.inputs)
    users += input.kind == InputSpec::Kind::User || input.kind == InputSpec::Kind::FixedUser;
  for (const auto& output : program.outputs) results += output.kind == OutputSpec::Kind::User;
  const Tree& arguments = program.arguments;
  const bool is_call = arguments.kind == Tree::Kind::Tuple && arguments.children.size() == 2 &&
                       arguments.children[0].kind == Tree::Kind::Tuple &&
                       arguments.children[1].kind == Tree::Kind::Dict;
  if (!is_call || leaves(arguments) != users || leaves(program.results) != results ||
      program.graph.inputs.size() != program.inputs.size() ||
      program.graph.outputs.size() != program.outputs.size())
    throw std::runtime_error("its signature does not fit its graph");
}

}  // namespace

Program read_program(const json& given) try {
  Program program = read_parts(given);
  check_parts(program);
  return program;
} catch (const nlohmann::json::exception& error) {
  throw std::runtime_error(std::string("its program is damaged: ") + error.what());
}

}  // namespace actsparse::exported
