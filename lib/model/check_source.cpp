#include "model/check_source.h"

#include <torch/csrc/jit/frontend/error_report.h>
#include <torch/csrc/jit/frontend/lexer.h>
#include <torch/csrc/jit/frontend/parser.h>
#include <torch/csrc/jit/frontend/tree_views.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace actsparse {
namespace {

using torch::jit::ErrorReport;
using torch::jit::TreeRef;

// 8 MB of stack end at a depth of 1000 to 3000, and a sum of n terms is n deep too.
constexpr size_t most_nested = 200;
constexpr int most_tokens = 2000, most_branches = 500;

// +1 where something opens, -1 where it closes.
int step(int kind) {
  using namespace torch::jit;
  if (kind == '(' || kind == '[' || kind == '{' || kind == TK_INDENT) return 1;
  if (kind == ')' || kind == ']' || kind == '}' || kind == TK_DEDENT) return -1;
  return 0;
}

// A long list is flat: what counts lies between its commas.
bool ends_expression(int kind) {
  using namespace torch::jit;
  return kind == ',' || kind == TK_NEWLINE || kind == TK_INDENT || kind == TK_DEDENT;
}

void check_nesting(const std::shared_ptr<torch::jit::Source>& source) {
  int branches = 0;
  std::vector<int> tokens = {0};  // of the expression at hand, at each depth
  for (torch::jit::Lexer lexer(source); lexer.cur().kind != torch::jit::TK_EOF;) {
    const auto token = lexer.next();
    const int way = step(token.kind);
    if (way > 0) tokens.push_back(0);
    if (way < 0 && tokens.size() > 1) tokens.pop_back();
    tokens.back() = ends_expression(token.kind) ? 0 : tokens.back() + 1;
    branches += token.kind == torch::jit::TK_ELIF ? 1 : 0;
    if (tokens.size() > most_nested) throw ErrorReport(token.range) << "nested too deeply";
    if (tokens.back() > most_tokens) throw ErrorReport(token.range) << "too long a statement";
    if (branches > most_branches) throw ErrorReport(token.range) << "too many branches";
  }
}

bool is_number(const TreeRef& tree) {
  switch (tree->kind()) {
    case torch::jit::TK_CONST:
      return true;
    case torch::jit::TK_UNARY_MINUS:
    case torch::jit::TK_POW:
    case '+':
    case '-':
    case '*':
    case '/':
      return std::all_of(tree->trees().begin(), tree->trees().end(), is_number);
    default:
      return false;
  }
}

bool is_literal(const TreeRef& tree) {
  switch (tree->kind()) {
    case torch::jit::TK_STRINGLITERAL:
    case torch::jit::TK_TRUE:
    case torch::jit::TK_FALSE:
    case torch::jit::TK_NONE:
      return true;
    case torch::jit::TK_LIST:
    case torch::jit::TK_LIST_LITERAL:
    case torch::jit::TK_TUPLE_LITERAL:
      return std::all_of(tree->trees().begin(), tree->trees().end(), is_literal);
    default:
      return is_number(tree);
  }
}

void check_defaults(const torch::jit::Def& function) {
  for (const auto& parameter : function.decl().params()) {
    const auto value = parameter.defaultValue();
    if (value.present() && !is_literal(value.get().tree()))
      throw ErrorReport(value.range())
          << "the default of '" << parameter.ident().name() << "' is not a number, text or list";
  }
}

}  // namespace

void check_source(const std::string& text) {
  const auto source = std::make_shared<torch::jit::Source>(text, "<string>", 1);
  check_nesting(source);
  torch::jit::Parser parser(source);
  while (parser.lexer().cur().kind != torch::jit::TK_EOF)
    check_defaults(torch::jit::Def(parser.parseFunction(/*is_method=*/false)));
}

}  // namespace actsparse
