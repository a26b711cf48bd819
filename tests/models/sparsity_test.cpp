#include "hourglass/models/sparsity.h"

#include <gtest/gtest.h>

namespace hourglass::models {
namespace {

TEST(Sparsity, EveryKindIsReadAndWrittenTheSame) {
  for (const std::string text :
       {"l1", "kl", "topk:32", "batch-topk:8", "matryoshka-batch-topk:12,32,128", "jumprelu",
        "gated", "standard"}) {
    const auto sparsity = Sparsity::parse(text);
    ASSERT_TRUE(sparsity) << text;
    EXPECT_EQ(sparsity->text(), text);
  }
}

TEST(Sparsity, ReadsKAndThePrefixes) {
  const auto sparsity = Sparsity::parse("matryoshka-batch-topk:12,32,128");
  ASSERT_TRUE(sparsity);
  EXPECT_EQ(sparsity->k, 12);
  EXPECT_EQ(sparsity->prefixes, (std::vector<int64_t>{32, 128}));
}

TEST(Sparsity, RefusesWhatItCannotMean) {
  for (const std::string text :
       {"", "topk", "topk:", "topk:0", "topk:1,2", "topk:x", "l1:3", "jumprelu:", "top-k:3",
        "matryoshka-batch-topk:3", "matryoshka-batch-topk:3,8,8", "matryoshka-batch-topk:3,8,4"}) {
    EXPECT_FALSE(Sparsity::parse(text)) << text;
  }
}

}  // namespace
}  // namespace hourglass::models
