#include "hourglass/evaluation/generation.h"

#include "hourglass/evaluation/codebook.h"
#include "hourglass/evaluation/model_condition.h"
#include "hourglass/models/conditional.h"
#include "hourglass/models/networks/convolutional_network.h"
#include "hourglass/models/networks/dense_network.h"
#include "hourglass/models/vector_quantized.h"
#include "hourglass/tests/evaluation/small_model.h"
#include "hourglass/tests/support/support.h"

#include <fmt/format.h>

#include <numbers>

namespace hourglass::evaluation {

using namespace models;

namespace {

using testing::error_of;
using testing::expect_contains;
using testing::exported;
using testing::TemporaryFolder;

const ModelSpec kToldSpec = {
    .shapes = {{4}, {4}}, .network = DenseNetwork{.widths = {2}}, .condition_width = 3};

/// Codes of two values; told one of three classes.
ExportedModel told_model(const TemporaryFolder& folder, ConditionalPrior prior) {
  at::manual_seed(1);
  Conditional model({.prior = prior}, kToldSpec);
  return exported(model, folder / "told.pt", {{"condition", "label"}, {"prior", enum_name(prior)}},
                  {"a", "b", "c"});
}

/// Codes of 2 x 2 indices of five vectors.
ExportedModel index_model(const TemporaryFolder& folder, const std::string& quantizer) {
  at::manual_seed(1);
  VectorQuantized model(
      {.quantizer = *Quantization::parse(quantizer), .codebook_size = 5},
      {.shapes = {{1, 8, 8}, {1, 8, 8}}, .network = ConvolutionalNetwork{.filters = {4, 3}}});
  return exported(model, folder / "indices.pt", nlohmann::json::object());
}

at::Tensor no_codes() {
  ADD_FAILURE() << "asked for training codes";
  return {};
}

TEST(InterpolateCodes, TakesEvenStepsOnTheLine) {
  const at::Tensor codes =
      interpolate_codes(at::tensor({0.0, 1.0}), at::tensor({4.0, -1.0}), 3, /*spherical=*/false);
  EXPECT_TRUE(at::allclose(codes, at::tensor({0.0F, 1.0F, 2.0F, 0.0F, 4.0F, -1.0F}).view({3, 2})));
}

TEST(InterpolateCodes, OnAGreatCircleKeepsTheDistanceFromZero) {
  const at::Tensor codes =
      interpolate_codes(at::tensor({2.0, 0.0}), at::tensor({0.0, 2.0}), 3, /*spherical=*/true);
  const auto half = static_cast<float>(std::numbers::sqrt2);
  EXPECT_TRUE(at::allclose(codes[1], at::tensor({half, half})));
}

TEST(InterpolateCodes, TakesTheLineBetweenOppositeCodes) {
  const at::Tensor codes =
      interpolate_codes(at::tensor({1.0, 0.0}), at::tensor({-1.0, 0.0}), 3, /*spherical=*/true);
  EXPECT_TRUE(at::allclose(codes[1], at::zeros({2})));
}

TEST(TraverseCodes, ChangesOneComponentBaseAfterBase) {
  const at::Tensor bases = at::tensor({1.0F, 2.0F, 3.0F, 4.0F}).view({2, 2});
  const at::Tensor codes = traverse_codes(bases, 1, {8, 9});
  EXPECT_TRUE(
      at::equal(codes, at::tensor({1.0F, 8.0F, 1.0F, 9.0F, 3.0F, 8.0F, 3.0F, 9.0F}).view({4, 2})));
}

TEST(UsualCodes, OfAStandardNormalPriorAskForNoTrainingCodes) {
  const TemporaryFolder folder;
  ExportedModel model = told_model(folder, ConditionalPrior::Standard);
  UsualCodes usual(model, Sampler{}, no_codes, condition_named(model, "b"));
  const at::Tensor samples = usual.samples(4000, 1);
  EXPECT_TRUE(at::allclose(samples.mean(0), at::zeros({2}), 0, 0.06));
  EXPECT_TRUE(at::allclose(samples.std(0), at::ones({2}), 0, 0.06));
  EXPECT_TRUE(at::equal(samples, usual.samples(4000, 1))) << "the same seed gives the same";
  EXPECT_FALSE(at::equal(samples, usual.samples(4000, 2)));
  EXPECT_TRUE(at::equal(usual.mean(), at::zeros({1, 2})));
  EXPECT_EQ(usual.source(), "the standard normal distribution");
  EXPECT_EQ(usual.fitted_rows(), 0);
}

TEST(UsualCodes, OfALearnedPriorAreThoseOfTheCondition) {
  const TemporaryFolder folder;
  ExportedModel model = told_model(folder, ConditionalPrior::Learned);
  const at::Tensor condition = condition_named(model, "b");
  UsualCodes usual(model, Sampler{}, no_codes, condition);
  const at::Tensor mean =
      model.parameter("prior.mean.weight").select(1, 1) + model.parameter("prior.mean.bias");
  const at::Tensor log_variance = model.parameter("prior.log_variance.weight").select(1, 1) +
                                  model.parameter("prior.log_variance.bias");
  EXPECT_TRUE(at::allclose(usual.mean()[0], mean));
  const at::Tensor samples = usual.samples(4000, 1);
  EXPECT_TRUE(at::allclose(samples.mean(0), mean, 0, 0.1));
  EXPECT_TRUE(at::allclose(samples.std(0), (0.5 * log_variance).exp(), 0.05));
  const CodeGrid grid = usual.grid(0, 1, 3);
  EXPECT_TRUE(at::allclose(grid.codes[4], mean)) << "the median is the mean";
  EXPECT_EQ(usual.source(), "the learned prior");
}

TEST(UsualCodes, OfAModelWithoutPriorComeFromTrainingRows) {
  const TemporaryFolder folder;
  Autoencoder model({.shapes = {{4}, {4}}, .network = DenseNetwork{.widths = {2}}});
  ExportedModel file = exported(model, folder / "best.pt", nlohmann::json::object());
  at::manual_seed(1);
  const at::Tensor training = at::randn({500, 2}) + 5;
  int asked = 0;
  UsualCodes usual(file, {.components = 2}, [&] { return ++asked, training; });
  EXPECT_TRUE(at::allclose(usual.mean(), training.mean(0, true)));
  EXPECT_EQ(usual.fitted_rows(), 500);
  EXPECT_TRUE(at::allclose(usual.samples(2000, 1).mean(0), at::full({2}, 5.0F), 0, 0.2));
  EXPECT_EQ(usual.source(), "a mixture of 2 Gaussians");
  EXPECT_EQ(asked, 1);
  expect_contains(error_of([&] { usual.grid(0, 2, 3); }), {"components of 0 to 1", "found 2"});
}

TEST(UsualCodes, AreFittedOnRowsFromAllOver) {
  const TemporaryFolder folder;
  Autoencoder model({.shapes = {{4}, {4}}, .network = DenseNetwork{.widths = {1}}});
  ExportedModel file = exported(model, folder / "best.pt", nlohmann::json::object());
  at::manual_seed(1);
  // One class after the other, as in files of images.
  at::Tensor training = at::cat({at::randn({15000, 1}), at::randn({15000, 1}) + 10});
  UsualCodes usual(file, *Sampler::parse("gaussian"), [&] { return training; });
  EXPECT_EQ(usual.fitted_rows(), 10000);
  EXPECT_NEAR(usual.samples(20000, 1).mean().item<double>(), 5, 0.5);
}

TEST(UsualCodes, OfAGaussianHaveTheCovarianceOfTrainingRows) {
  const TemporaryFolder folder;
  ExportedModel model = told_model(folder, ConditionalPrior::Standard);
  at::manual_seed(1);
  const at::Tensor noise = at::randn({4000, 1});
  at::Tensor training = at::cat({noise, 2 * noise + at::randn({4000, 1})}, 1);
  UsualCodes usual(model, *Sampler::parse("gaussian"), [&] { return training; });
  EXPECT_EQ(usual.source(), "a Gaussian");
  const at::Tensor samples = usual.samples(20000, 1);
  EXPECT_TRUE(at::allclose(at::cov(samples.t()), at::cov(training.t()), 0.05, 0.05));
}

TEST(Sampler, IsReadAsItIsWritten) {
  for (const char* text : {"auto", "prior", "gaussian", "mixture:3", "mixture:5", "vamp:20", "maf",
                           "two-stage", "autoregressive"}) {
    EXPECT_EQ(Sampler::parse(text)->text(), text);
  }
  EXPECT_EQ(Sampler::parse("mixture")->components, 10);
  EXPECT_EQ(Sampler::parse("vamp")->components, 500);
  for (const char* text :
       {"", "mixture:0", "mixture:x", "vamp:", "vamp:0", "maf:3", "two", "flow"}) {
    EXPECT_FALSE(Sampler::parse(text)) << text;
  }
}

TEST(UsualCodes, OfIndicesAreDrawnOneAfterTheOther) {
  const TemporaryFolder folder;
  ExportedModel model = index_model(folder, "learned");
  // The second index follows from the first, the others are alike in all items.
  const at::Tensor first = at::arange(300).remainder(4);
  const at::Tensor codes =
      at::stack({first, first + 1, at::full({300}, 2), at::zeros({300}, at::kLong)}, 1);
  UsualCodes usual(model, Sampler{}, [&] { return codes.view({300, 2, 2}); });
  const at::Tensor drawn = usual.samples(200, 1);
  EXPECT_EQ(usual.source(), "an autoregressive prior");
  EXPECT_EQ(shaped_codes(model, drawn, "samples").sizes(), (std::vector<int64_t>{200, 2, 2}));
  const at::Tensor follows = drawn.select(1, 1).eq(drawn.select(1, 0) + 1);
  EXPECT_GT(follows.to(at::kDouble).mean().item<double>(), 0.9);
  EXPECT_GT(drawn.select(1, 2).eq(2).to(at::kDouble).mean().item<double>(), 0.95);
  EXPECT_EQ(std::get<0>(at::_unique(drawn.select(1, 0))).size(0), 4) << "all first indices come";
}

TEST(UsualCodes, BetweenIndicesThereIsNothing) {
  const TemporaryFolder folder;
  ExportedModel model = index_model(folder, "learned");
  UsualCodes usual(model, Sampler{}, no_codes);
  expect_contains(error_of([&] { usual.mean(); }), {"indices.pt", "nothing", "`samples`", "`at`"});
  expect_contains(error_of([&] { usual.grid(0, 1, 3); }), {"indices.pt", "nothing"});
  expect_contains(error_of([&] { UsualCodes(model, {.kind = Sampler::Kind::Maf}, no_codes); }),
                  {"maf", "expected autoregressive", "indices"});
}

TEST(ShapedCodes, TakesTheModelsShapeAndType) {
  const TemporaryFolder folder;
  ExportedModel model = index_model(folder, "learned");
  const at::Tensor row = at::tensor({3.0F, 4.0F, 0.0F, 1.0F}).view({1, 4});
  const at::Tensor codes = shaped_codes(model, row, "a");
  EXPECT_EQ(codes.sizes(), (std::vector<int64_t>{1, 2, 2}));
  EXPECT_EQ(codes.scalar_type(), at::kLong);
  expect_contains(error_of([&] {
                    shaped_codes(model, at::zeros({1, 3}), "a.csv");
                  }),
                  {"a.csv", "codes of 4 values", "found 3"});
  for (const float wrong : {5.0F, -1.0F, 0.5F}) {
    expect_contains(error_of([&] {
                      shaped_codes(model, at::full({1, 4}, wrong), "a.csv");
                    }),
                    {"a.csv: expected indices of 0 to 4", fmt::format("found {:g}", wrong)});
  }
}

TEST(Codebook, IsReadWhateverTheQuantizer) {
  for (const char* quantizer : {"learned", "ema"}) {
    const TemporaryFolder folder;
    ExportedModel model = index_model(folder, quantizer);
    EXPECT_TRUE(has_index_codes(model));
    EXPECT_EQ(codebook(model).sizes(), (std::vector<int64_t>{5, 3}));
    const at::Tensor items = decoded_indices(model, at::tensor({4, 2}));
    EXPECT_TRUE(at::allclose(items.narrow(0, 1, 1), model.decode(at::full({1, 2, 2}, 2)), 0, 1e-6));
  }
  const TemporaryFolder folder;
  ExportedModel levels = index_model(folder, "fsq:4,3");
  EXPECT_EQ(codebook(levels).sizes(), (std::vector<int64_t>{12, 2}));
  ExportedModel several = index_model(folder, "residual:3");
  EXPECT_EQ(codebook(several).sizes(), (std::vector<int64_t>{5, 3}));
  EXPECT_EQ(shaped_codes(several, at::zeros({2, 12}), "a").sizes(),
            (std::vector<int64_t>{2, 3, 2, 2}));
}

TEST(Codebook, OfSeveralEachHasAMap) {
  const at::Tensor codes = at::arange(24).view({1, 2, 3, 4});
  const auto maps = maps_of_codebooks(codes);
  ASSERT_EQ(maps.size(), 2U);
  EXPECT_TRUE(at::equal(maps[1], codes.select(1, 1)));
  EXPECT_EQ(maps_of_codebooks(codes.view({2, 3, 4})).size(), 1U);
  EXPECT_TRUE(
      at::equal(maps_of_codebooks(at::tensor({5, 6}).view({1, 2}))[1], at::full({1, 1}, 6)));
  EXPECT_EQ(maps_of_codebooks(at::zeros({4, 1})).size(), 1U);
}

TEST(Codebook, CountsIndices) {
  EXPECT_TRUE(at::equal(index_counts(at::tensor({0.0F, 2.0F, 2.0F, 2.0F}).view({1, 2, 2}), 4),
                        at::tensor({1, 0, 3, 0})));
}

TEST(CodebookUse, CountsWhatOccursInEachCodebook) {
  const TemporaryFolder folder;
  ExportedModel one = index_model(folder, "ema");
  const at::Tensor codes = at::tensor({0, 2, 2, 2}, at::kLong).view({1, 2, 2});
  const CodebookUse use = codebook_use(one, codes);
  EXPECT_EQ(use.size, 5);
  EXPECT_EQ(use.codebooks, 1);
  EXPECT_DOUBLE_EQ(use.used, 2.0 / 5);
  EXPECT_NEAR(use.perplexity, 1.7547654, 1e-6);  // exp(−¼ ln ¼ − ¾ ln ¾) by hand
  // Of the second all are one vector: the means over both.
  ExportedModel two = index_model(folder, "residual:2");
  const CodebookUse means = codebook_use(two, at::stack({codes, at::ones_like(codes)}, 1));
  EXPECT_EQ(means.codebooks, 2);
  EXPECT_DOUBLE_EQ(means.used, (2.0 / 5 + 1.0 / 5) / 2);
  EXPECT_NEAR(means.perplexity, (1.7547654 + 1) / 2, 1e-6);
}

TEST(ConditionNamed, TakesNamesAndNumbers) {
  const TemporaryFolder folder;
  ExportedModel model = told_model(folder, ConditionalPrior::Standard);
  EXPECT_EQ(told_classes(model), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_TRUE(at::equal(conditions_named(model, {"c", "0"}),
                        class_conditions(model).index_select(0, at::tensor({2, 0}))));
  expect_contains(error_of([&] { condition_named(model, ""); }), {"a, b, c", "found none"});
  expect_contains(error_of([&] { condition_named(model, "d"); }), {"a, b, c", "'d'"});
}

TEST(ConditionNamed, TakesTheNumbersOfColumns) {
  const TemporaryFolder folder;
  Conditional model({}, kToldSpec);
  const ExportedModel file = exported(model, folder / "best.pt", {{"condition", "columns:0,1,2"}},
                                      {"column 0", "column 1", "column 2"});
  EXPECT_TRUE(told_classes(file).empty());
  EXPECT_TRUE(
      at::equal(condition_named(file, "0.5,1,-2"), at::tensor({0.5F, 1.0F, -2.0F}).unsqueeze(0)));
  expect_contains(error_of([&] { condition_named(file, "0.5"); }),
                  {"3 numbers", "column 2", "0.5"});
}

TEST(ConditionNamed, IsNoneForAModelThatTakesNone) {
  const TemporaryFolder folder;
  ExportedModel model = index_model(folder, "learned");
  EXPECT_FALSE(condition_named(model, "").defined());
  expect_contains(error_of([&] { condition_named(model, "7"); }), {"indices.pt", "takes none"});
}

}  // namespace
}  // namespace hourglass::evaluation
