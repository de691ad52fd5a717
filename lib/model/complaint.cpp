#include "model/complaint.h"

#include <algorithm>
#include <cctype>

namespace actsparse {
namespace {

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

// Of at most nine digits from `at` on, which is left behind them; -1 if there are more.
int64_t number_at(const std::string& text, size_t& at) {
  const size_t begin = at;
  while (at < text.size() && is_digit(text[at])) ++at;
  return at - begin > 9 ? -1 : std::stoll(text.substr(begin, at - begin));
}

// The numbers between `begin` and `end`; nothing unless they are a list: "[2, 3]".
std::vector<int64_t> list_between(const std::string& text, size_t begin, size_t end) {
  std::vector<int64_t> numbers;
  for (size_t at = begin; at < end;) {
    if (is_digit(text[at]))
      numbers.push_back(number_at(text, at));
    else if (text[at] == ',' || text[at] == ' ')
      ++at;
    else
      return {};
  }
  return numbers;
}

bool follows(const std::string& text, size_t at, const std::string& part) {
  return text.compare(at, part.size(), part) == 0;
}

bool is_rank(const std::string& text, size_t after) {
  for (const char* word : {"D ", "D)", "D,", "-D", "-d", "-dimensional", " dimension", " dims"})
    if (follows(text, after, word)) return true;
  return false;
}

// What is before `at` belongs to a name: "conv2d", "mat1", "c10::Half".
bool is_in_name(const std::string& text, size_t at) {
  return at > 0 && (std::isalpha(static_cast<unsigned char>(text[at - 1])) != 0);
}

void add_number(Complaint& complaint, size_t& at) {
  const size_t begin = at;
  const int64_t number = number_at(complaint.text, at);
  if (is_in_name(complaint.text, begin)) return;
  complaint.numbers.push_back(number);
  if (is_rank(complaint.text, at)) complaint.ranks.push_back(number);
  if (complaint.channels < 0 && follows(complaint.text, at, " channel"))
    complaint.channels = number;
  const bool is_product = begin > 0 && complaint.text[begin - 1] == '(' &&
                          at + 1 < complaint.text.size() && complaint.text[at] == 'x' &&
                          is_digit(complaint.text[at + 1]);
  if (is_product && complaint.rows < 0) complaint.rows = number;
}

}  // namespace

bool Complaint::names(int64_t number) const {
  return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

bool Complaint::names_rank(int64_t rank) const {
  return std::find(ranks.begin(), ranks.end(), rank) != ranks.end();
}

bool Complaint::names_sizes(const std::vector<int64_t>& wanted) const {
  return std::find(sizes.begin(), sizes.end(), wanted) != sizes.end();
}

Complaint read_complaint(const std::string& text) {
  Complaint complaint;
  complaint.text = text;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text[at] == '[' ? text.find(']', at) : std::string::npos;
    if (end != std::string::npos) {
      if (auto list = list_between(text, at + 1, end); !list.empty())
        complaint.sizes.push_back(std::move(list));
      at = end + 1;
    } else if (is_digit(text[at])) {
      add_number(complaint, at);
    } else {
      ++at;
    }
  }
  return complaint;
}

}  // namespace actsparse
