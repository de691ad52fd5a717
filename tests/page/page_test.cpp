#include "page/page.h"

#include <regex>

#include "page/sample.h"
#include "support/catch.h"

using namespace actsparse;

namespace {

std::string page_with(const ReportJson& document, std::vector<LayerFigures> figures = {}) {
  return page_of({{"a.json", document, std::move(figures)}});
}

void check_has(const std::string& text, const std::vector<std::string>& parts) {
  for (const auto& part : parts) {
    INFO(part);
    CHECK(contains(text, part));
  }
}

// Elements that hold something are closed, in their order.
void check_balanced(const std::string& html) {
  static const std::regex tag("<(/?)([a-z][a-z0-9]*)[^>]*>");
  std::vector<std::string> open;
  for (std::sregex_iterator match(html.begin(), html.end(), tag), end; match != end; ++match) {
    const std::string name = (*match)[2];
    if ((*match)[1].length() == 0) {
      open.push_back(name);
      continue;
    }
    REQUIRE_FALSE(open.empty());
    CHECK(open.back() == name);
    open.pop_back();
  }
  CHECK(open.empty());
}

LayerFigures sample_figures(const std::string& layer) {
  return {
      layer, ChannelMap{16, true, std::vector<double>(16, 1)},
      ActivationHistogram{1, std::vector<double>(48, 0.01), std::vector<double>(48, 0.01), 0, 0.2}};
}

const std::string hostile =
    "</script><script>alert(1)</script><!-- <img src=x onerror=alert(2)> {{data}}";

}  // namespace

TEST_CASE("the page of a run", "[page]") {
  const std::string body = body_of(page_with(sample_run()));
  check_balanced(body + "</main>");
  check_has(body, {"<dd>run</dd>", "net.pt", "512 samples in 16 batches", "exact: too far",
                   "2 layers see input * mask bit for bit", "block.1.conv", "[16,4,4]", "154/256",
                   "width:39.8%", "99.00 %", "92.00 %", "88.00 % to 94.00 %", "inf",
                   "gate FAILED: net.masked.pt: max_drop of accuracy", "few samples",
                   "never called", "f.py dd", "--state"});
}

TEST_CASE("the page of a small model", "[page]") {
  const std::string body = body_of(page_with(sample_compact()));
  check_balanced(body + "</main>");
  check_has(body, {"84.2 k", "42.1 k", "50.0 %", "46.3 kB", "4 ms", "1 ms", "not faster",
                   "1 read by &#39;conv&#39;"});
  CHECK_FALSE(contains(body, "--state"));
}

TEST_CASE("the page of sensitivities", "[page]") {
  const std::string page = page_with(sample_sensitivity()), body = body_of(page);
  check_balanced(body + "</main>");
  check_has(body, {"12.5 %", "g1", "0.0625", "not tried: head: no level", "chart-0"});
  check_has(page, {"\"log\":true", "[0.75,1.125]"});
}

TEST_CASE("the page of a search", "[page]") {
  const std::string page = page_with(sample_search()), body = body_of(page);
  check_balanced(body + "</main>");
  check_has(body, {"macs at most 40.0 %", "NOT met, accuracy is 0.97", "allocated by loss^0.5",
                   "class=\"marked\"", "conv1 and 1 more", "37.5 %", "Sensitivity"});
  check_has(page, {"[0.35,0.005]", "\"marked\":true"});
}

TEST_CASE("the page of an evaluation", "[page]") {
  ReportJson report = {{"version", 1}, {"command", "evaluate"}};
  report.update(sample_evaluation());
  check_has(body_of(page_with(report)), {"net.masked.pt against net.pt", "7.00 %"});
}

TEST_CASE("a gate stands in place of a mask", "[page]") {
  ReportJson report = sample_run(1);
  auto& layer = report["layers"][0];
  layer["mask_shape"] = layer["kept"] = layer["total"] = nullptr;
  layer["gate"] = {{"threshold", 0.25}, {"weighted", true}};
  check_has(body_of(page_with(report)), {"|x| w &gt; 0.25", "39.8 %"});
}

