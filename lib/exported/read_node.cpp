#include "exported/read_node.h"

#include <stdexcept>

#include "exported/read_argument.h"

namespace actsparse::exported {
namespace {

using nlohmann::json;

std::string joined(const std::string& module, const std::string& name) {
  return module.empty() ? name : module + "." + name;
}

// Python's expression for a module: L['self'].a[0], getattr(E, 'b'), E._modules['c'].
class PathReader {
 public:
  explicit PathReader(const std::string& text) : text_(text) {}

  std::string fqn() {
    const std::string result = expression(0);
    if (at_ != text_.size()) fail();
    return result;
  }

 private:
  std::string expression(int depth) {
    if (depth > 64) fail();
    std::string module;
    if (take("getattr(")) {
      module = expression(depth + 1);
      expect(", ");
      module = joined(module, quoted());
      expect(")");
    } else {
      expect("L[");
      quoted();  // the argument that is the root
      expect("]");
    }
    while (true) {
      if (take("._modules[")) {
        module = joined(module, quoted());
        expect("]");
      } else if (take("[")) {
        module = joined(module, text_[at_] == '\'' || text_[at_] == '"' ? quoted() : word());
        expect("]");
      } else if (take(".")) {
        module = joined(module, word());
      } else {
        return module;
      }
    }
  }

  std::string quoted() {
    const char mark = at_ < text_.size() ? text_[at_] : '\0';
    const size_t end = mark == '\'' || mark == '"' ? text_.find(mark, at_ + 1) : std::string::npos;
    if (end == std::string::npos) fail();
    const std::string inner = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return inner;
  }

  std::string word() {
    const size_t end = std::min(text_.find_first_of(".[](), ", at_), text_.size());
    if (end == at_) fail();
    const std::string inner = text_.substr(at_, end - at_);
    at_ = end;
    return inner;
  }

  bool take(const std::string& token) {
    if (text_.compare(at_, token.size(), token) != 0) return false;
    at_ += token.size();
    return true;
  }
  void expect(const std::string& token) {
    if (!take(token)) fail();
  }
  [[noreturn]] void fail() const {
    throw std::runtime_error("a module is called '" + text_ + "', which is no name");
  }

  const std::string& text_;
  size_t at_ = 0;
};

std::vector<std::string> parts(const std::string& text, char between) {
  std::vector<std::string> out;
  size_t begin = 0;
  int depth = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && (text[i] == '(' || text[i] == '[')) ++depth;
    if (i < text.size() && (text[i] == ')' || text[i] == ']')) --depth;
    if (i < text.size() && (text[i] != between || depth > 0)) continue;
    out.push_back(text.substr(begin, i - begin));
    begin = i + 1;
  }
  return out;
}

// "key,fqn,type;key,fqn,type": a path of Python's may hold commas within brackets.
std::vector<Frame> read_stack(const std::string& text) {
  std::vector<Frame> stack;
  if (text.empty()) return stack;
  for (const auto& part : parts(text, ';')) {
    const auto fields = parts(part, ',');
    if (fields.size() != 3) throw std::runtime_error("a node's module stack is damaged");
    stack.push_back({fields[0], read_fqn(fields[1]), fields[2]});
  }
  return stack;
}

// Left behind by PyTorch's own hook: no module.
bool is_told(const std::vector<Frame>& stack) {
  return !stack.empty() && stack.front().key.find("_empty_nn_module_stack") == std::string::npos;
}

}  // namespace

std::string read_fqn(const std::string& path) {
  const bool is_python = path.compare(0, 2, "L[") == 0 || path.compare(0, 8, "getattr(") == 0;
  return is_python ? PathReader(path).fqn() : path;
}

ProgramNode read_node(const json& given) {
  ProgramNode node;
  node.target = given.at("target").get<std::string>();
  for (const auto& input : given.at("inputs"))
    node.inputs.push_back({input.at("name").get<std::string>(), read_argument(input.at("arg"))});
  for (const auto& output : given.at("outputs")) node.outputs.push_back(read_argument(output));
  if (const auto metadata = given.find("metadata"); metadata != given.end()) {
    const auto stack = metadata->find("nn_module_stack");
    if (stack != metadata->end()) node.stack = read_stack(stack->get<std::string>());
    if (!is_told(node.stack)) node.stack.clear();
  }
  return node;
}

ProgramGraph read_graph(const json& given) {
  ProgramGraph graph;
  for (const auto& input : given.at("inputs")) graph.inputs.push_back(read_argument(input));
  for (const auto& output : given.at("outputs")) graph.outputs.push_back(read_argument(output));
  for (const auto& node : given.at("nodes")) graph.nodes.push_back(read_node(node));
  return graph;
}

}  // namespace actsparse::exported
