#include "hourglass/figures/canvas.h"

#include "hourglass/tests/figures/pixels.h"

#include <gtest/gtest.h>

#include <numbers>

namespace hourglass::figures {
namespace {

using testing::kBlack;
using testing::region_of;

/// How much black covers the white page, in pixels.
double ink(const Picture& picture) {
  double sum = 0;
  for (int i = 0; i < picture.width() * picture.height(); ++i)
    sum += (255 - picture.data()[i].g) / 255.0;
  return sum;
}

TEST(Canvas, DiscsAndPolygonsCoverTheirArea) {
  Canvas disc(60, 60);
  disc.disc({30.3, 29.8}, 17.4, kBlack);
  EXPECT_NEAR(ink(disc.take()), std::numbers::pi * 17.4 * 17.4, 1);

  Canvas triangle(60, 60);
  triangle.fill({{{10.5, 50.25}, {50.5, 50.25}, {10.5, 20.25}}}, kBlack);
  EXPECT_NEAR(ink(triangle.take()), 0.5 * 40 * 30, 10);
}

TEST(Canvas, ContoursWithinContoursAreHoles) {
  Canvas canvas(40, 40);
  canvas.fill({{{0, 0}, {40, 0}, {40, 40}, {0, 40}}, {{10, 10}, {30, 10}, {30, 30}, {10, 30}}},
              kBlack);
  const Picture picture = canvas.take();
  EXPECT_EQ(picture.at(20, 20), kWhite);
  EXPECT_EQ(picture.at(5, 20), kBlack);
}

TEST(Canvas, SeeThroughLinesAreNotDarkerWhereTheyCrossThemselves) {
  Canvas canvas(40, 40);
  const Point points[] = {{5, 20}, {35, 20}, {20, 20}, {20, 5}};
  canvas.polyline(points, {.color = kBlack, .width = 6, .opacity = 0.5});
  const Picture picture = canvas.take();
  for (int x = 6; x < 35; ++x) EXPECT_EQ(picture.at(x, 20), picture.at(20, 20)) << x;
  EXPECT_NEAR(picture.at(20, 20).g, 128, 1);
}

TEST(Canvas, WhatLiesOutsideIsCutOff) {
  Canvas canvas(10, 10);
  canvas.disc({100, 100}, 5, kBlack);
  canvas.fill({-5, -5, 100, 100}, {1, 2, 3});
  canvas.rule({-20, 50}, {20, 50});
  EXPECT_EQ(canvas.take().at(9, 9), (Color{1, 2, 3}));
}

TEST(Canvas, RulesAreAsWideEverywhere) {
  for (const double x : {10.0, 10.3, 10.5, 10.9}) {
    Canvas canvas(30, 30);
    canvas.rule({x, 5}, {x, 25}, {.color = kBlack, .width = 2});
    EXPECT_EQ(region_of(canvas.take(), kBlack).width(), 2);
  }
}

TEST(Canvas, ImagesGrowByRepeatedPixelsAndShrinkByTheirMean) {
  Picture checks(2, 2);
  checks.data()[0] = checks.data()[3] = kBlack;
  Canvas canvas(20, 20);
  canvas.image(checks, {0, 0, 10, 10});
  canvas.image(checks, {15, 15, 1, 1});
  const Picture picture = canvas.take();
  EXPECT_EQ(picture.at(4, 4), kBlack);
  EXPECT_EQ(picture.at(5, 4), kWhite);
  EXPECT_NEAR(picture.at(15, 15).g, 128, 1);
}

TEST(Canvas, TextStandsWhereItIsAskedFor) {
  Canvas canvas(100, 100);
  canvas.text("H", {50, 50}, {.size = 40, .color = kBlack});
  const auto centered = region_of(canvas.take(), kBlack);
  EXPECT_NEAR(centered.center_x(), 49.5, 1);
  EXPECT_NEAR(centered.center_y(), 49.5, 1);
  EXPECT_NEAR(centered.height(), 40 * kCapitalHeight, 1.5);

  Canvas upward(100, 100);
  upward.text("HHH", {50, 50}, {.size = 30, .color = kBlack, .turn = kUpward});
  const auto turned = region_of(upward.take(), kBlack);
  EXPECT_GT(turned.height(), 2 * turned.width());
}

}  // namespace
}  // namespace hourglass::figures
