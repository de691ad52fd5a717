#include "compact/attention_text.h"

#include "support/models.h"

namespace actsparse {
namespace {

// Large enough for 8 words.
at::Tensor causal() {
  std::vector<double> cells(64, 0);
  for (int64_t row = 0; row < 8; ++row)
    for (int64_t column = row + 1; column < 8; ++column) cells[8 * row + column] = -10000;
  return tensor1d(cells).to(at::kFloat).view({8, 8});
}

}  // namespace

std::string AttentionText::filled(std::string text) const {
  const std::pair<const char*, int64_t> numbers[] = {{"{H}", h_.heads},
                                                     {"{G}", h_.groups},
                                                     {"{R}", h_.heads / h_.groups},
                                                     {"{D}", h_.width},
                                                     {"{V}", h_.value},
                                                     {"{HD}", h_.heads * h_.width},
                                                     {"{HV}", h_.heads * h_.value},
                                                     {"{GD}", h_.groups * h_.width},
                                                     {"{GV}", h_.groups * h_.value}};
  for (const auto& [name, number] : numbers)
    for (size_t at = 0; (at = text.find(name)) != std::string::npos;)
      text.replace(at, std::string(name).size(), std::to_string(number));
  return text;
}

void AttentionText::products() {
  const auto scale = any({"q", "s", "both", "divide", "no"});
  if (scale == "q" || scale == "both") line("q = q * 0.6");
  if (scale == "both") line("k = k * 0.7");
  if (h_.groups < h_.heads && chance(4)) return broadcast_groups();
  if (h_.groups < h_.heads) repeat_groups();
  lay_out();
  scores();
  if (scale == "s") line("s = s * 0.5");
  if (scale == "divide") line("s = s / 1.7");
  weigh();
  context();
}

void AttentionText::repeat_groups() {
  for (const std::string name : {"k", "v"}) {
    const std::string width = name == "k" ? "{D}" : "{V}";
    line(any({name + " = " + name + ".repeat_interleave({R}, 2)",
              name + " = " + name + ".unsqueeze(3).expand(n, m, {G}, {R}, " + width +
                  ").reshape(n, m, {H}, " + width + ")"}));
  }
}

// The heads of a group are an axis of their own, along which keys and values are broadcast.
void AttentionText::broadcast_groups() {
  line("q = q.transpose(1, 2).reshape(n, {G}, {R}, l, {D})");
  line("k = k.permute(0, 2, 3, 1).unsqueeze(2)");
  line("s = torch.matmul(q, k).view(n, {H}, l, m)");
  h_.layout = "nhld";
  weigh();
  line("s = s.view(n, {G}, {R}, l, m)");
  line("c = torch.matmul(s, v.transpose(1, 2).unsqueeze(2))");
  line("c = c.view(n, {H}, l, {V}).transpose(1, 2).reshape(n, l, {HV})");
}

void AttentionText::lay_out() {
  const bool is_by_length = chance(2);
  for (const std::string name : {"q", "k", "v"}) {
    const std::string length = name == "q" ? "l" : "m", width = name == "v" ? "{V}" : "{D}";
    if (h_.layout == "nhld") line(name + " = " + name + ".transpose(1, 2)");
    if (!h_.is_merged()) continue;
    const auto sizes = "(" + length + ", n * {H}, " + width + ")";
    line(is_by_length
             ? name + " = " + name + ".transpose(0, 1).reshape" + sizes + ".transpose(0, 1)"
             : name + " = " + name + ".transpose(1, 2).reshape(n * {H}, " + length + ", " + width +
                   ")");
  }
}

void AttentionText::scores() {
  if (h_.layout == "nlhd") return line("s = torch.einsum('nlhd,nmhd->nhlm', [q, k])");
  if (h_.layout == "nhld")
    return line(any({"s = torch.matmul(q, k.transpose(-2, -1))",
                     "s = torch.einsum('nhld,nhmd->nhlm', [q, k])"}));
  const auto bias = add("bias", numbers({8, 8}));
  line(any({"s = torch.bmm(q, k.transpose(1, 2))", "s = torch.matmul(q, k.permute(0, 2, 1))",
            "s = torch.baddbmm(" + bias + "[:l, :m], q, k.transpose(1, 2), beta=1, alpha=0.5)",
            "s = torch.baddbmm(torch.zeros_like(q[:, :, :1]).expand(-1, -1, m), q, "
            "k.transpose(1, 2), beta=1, alpha=0.5)"}));
}

// Biases and masks on the scores, and what they become.
void AttentionText::weigh() {
  if (chance(3)) bias_of_heads();
  if (chance(3)) line("s = s + " + add("causal", causal()) + "[:l, :m]");
  if (chance(3)) hide_padding();
  line(any({"s = torch.softmax(s, -1)", "s = torch.softmax(s - s.amax(-1, True), -1)"}));
  if (chance(2)) line("s = torch.dropout(s, 0.1, False)");
}

// From a table of relative positions (Swin, T5), or whole.
void AttentionText::bias_of_heads() {
  line("at = torch.arange(m).unsqueeze(0) - torch.arange(l).unsqueeze(1) + 8");
  const auto table = add("table", numbers({17, h_.heads})),
             whole = add("bias", numbers({h_.heads, 8, 8}));
  line(any({"b = torch.embedding(" + table + ", at).permute(2, 0, 1)",
            "b = " + table + "[at.view(-1)].view(l, m, -1).permute(2, 0, 1).contiguous()",
            "b = " + whole + "[:, :l, :m]"}));
  if (!h_.is_merged()) return line(any({"s = s + b", "s = s + b.unsqueeze(0)"}));
  line(any({"s = (s.view(n, {H}, l, m) + b).view(n * {H}, l, m)",
            "s = s + b.unsqueeze(0).expand(n, -1, -1, -1).reshape(n * {H}, l, m)",
            "s = s + b.repeat(n, 1, 1)"}));
}

void AttentionText::hide_padding() {
  line("b = hidden.view(n, 1, 1, m)");
  if (!h_.is_merged())
    return line(any({"s = s.masked_fill(b, -1000.0)", "s = s - 1000.0 * b.to(s.dtype)",
                     "s = s + torch.zeros_like(s).masked_fill(b, -1000.0)"}));
  line(any({"b = b.expand(-1, {H}, -1, -1).reshape(n * {H}, 1, m)",
            "b = b.expand(n, {H}, l, m).reshape(n * {H}, l, m)"}));
  line("s = s.masked_fill(b, -1000.0)");
}

// c [N, L, heads * value]
void AttentionText::context() {
  if (h_.layout == "nlhd") {
    line("c = torch.einsum('nhlm,nmhd->nlhd', [s, v])");
    return line(any({"c = c.flatten(2)", "c = c.reshape(n, l, -1)", "c = c.reshape(n, l, {HV})"}));
  }
  line(h_.is_merged()
           ? any({"c = torch.bmm(s, v)", "c = torch.matmul(s, v)"})
           : any({"c = torch.matmul(s, v)", "c = torch.einsum('nhlm,nhmd->nhld', [s, v])"}));
  if (h_.is_merged() && chance(2))
    return line("c = c.transpose(0, 1).contiguous().view(l, n, {HV}).transpose(0, 1)");
  if (h_.is_merged()) line("c = c.view(n, {H}, l, {V})");
  line(any({"c = c.transpose(1, 2).reshape(n, l, {HV})", "c = c.permute(0, 2, 1, 3).flatten(2)",
            "c = c.transpose(1, 2).contiguous().view(n, -1, {HV})"}));
}

}  // namespace actsparse
