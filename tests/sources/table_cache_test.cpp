#include "hourglass/sources/table_cache.h"

#include "hourglass/core/error.h"
#include "hourglass/core/files.h"
#include "hourglass/datasets/mapped_dataset.h"
#include "hourglass/tests/support/support.h"

#include <ATen/ATen.h>

#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <future>
#include <sys/file.h>
#include <unistd.h>

namespace hourglass::sources {
namespace {

namespace fs = std::filesystem;
using testing::error_of;
using testing::expect_contains;
using testing::TemporaryFolder;

/// A user's cache of the test's own.
class TableCache : public ::testing::Test {
 protected:
  TableCache() : before_(environment("XDG_CACHE_HOME")) {
    ::setenv("XDG_CACHE_HOME", (folder_ / "cache").c_str(), 1);
  }
  ~TableCache() override {
    if (before_.empty()) {
      ::unsetenv("XDG_CACHE_HOME");
    } else {
      ::setenv("XDG_CACHE_HOME", before_.c_str(), 1);
    }
  }

  fs::path table(const std::string& text) const {
    return testing::write_file(folder_ / "t.csv", text);
  }

  /// The folders of the cache.
  std::vector<fs::path> caches() const {
    std::vector<fs::path> folders;
    for (const auto& entry : fs::directory_iterator(folder_ / "cache/hourglass/tables")) {
      if (entry.is_directory()) folders.push_back(entry.path());
    }
    return folders;
  }

  TemporaryFolder folder_;

