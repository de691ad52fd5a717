#pragma once
// Products of queries, keys and values, written in one of the ways that people write them.
#include "compact/net_text.h"

namespace actsparse {

/// What one attention computes with. Queries have `heads`, keys and values `groups` of them.
struct Heads {
  int64_t heads = 1, groups = 1;
  int64_t width = 2, value = 2;                // of a head of q and k, of v
  bool is_normed = false, is_rotated = false;  // q and k
  bool is_packed = false;  // q, k, v of all heads are one axis of one tensor: all keep as much
  std::string layout;      // of q, k, v: nlhd, nhld, or merged ([N * heads, L, width])
  bool is_merged() const { return layout == "merged"; }
};

/// Writes attention into a net.
class AttentionText : public NetText {
 public:
  using NetText::NetText;

 protected:
  /// H, G, R: heads, groups, heads of a group; D, V: widths of a head; each in braces.
  void line(const std::string& text) { NetText::line(filled(text)); }
  /// From q [N, L, heads, width], k and v [N, M, groups, width or value] and hidden [N, M] bool to
  /// c [N, L, heads * value]; n, l and m are their sizes.
  void products();

  Heads h_;

 private:
  std::string filled(std::string text) const;
  void repeat_groups();
  void broadcast_groups();
  void lay_out();
  void scores();
  void weigh();
  void bias_of_heads();
  void hide_padding();
  void context();
};

}  // namespace actsparse
