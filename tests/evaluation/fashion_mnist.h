#pragma once

#include "hourglass/core/error.h"
#include "hourglass/sources/open.h"

#include <gtest/gtest.h>

/// Declares `data`, the real Fashion-MNIST; skips the test where it is in no folder that programs
/// look in.
#define HOURGLASS_OPEN_FASHION_MNIST(data)                                   \
  hourglass::sources::DataSplits data;                                       \
  try {                                                                      \
    (data) = hourglass::sources::open_data({.dataset = "fashion-mnist"}, 1); \
  } catch (const hourglass::Error& error) {                                  \
    GTEST_SKIP() << error.what();                                            \
  }
