#include "app/generated_secret.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <thread>
#include <vector>

#include "app/config/weak_secret.hpp"
#include "core/random.hpp"

namespace agentic::app {
namespace {

class GeneratedSecret : public testing::Test {
protected:
    std::filesystem::path directory_ = std::filesystem::path(testing::TempDir()) / random_token(9);

    void SetUp() override { ASSERT_TRUE(make_data_dir(directory_)); }
    void TearDown() override { std::filesystem::remove_all(directory_); }
    mode_t mode_of(const std::filesystem::path& path) {
        struct stat status {};
        return stat(path.c_str(), &status) == 0 ? status.st_mode & 0777 : 0;
    }
};

TEST_F(GeneratedSecret, IsMadeOnceAndPrivate) {
    const auto first = generated_secret(directory_, "jwt_secret");
    ASSERT_TRUE(first) << first.error().public_message;
    EXPECT_GE(first->size(), 43U);
    EXPECT_EQ(weakness_of(first->reveal()), "");
    EXPECT_EQ(generated_secret(directory_, "jwt_secret")->reveal(), first->reveal());
    EXPECT_NE(generated_secret(directory_, "secret_key")->reveal(), first->reveal());
    EXPECT_EQ(mode_of(directory_ / "jwt_secret"), 0600U);
    EXPECT_EQ(mode_of(directory_), 0700U);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory_), {}), 2);
}

TEST_F(GeneratedSecret, IsTheSameForAllWhoStartTogether) {
    std::vector<std::string> seen(16);
    {
        std::vector<std::jthread> starters;
        for (auto& one : seen) starters.emplace_back([&] { one = generated_secret(directory_, "jwt_secret").value().reveal(); });
    }
    EXPECT_EQ(std::set(seen.begin(), seen.end()).size(), 1U);
}

TEST_F(GeneratedSecret, IsRefusedWhenOthersCanReadItOrItIsDamaged) {
    ASSERT_TRUE(generated_secret(directory_, "jwt_secret"));
    chmod((directory_ / "jwt_secret").c_str(), 0644);
    EXPECT_FALSE(generated_secret(directory_, "jwt_secret"));
    chmod((directory_ / "jwt_secret").c_str(), 0600);
    std::ofstream(directory_ / "jwt_secret", std::ios::trunc) << "short";
    EXPECT_FALSE(generated_secret(directory_, "jwt_secret"));
}

TEST_F(GeneratedSecret, FailsWhenTheDirectoryCannotBeMade) {
    std::ofstream(directory_ / "file") << "x";
    EXPECT_FALSE(make_data_dir(directory_ / "file" / "data"));
    EXPECT_TRUE(make_data_dir(directory_ / "a" / "b" / "c"));
}

}  // namespace
}  // namespace agentic::app