TEST_CASE("stages of a repair, and layers that were repaired", "[page]") {
  ReportJson report = sample_run(1);
  report["repair"] = ReportJson::parse(R"({"method": "linear",
    "layers": [{"layer": "fc", "choice": "linear", "ridge": 1e-6, "error": {"before": 0.5, "after": 0.25}}],
    "left": [{"layer": "head", "reason": "it is called twice"}],
    "tuned": {"steps": 100, "best_step": 65, "loss": "mse", "before": 0.02, "after": 0.01},
    "stages": [{"stage": "masked", "metrics": {"accuracy": 0.7}}, {"stage": "linear", "metrics": {"accuracy": 0.98}}]})");
  check_has(body_of(page_with(report)),
            {"Stages of the repair", "70.00 %", "98.00 %", "width:25.0%",
             "head: it is called twice", "the best is step 65"});
}

TEST_CASE("maps and histograms are drawn of states", "[page]") {
  const std::string page = page_with(sample_run(), {sample_figures("fc")}), body = body_of(page);
  check_has(body, {"16 channels", "fc: cut at 0.2", "class=\"map\""});
  check_has(page, {"aaaaaaaaaaaaaaaa", "\"cut\":0.2"});
  CHECK_FALSE(contains(body, "--state"));
}

TEST_CASE("any part of a report may be missing, or be something else", "[page]") {
  const ReportJson whole[] = {sample_run(), sample_compact(), sample_sensitivity(),
                              sample_search()};
  for (const auto& report : whole)
    for (const auto& [key, value] : report.items()) {
      CAPTURE(key);
      ReportJson less = report;
      less.erase(key);
      CHECK(contains(page_with(less), "</html>"));
      for (const auto& other :
           {ReportJson(), ReportJson("x"), ReportJson(7), ReportJson::array({1, "x", nullptr}),
            ReportJson{{"metrics", 1}, {"layers", "x"}}}) {
        less[key] = other;
        CHECK(contains(page_with(less), "</html>"));
      }
    }
}

TEST_CASE("hostile names stay texts", "[page]") {
  ReportJson report = sample_search();
  report["groups"][0][0] = report["points"][0]["note"] = report["unmet"] = hostile;
  report["sensitivity"]["groups"][0]["layers"] = ReportJson::array({hostile});
  report["sensitivity"]["metric"] = hostile;
  report["layers"] = ReportJson::array({sample_layer(hostile)});
  report["layers"][0]["type"] = hostile;
  report["layers"][0]["warnings"] = ReportJson::array({hostile});
  report["check"]["candidates"][0]["model"] = hostile;
  report["check"]["candidates"][0]["metrics"][hostile] = {{"value", 1}};
  report["outputs"][hostile] = hostile;
  const std::string page = page_of({{hostile, report, {sample_figures(hostile)}}});
  CHECK(contains(page, "&lt;img src=x onerror=alert(2)&gt;"));
  for (const char* live : {"<img", "<script>alert", "<!-- "}) {
    INFO(live);
    CHECK_FALSE(contains(page, live));
  }
  check_balanced(body_of(page) + "</main>");
  static const std::regex scripts("<script");
  CHECK(std::distance(std::sregex_iterator(page.begin(), page.end(), scripts), {}) ==
        3);  // data, library, ours
}

TEST_CASE("a page runs no script but its own, and loads nothing", "[page]") {
  const std::string page = page_with(sample_run());
  check_has(page, {"default-src &#39;none&#39;", "script-src &#39;sha256-"});
  for (const char* link : {"src=", "href=", "@import", "url("}) {
    INFO(link);
    CHECK_FALSE(contains(body_of(page), link));
  }
  CHECK(contains(page, "Permission is hereby granted, free of charge"));
}

TEST_CASE("the page of 200 layers with all figures is below 1 MB", "[page]") {
  ReportJson report = sample_run(200);
  report["sensitivity"] = sample_sensitivity(200);
  std::vector<LayerFigures> figures;
  for (int i = 0; i < 200; ++i) {
    figures.push_back(sample_figures("block." + std::to_string(i) + ".conv"));
    figures.back().map = ChannelMap{2048, true, std::vector<double>(128, 0.3)};
    figures.back().histogram->kept.assign(48, 0.012345678);
    figures.back().histogram->dropped.assign(48, 0.00012345678);
  }
  CHECK(page_with(report, figures).size() < 1000000);
}

TEST_CASE("equal reports give equal pages", "[page]") {
  CHECK(page_with(sample_search()) == page_with(sample_search()));
}
