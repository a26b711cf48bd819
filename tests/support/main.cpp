#include <ATen/Parallel.h>
#include <gtest/gtest.h>

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  // Tests run side by side, and their models are small: a second thread would only wait for its
  // turn.
  at::set_num_threads(1);
  return RUN_ALL_TESTS();
}