 private:
  std::string before_;
};

at::Tensor values_of(const StoredData& data) {
  return data.rows.mapped->items(0, data.rows.size());
}

void expect_same(const StoredData& cached, const StoredData& read) {
  EXPECT_TRUE(values_of(cached).equal(read.rows.values));
  EXPECT_EQ(cached.rows.labels.defined(), read.rows.labels.defined());
  if (read.rows.labels.defined()) {
    EXPECT_TRUE(cached.rows.labels.to(at::kLong).equal(read.rows.labels));
  }
  EXPECT_EQ(cached.class_names, read.class_names);
  EXPECT_EQ(cached.column_names, read.column_names);
  EXPECT_EQ(cached.label_name, read.label_name);
  ASSERT_EQ(cached.notes.size(), read.notes.size() + 1);
  EXPECT_TRUE(std::equal(read.notes.begin(), read.notes.end(), cached.notes.begin()));
}

TEST_F(TableCache, GivesWhatReadingIntoMemoryGives) {
  for (const std::string text :
       {"a,b,kind\n1,2.5,cat\n3,4,class10\n5,6,\"the \"\"x\"\"\"\n7,8,class2\n",
        "1;2;7\n3;4;-1\n5;6;7.0\n", "3,2,one,two\n1,2,0\n3,4,1\n5,6,0\n",
        "0,1,2,label\n1,2,3,4\n5,6,7,4\n"}) {
    SCOPED_TRACE(text);
    const fs::path path = table(text);
    const StoredData read = stored_table(text, path.string(), {});
    expect_same(cached_table(path, {}), read);
    expect_same(cached_table(path, {}), read);
    CsvOptions options{.label_column = {LabelColumn::Kind::First}, .header = Header::Auto};
    if (text.starts_with("1;")) {
      expect_same(cached_table(path, options), stored_table(text, path.string(), options));
    }
  }
}

TEST_F(TableCache, IsUsedAgainAsLongAsTheTableIsTheSame) {
  const fs::path path = table("1,2,0\n3,4,1\n");
  cached_table(path, {});
  ASSERT_EQ(caches().size(), 1U);
  const fs::path values = caches()[0] / "values.float32";
  const auto written = fs::last_write_time(values);
  fs::last_write_time(values, written - std::chrono::hours(5));
  cached_table(path, {});
  EXPECT_EQ(fs::last_write_time(values), written - std::chrono::hours(5)) << "not written again";
  const CsvOptions unlabelled{.label_column = {LabelColumn::Kind::None}, .header = Header::Auto};
  EXPECT_EQ(cached_table(path, unlabelled).rows.item_shape(), Shape{3}) << "other options";
  EXPECT_EQ(caches().size(), 2U);
}

TEST_F(TableCache, IsReplacedWhereTheTableChangedOrItIsDamaged) {
  fs::path path = table("1,2,0\n3,4,1\n");
  cached_table(path, {});
  path = table("1,2,0\n3,9,1\n5,6,1\n");
  const at::Tensor expected = at::tensor({1.F, 2.F, 3.F, 9.F, 5.F, 6.F}).view({3, 2});
  EXPECT_TRUE(values_of(cached_table(path, {})).equal(expected));
  ASSERT_EQ(caches().size(), 1U) << "in place of the older";
  for (const char* name : {"values.float32", "labels.uint32", "table.json"}) {
    for (const std::string bytes : {"", "xxxxxxxxxxxxxxxxxxxxxxxx"}) {
      testing::write_file(caches()[0] / name, bytes);
      EXPECT_TRUE(values_of(cached_table(path, {})).equal(expected)) << name;
    }
    fs::remove(caches()[0] / name);
    EXPECT_TRUE(values_of(cached_table(path, {})).equal(expected)) << name;
  }
}

TEST_F(TableCache, LeavesNothingOfATableThatCannotBeRead) {
  const fs::path path = table("1,2,0\n3,4,1\n5,x,1\n");
  expect_contains(error_of([&] { cached_table(path, {}); }), {"t.csv: line 3, column 1", "'x'"});
  EXPECT_TRUE(caches().empty());
  EXPECT_EQ(error_of([&] { cached_table(path, {}); }),
            error_of([&] { stored_table(read_file(path), path.string(), {}); }));
}

TEST_F(TableCache, TakesAwayWhatKilledProcessesLeftOfIt) {
  const fs::path path = table("1,2,0\n3,4,1\n");
  cached_table(path, {});
  const fs::path cache = caches().at(0);
  const fs::path left = cache.string() + ".1234567.tmp";
  const fs::path of_another = cache.parent_path() / "0123456789abcdef.1234567.tmp";
  for (const fs::path& folder : {left, of_another}) {
    fs::create_directory(folder);
    testing::write_file(folder / "values.float32", "cut off");
  }
  cached_table(path, {});
  EXPECT_TRUE(fs::exists(left)) << "nothing was to be filled";
  fs::remove(cache / "table.json");
  cached_table(path, {});
  EXPECT_FALSE(fs::exists(left));
  EXPECT_TRUE(fs::exists(of_another)) << "a process may be at work in it";
}

TEST_F(TableCache, IsWaitedForWhereAnotherProcessFillsIt) {
  const fs::path path = table("1,2,0\n3,4,1\n");
  const at::Tensor expected = values_of(cached_table(path, {})).clone();
  const fs::path cache = caches().at(0), elsewhere = folder_ / "elsewhere";
  const auto long_ago = fs::last_write_time(cache / "values.float32") - std::chrono::hours(5);
  fs::last_write_time(cache / "values.float32", long_ago);
  fs::rename(cache, elsewhere);
  // What another process does, which shares no descriptor with those of `cached_table`.
  const int lock = ::open((cache.string() + ".lock").c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(lock, 0);
  ASSERT_EQ(::flock(lock, LOCK_EX | LOCK_NB), 0);
  auto second = std::async(std::launch::async, [&] { return cached_table(path, {}); });
  EXPECT_EQ(second.wait_for(std::chrono::milliseconds(200)), std::future_status::timeout);
  EXPECT_TRUE(caches().empty()) << "nothing is filled while the other has the lock";
  fs::rename(elsewhere, cache);
  ::close(lock);
  EXPECT_TRUE(values_of(second.get()).equal(expected));
  EXPECT_EQ(fs::last_write_time(cache / "values.float32"), long_ago) << "what is there is used";
}

}  // namespace
}  // namespace hourglass::sources
