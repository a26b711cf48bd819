#include "hourglass/core/item_kind.h"

#include "hourglass/core/shape.h"

#include <gtest/gtest.h>

namespace hourglass {
namespace {

ItemKind kind_of(const Shape& shape) { return item_kind(shape); }

TEST(ItemKind, FollowsFromTheShapeAlone) {
  EXPECT_EQ(kind_of({4}), ItemKind::Vector);
  EXPECT_EQ(kind_of({28, 28}), ItemKind::Sequence);
  EXPECT_EQ(kind_of({28, 1}), ItemKind::Vector);
  EXPECT_EQ(kind_of({1, 8, 8}), ItemKind::Image);
  EXPECT_EQ(kind_of({3, 32, 32}), ItemKind::Image);
}

TEST(ItemKind, WhatCannotBeDrawnAsAnImageIsAVectorOfItsValues) {
  EXPECT_EQ(kind_of({64, 4, 4}), ItemKind::Vector);
  EXPECT_EQ(kind_of({1, 2, 8, 8}), ItemKind::Vector);
}

}  // namespace
}  // namespace hourglass
