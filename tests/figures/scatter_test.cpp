#include "hourglass/figures/scatter.h"

#include "hourglass/tests/figures/pixels.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <cmath>
#include <numbers>

namespace hourglass::figures {
namespace {

using testing::error_of;
using testing::kBlue;
using testing::kNan;
using testing::kOrange;
using testing::region_of;
using testing::same_pixels;

constexpr int kLegendLeft = 1230;  // the plot lies left of it

at::Tensor corner_points() { return at::tensor({0.0F, 0.0F, 4.0F, 3.0F}).reshape({2, 2}); }

TEST(Scatter, FirstCoordinateGoesRightAndSecondUp) {
  const Picture picture = scatter(corner_points(), {.labels = at::tensor({0, 1}), .opacity = 1});
  const auto origin = region_of(picture, kBlue, kLegendLeft),
             far = region_of(picture, kOrange, kLegendLeft);
  EXPECT_LT(origin.right, far.left);
  EXPECT_GT(origin.top, far.bottom);
}

TEST(Scatter, DotsHaveTheAreaThatIsAskedFor) {
  const Picture picture =
      scatter(corner_points().narrow(0, 0, 1), {.dot_area = 100.0, .opacity = 1});
  EXPECT_NEAR(region_of(picture, kBlue).width(), 30, 2) << "10 points across, three pixels each";
}

TEST(Scatter, ManyPointsGetSmallerDots) {
  const auto width_of_dot = [](int64_t count) {
    at::Tensor points = at::zeros({count, 2});
    points[0] = at::tensor({1.0F, 1.0F});
    const Picture picture =
        scatter(points, {.labels = (at::arange(count) > 0).to(at::kLong), .opacity = 1});
    return region_of(picture, kBlue, kLegendLeft).width();
  };
  EXPECT_GT(width_of_dot(5), width_of_dot(1797));
  EXPECT_GT(width_of_dot(1797), width_of_dot(20'000));
  EXPECT_GE(width_of_dot(20'000), 2);
}

TEST(Scatter, DotsAreSeeThroughByDefault) {
  const Picture picture = scatter(corner_points());
  EXPECT_EQ(region_of(picture, kBlue).count, 0);
  EXPECT_GT(region_of(picture, {53, 133, 188}).count, 50);  // 0.9 of blue over white
}

TEST(Scatter, NoClassHidesTheOthers) {
  // Each of 200 places holds a point of both classes; all of the second class come last.
  const at::Tensor places =
      at::stack({at::arange(200) % 20, at::arange(200) / 20}, 1).to(at::kFloat);
  const at::Tensor labels = (at::arange(400) >= 200).to(at::kLong);
  const Picture picture = scatter(at::cat({places, places}), {.labels = labels, .opacity = 1});
  const auto first = region_of(picture, kBlue, kLegendLeft).count,
             second = region_of(picture, kOrange, kLegendLeft).count;
  EXPECT_GT(first, second / 2);
  EXPECT_GT(second, first / 2);
}

TEST(Scatter, TheSamePointsGiveTheSamePicture) {
  const at::Tensor points = at::stack({at::arange(300).sin(), at::arange(300).cos()}, 1);
  const ScatterOptions options = {.labels = at::arange(300) % 10};
  EXPECT_TRUE(same_pixels(scatter(points, options), scatter(points, options)));
}

TEST(Scatter, PointsThatAreNotFiniteAreLeftOutWithANote) {
  const Picture whole = scatter(corner_points());
  const Picture partly =
      scatter(at::cat({corner_points(), at::tensor({kNan, 1.0}).reshape({1, 2})}));
  EXPECT_GT(partly.height(), whole.height());
}

TEST(Scatter, BarShowsAStepAClassWithTheFirstBelow) {
  const Picture picture = scatter(at::zeros({10, 2}), {.labels = at::arange(10),
                                                       .map = ColorMap::NipySpectral,
                                                       .key = ClassKey::Bar,
                                                       .opacity = 0});
  const auto colors = class_colors(ColorMap::NipySpectral, 10);
  const auto second = region_of(picture, colors[1]), ninth = region_of(picture, colors[8]);
  EXPECT_GT(second.top, ninth.bottom);
  EXPECT_NEAR(second.height(), ninth.height(), 1);
  EXPECT_EQ(second.left, ninth.left);
}

TEST(Scatter, ManyClassesGetABarInsteadOfALegend) {
  const at::Tensor points = at::zeros({100, 2});
  const auto height_of_step = [&](int64_t classes) {
    const Picture picture =
        scatter(points, {.labels = at::arange(100) % classes, .map = ColorMap::Hsv, .opacity = 0});
    return region_of(picture, class_colors(ColorMap::Hsv, static_cast<int>(classes))[1]).count;
  };
  EXPECT_LT(height_of_step(20), 400) << "a dot of the legend";
  EXPECT_GT(height_of_step(21), 1000) << "a step of the bar";
}

TEST(Scatter, EveryClassOfTwentyFourHasAColourOfItsOwn) {
  const at::Tensor points = at::stack({at::arange(24) % 5, at::arange(24) / 5}, 1).to(at::kFloat);
  const Picture picture = scatter(points, {.labels = at::arange(24), .opacity = 1});
  for (const Color color : class_colors(ColorMap::Distinct, 24)) {
    EXPECT_GT(region_of(picture, color, kLegendLeft).count, 50) << "a dot";
    EXPECT_GT(region_of(picture, color).count, region_of(picture, color, kLegendLeft).count)
        << "and its entry in the legend";
  }
}

TEST(Scatter, EveryTenClassesHaveAMarkerOfTheirOwn) {
  // A single dot of class `label` of 24, far from the legend.
  const auto dot = [](int64_t label) {
    const Picture picture = scatter(at::zeros({1, 2}), {.labels = at::full({1}, label, at::kLong),
                                                        .class_names = std::vector<std::string>(24),
                                                        .dot_area = 400.0,
                                                        .opacity = 1});
    return region_of(picture, class_colors(ColorMap::Distinct, 24)[static_cast<size_t>(label)],
                     kLegendLeft);
  };
  const auto share = [](const testing::Region& region) {
    return static_cast<double>(region.count) / (region.width() * region.height());
  };
  EXPECT_NEAR(share(dot(9)), 0.785, 0.03) << "a disc";
  EXPECT_NEAR(share(dot(10)), 1, 0.03) << "a square";
  EXPECT_NEAR(share(dot(20)), 0.5, 0.03) << "a triangle";
  EXPECT_NEAR(static_cast<double>(dot(10).count), static_cast<double>(dot(9).count), 250)
      << "of the same area";
}

TEST(Scatter, ALongLegendHasColumns) {
  const auto picture_of = [](int64_t classes) {
    return scatter(at::zeros({60, 2}), {.labels = at::arange(60) % classes, .opacity = 0});
  };
  const Picture one_column = picture_of(24), two_columns = picture_of(50);
  EXPECT_EQ(one_column.height(), two_columns.height());
  EXPECT_GT(two_columns.width(), one_column.width() + 60);
}

TEST(Scatter, RefusesWhatDoesNotFit) {
  const at::Tensor points = at::zeros({4, 2});
  EXPECT_EQ(error_of([] {
              scatter(at::zeros({4, 3}));
            }),
            "scatter: expected points [N, 2], found [4, 3]");
  EXPECT_EQ(error_of([] {
              scatter(at::zeros({0, 2}));
            }),
            "scatter: expected points [N, 2], found [0, 2]");
  EXPECT_EQ(error_of([&] { scatter(points, {.labels = at::arange(3)}); }),
            "scatter: expected a whole number as label for each of 4 points, found Long [3]");
  EXPECT_EQ(error_of([&] { scatter(points, {.labels = at::zeros({4})}); }),
            "scatter: expected a whole number as label for each of 4 points, found Float [4]");
  EXPECT_EQ(error_of([&] {
              scatter(points, {.labels = at::arange(4), .class_names = {"a", "b"}});
            }),
            "scatter: expected labels 0 … 1, found 3");
  EXPECT_EQ(error_of([&] { scatter(points, {.labels = at::arange(4) - 1}); }),
            "scatter: expected labels 0 … 999, found -1");
  EXPECT_EQ(error_of([&] { scatter(points, {.opacity = 2}); }),
            "scatter: expected an opacity in 0 … 1, found 2");
}

TEST(Scatter3d, ShowsThePointsFromTwoSidesWithTheThirdCoordinateUp) {
  const at::Tensor points = at::tensor({0.5F, 0.5F, 0.0F, 0.5F, 0.5F, 1.0F}).reshape({2, 3});
  const Picture picture = scatter_3d(points, {.labels = at::tensor({0, 1}), .opacity = 1});
  const int legend_left = 1800, middle = 900;
  const auto low = region_of(picture, kBlue, legend_left),
             high = region_of(picture, kOrange, legend_left);
  EXPECT_GT(low.top, high.bottom);
  EXPECT_EQ(region_of(picture, kBlue, middle).count * 2, low.count) << "once in each view";
}

TEST(Scatter3d, NearerPointsCoverThoseBehind) {
  // Both lie on the line of sight of the second view: azimuth 30, elevation 25 degrees.
  const double a = 30 * std::numbers::pi / 180, e = 25 * std::numbers::pi / 180;
  const at::Tensor sight =
      at::tensor({std::cos(e) * std::cos(a), std::cos(e) * std::sin(a), std::sin(e)});
  // The corners of a cube give all axes the same scale.
  const at::Tensor corners = at::tensor({-1.0, -1.0, -1.0, 1.0, 1.0, 1.0}).reshape({2, 3});
  const at::Tensor points = at::cat({corners, at::stack({0.5 * sight, -0.5 * sight})});
  const Picture picture = scatter_3d(points, {.labels = at::tensor({2, 2, 0, 1}), .opacity = 1});
  const int legend_left = 1800;
  EXPECT_GT(region_of(picture, kBlue, legend_left).count,
            3 * region_of(picture, kOrange, legend_left).count / 2);
}

TEST(Scatter3d, RefusesPointsOfThePlane) {
  EXPECT_EQ(error_of([] {
              scatter_3d(at::zeros({4, 2}));
            }),
            "scatter in space: expected points [N, 3], found [4, 2]");
}

}  // namespace
}  // namespace hourglass::figures
