#pragma once

#include "core/error.h"
#include "datasets/open.h"

#include <gtest/gtest.h>

/// Declares `data`, the real Fashion-MNIST; skips the test where it is in no folder that programs
/// look in.
#define HOURGLASS_OPEN_FASHION_MNIST(data)                        \
  hourglass::DataSplits data;                                     \
  try {                                                           \
    data = hourglass::open_data({.dataset = "fashion-mnist"}, 1); \
  } catch (const hourglass::Error& error) {                       \
    GTEST_SKIP() << error.what();                                 \
  }
