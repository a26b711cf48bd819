#include "hourglass/evaluation/retrieval.h"

#include "hourglass/core/error.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/tests/evaluation/small_model.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

namespace hourglass::evaluation {

using namespace models;

namespace {

using testing::error_of;
using testing::expect_contains;
using testing::exported;
using testing::TemporaryFolder;
using testing::unscaled;

NeighbourIndex line_index() {
  return {at::tensor({0.0F, 1.0F, 3.0F}).view({3, 1}), at::tensor({0, 1, 1}, at::kLong)};
}

TEST(FindNearest, NamesClassesAndDistances) {
  const Queries queries = {{"shots/a, b.png"},
                           {at::tensor({1.25F}).view({1, 1}), at::tensor({0}, at::kLong)}};
  const auto found = find_nearest(line_index(), queries, {.count = 2}, {"bag", "boot"});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(query_caption(found[0]), "a, b.png: bag");
  EXPECT_EQ(retrieval_csv(found),
            "query,query_label,rank,row,label,distance\n"
            "\"shots/a, b.png\",bag,1,1,boot,0.25\n"
            "\"shots/a, b.png\",bag,2,0,bag,1.25\n");
  EXPECT_EQ(to_json(found), nlohmann::json::parse(R"([{"query": "shots/a, b.png", "label": "bag",
    "neighbours": [{"row": 1, "distance": 0.25, "label": "boot"},
                   {"row": 0, "distance": 1.25, "label": "bag"}]}])"));
  expect_contains(retrieval_text(found), {"a, b.png: bag", "boot", "0.25"});
}

TEST(FindNearest, GoesWithoutLabels) {
  const auto found = find_nearest({line_index().codes, {}}, {{"7"}, {at::zeros({1, 1}), {}}},
                                  {.count = 1, .own_rows = at::tensor({0}, at::kLong)}, {});
  EXPECT_EQ(retrieval_csv(found), "query,query_label,rank,row,label,distance\n7,,1,1,,1\n");
  EXPECT_FALSE(to_json(found)[0].contains("label"));
}

TEST(FindNearest, NamesTheFilesOfAFolder) {
  const Queries queries = {{"4"}, {at::zeros({1, 1}), {}}, {"bags/x.png"}};
  const auto found = find_nearest({line_index().codes, {}}, queries, {.count = 1}, {},
                                  {"bags/a.png", "bags/b.png", "boots/a.png"});
  EXPECT_EQ(retrieval_csv(found),
            "query,query_file,query_label,rank,row,file,label,distance\n"
            "4,bags/x.png,,1,0,bags/a.png,,0\n");
  EXPECT_EQ(to_json(found), nlohmann::json::parse(R"([{"query": "4", "file": "bags/x.png",
    "neighbours": [{"row": 0, "file": "bags/a.png", "distance": 0.0}]}])"));
  expect_contains(retrieval_text(found), {"bags/a.png"});
}

/// Two classes apart in all spaces.
LabelledSearch clear_search(ExportedModel& model) {
  const at::Tensor labels = at::arange(20, at::kLong).remainder(2);
  const at::Tensor values = labels.to(at::kFloat).unsqueeze(1) * 10 + at::rand({20, 4});
  const auto rows = unscaled(values, labels);
  return {.codes = {model.encode(values), labels},
          .entries = rows,
          .queries = rows,
          .training = rows,
          .data = {.name = "blobs"},
          .options = {.count = 3, .own_rows = rows->all_positions()}};
}

TEST(CompareSearches, MeasuresCodesValuesAndPca) {
  const TemporaryFolder folder;
  Autoencoder plain({.shapes = {{4}, {4}}, .network = DenseNetwork{.widths = {2}}});
  auto model = exported(plain, folder / "best.pt", {{"loss", "mse"}});
  LabelledSearch search = clear_search(model);
  const auto comparison = compare_searches(model, search);
  ASSERT_EQ(comparison.spaces.size(), 3U);
  EXPECT_EQ(comparison.queries, 20);
  EXPECT_EQ(comparison.spaces[1].space, "raw values");
  EXPECT_DOUBLE_EQ(comparison.spaces[1].precision, 1);
  EXPECT_DOUBLE_EQ(comparison.spaces[1].mean_average_precision, 1);
  EXPECT_EQ(comparison.spaces[2].space, "PCA");
  EXPECT_EQ(comparison.spaces[2].size, 2);
  EXPECT_DOUBLE_EQ(comparison.spaces[2].precision, 1);
  expect_contains(comparison_text(comparison), {"20 queries", "precision@3", "raw values", "PCA"});

  search.data.targets = formats::TargetsCard{.name = "others"};
  const auto without = compare_searches(model, search);
  EXPECT_EQ(without.spaces.size(), 2U);
  expect_contains(comparison_text(without), {"no PCA"});
  EXPECT_EQ(to_json(without).at("not_available"), without.not_available);
  search.codes.labels = at::Tensor();
  expect_contains(error_of([&] { compare_searches(model, search); }), {"labels", "blobs"});
}

}  // namespace
}  // namespace hourglass::evaluation
